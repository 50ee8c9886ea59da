"""Plays a series, or the frames of one file, in a loop, at the file's own rate if it states one."""

from collections.abc import Sequence
from typing import Literal

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QToolButton, QWidget

from jrviewer.ui.state.captions import number
from jrviewer.ui.state.session import Session

SLICES_PER_SECOND = 8.0  # if the file states no rate
RATES = (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0)
"""Rates to choose from, in slices a second; screens show no more."""

WIDEST = "29.97 / s (file)  "

Origin = Literal["file", "user", "default"]


class Cine(QObject):
    """A timer that steps through the session's series. It keeps the rate: if showing a slice takes
    too long, slices are skipped. While a dialog is open it waits: what the dialog says is of the
    slice that is shown.
    """

    changed = Signal()  # the rate, its origin, or whether it plays

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.rate = SLICES_PER_SECOND  # slices a second
        self.origin: Origin = "default"
        self._since = QElapsedTimer()
        self._taken = 0  # steps since then
        self.clock = QTimer(self)
        self.clock.setTimerType(Qt.TimerType.PreciseTimer)
        self.clock.timeout.connect(self._step)

    @property
    def plays(self) -> bool:
        """Whether the series is being played."""
        return self.clock.isActive()

    @Slot(bool)
    def play(self, plays: bool) -> None:
        """Start or stop."""
        if plays:
            self._begin()
        else:
            self.clock.stop()
        self.changed.emit()

    @Slot(int)
    def choose_series(self, _: int) -> None:
        """Use the rate of the series that is shown, or the default."""
        series = self._session.series
        stated = None if series is None else series[0].acquisition.frames_per_second
        self._set(stated or SLICES_PER_SECOND, "file" if stated else "default")

    @Slot(int)
    def step_rate(self, by: int) -> None:
        """Play faster (1) or slower (−1)."""
        slower = [rate for rate in RATES if rate < self.rate]
        faster = [rate for rate in RATES if rate > self.rate]
        nearest = faster[:1] if by > 0 else slower[-1:]
        if nearest:
            self._set(nearest[0], "user")

    def _set(self, rate: float, origin: Origin) -> None:
        self.rate, self.origin = rate, origin
        if self.plays:
            self._begin()
        self.changed.emit()

    def _begin(self) -> None:
        self._since.start()
        self._taken = 0
        self.clock.start(max(1, round(1000 / self.rate)))

    @Slot()
    def _step(self) -> None:
        due = steps_due(self._since.elapsed(), self.rate)
        ahead, self._taken = due - self._taken, due
        if QApplication.activeModalWidget() is not None:
            return
        if ahead > 0 and (series := self._session.series) is not None:
            self._session.show((self._session.index + ahead) % len(series))


def steps_due(elapsed_ms: int, rate: float) -> int:
    """Number of steps at a rate after a time."""
    return round(elapsed_ms * rate / 1000)


class RateControl(QWidget):
    """Plays and stops; beside it the rate in slices a second, and where it comes from, with a menu
    of other rates.
    """

    def __init__(self, play: QAction, others: Sequence[QAction]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        self.play, self.rate = QToolButton(), QToolButton()
        self.play.setDefaultAction(play)
        self.play.setAccessibleName(play.text())
        self.rate.setMinimumWidth(self.rate.fontMetrics().horizontalAdvance(WIDEST))
        self.rate.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.addActions(list(others))
        self.rate.setMenu(menu)
        for part in (self.play, self.rate):
            part.setAutoRaise(True)
            part.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(part)

    def show_rate(self, cine: Cine) -> None:
        """Show the rate and its origin."""
        digits = 0 if cine.rate == round(cine.rate) else 2 if cine.rate > 10 else 1
        words = self.tr("{} / s").format(number(cine.rate, digits))
        origin = {"file": self.tr(" (file)"), "user": "", "default": ""}[cine.origin]
        self.rate.setText(f"{words}{origin}")
        meanings = {
            "file": self.tr("Rate stated by the file"),
            "user": self.tr("Rate chosen by you"),
            "default": self.tr("The file states no rate"),
        }
        self.rate.setToolTip(meanings[cine.origin])
        self.rate.setAccessibleName(self.tr("Slices a second: {}").format(self.rate.text()))
