"""Overlays of the 3D view: dimmed if the result belongs to another slice, with a hatched frame if
the input check is not green.
"""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from jrviewer.ui.widgets import painting


class _Cover(QLabel):
    """Covers another widget; transparent to the mouse."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self._covered = covered
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        covered.installEventFilter(self)

    def cover(self) -> None:
        """Show it above the covered widget."""
        self.setGeometry(self._covered.rect())
        self.raise_()
        self.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the covered widget."""
        if event.type() == QEvent.Type.Resize and watched is self._covered:
            self.setGeometry(self._covered.rect())
        return super().eventFilter(watched, event)


class StaleOverlay(_Cover):
    """Dims the view, with a message."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.setStyleSheet(
            "background: rgba(17, 21, 26, 150); color: #ffce73; padding: 8px; font-weight: bold;"
        )

    def show_text(self, text: str) -> None:
        """Dim the view and say why."""
        self.setText(text)
        self.cover()

    def lift(self) -> None:
        """Uncover."""
        self.hide()


class Hatching(_Cover):
    """The hatched frame of an amber or red input check, as on the slices."""

    def mark(self, *, is_doubted: bool) -> None:
        """Show or hide the frame."""
        if is_doubted:
            self.cover()
        else:
            self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame."""
        painter = QPainter(self)
        painting.paint_hatching(painter, self.rect())
        painter.end()
