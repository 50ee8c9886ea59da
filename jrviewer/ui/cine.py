"""Plays a series, or the frames of one file, round and round."""

from PySide6.QtCore import QObject, QTimer, Slot

from jrviewer.ui.session import Session

SLICES_PER_SECOND = 8


class Cine(QObject):
    """A clock that steps through the session's series."""

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.clock = QTimer(self)
        self.clock.setInterval(1000 // SLICES_PER_SECOND)
        self.clock.timeout.connect(self._step)

    @Slot(bool)
    def play(self, plays: bool) -> None:
        """Begin or stop."""
        self.clock.start() if plays else self.clock.stop()

    @Slot()
    def _step(self) -> None:
        if (series := self._session.series) is not None:
            self._session.show((self._session.index + 1) % len(series))
