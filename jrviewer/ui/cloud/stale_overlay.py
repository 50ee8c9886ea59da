"""What lies over the 3D picture: a dim sheet where the result belongs to another slice, a hatched
frame where it stands under a reservation.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from jrviewer.ui.widgets import painting


class _Cover(QLabel):
    """Covers the widget it was made for; the mouse goes through it."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self._covered = covered
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        covered.installEventFilter(self)

    def cover(self) -> None:
        """Lie on top."""
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as what is covered."""
        if event.type() == QEvent.Type.Resize and watched is self._covered:
            self.setGeometry(self._covered.rect())
        return super().eventFilter(watched, event)


class StaleOverlay(_Cover):
    """A dim sheet with a sentence."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setStyleSheet(
            "background: rgba(17, 21, 26, 150); color: #ffce73; padding: 8px; font-weight: bold;"
        )

    def show_text(self, text: str) -> None:
        """Cover and say why."""
        self.setText(text)
        self.cover()

    def lift(self) -> None:
        """Uncover."""
        self.hide()


class Hatching(_Cover):
    """The same frame that a slice of an amber or red input check has."""

    def mark(self, *, is_doubted: bool) -> None:
        """Whether the result stands under a reservation."""
        if is_doubted:
            self.cover()
        else:
            self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The frame alone."""
        painter = QPainter(self)
        painting.paint_hatching(painter, self.rect())
        painter.end()
