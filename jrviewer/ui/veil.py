"""A dim sheet with a sentence, over a result that belongs to another slice."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QLabel, QWidget


class Veil(QLabel):
    """Covers the widget it was made for; the mouse goes through it."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self._covered = covered
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet(
            "background: rgba(17, 21, 26, 150); color: #ffce73; padding: 8px; font-weight: bold;"
        )
        self.hide()
        covered.installEventFilter(self)

    def drop(self, text: str) -> None:
        """Cover and say why."""
        self.setText(text)
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def lift(self) -> None:
        """Uncover."""
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as what is covered."""
        if event.type() == QEvent.Type.Resize and watched is self._covered:
            self.setGeometry(self._covered.rect())
        return super().eventFilter(watched, event)
