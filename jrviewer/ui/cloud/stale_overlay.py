"""Overlays of the 3D view: lines and a caption if the result belongs to another slice, a hatched
frame if the input check is not green.
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
    """Lines across the view, and a caption: it shows another slice's result. Nothing is dimmed, so
    that going through a series does not flash.
    """

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint lines and caption."""
        painter = QPainter(self)
        painting.paint_stale(painter, self.rect(), self.text())
        painter.end()

    def show_text(self, text: str) -> None:
        """Say whose result it is."""
        self.setText(text)
        self.cover()


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
