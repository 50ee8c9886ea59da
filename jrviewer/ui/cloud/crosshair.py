"""A crosshair over the 3D view, for picking by keyboard."""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from jrviewer.ui.widgets import painting

SIDE_PX = 61
GAP_PX = 5


class CloudCrosshair(QWidget):
    """A widget above the view, which is not rendered again for it; transparent to the mouse."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self._covered = covered
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFixedSize(SIDE_PX, SIDE_PX)
        self.hide()

    def show_at(self, place: tuple[float, float] | None) -> None:
        """Show it at points right of and below the view's centre; None hides it."""
        self.setVisible(place is not None)
        if place is not None:
            x, y = self.view_size[0] / 2 + place[0], self.view_size[1] / 2 + place[1]
            self.move(round(x - SIDE_PX / 2), round(y - SIDE_PX / 2))
            self.raise_()

    @property
    def view_size(self) -> tuple[int, int]:
        """Width and height of the view, in points."""
        return self._covered.width(), self._covered.height()

    def in_pixels(self, place: tuple[float, float]) -> tuple[float, float]:
        """Points from the view's centre to device pixels from its lower left corner."""
        (wide, high), ratio = self.view_size, self.devicePixelRatioF()
        return (wide / 2 + place[0]) * ratio, (high / 2 - place[1]) * ratio

    def from_pixels(self, x: float, y: float) -> tuple[float, float]:
        """Device pixels from the lower left corner to points from the view's centre."""
        (wide, high), ratio = self.view_size, self.devicePixelRatioF()
        return x / ratio - wide / 2, high / 2 - y / ratio

    def paintEvent(self, event: QPaintEvent) -> None:
        """Four arms with an open centre, so that the target stays visible."""
        painter = QPainter(self)
        at, end = QPointF(SIDE_PX / 2, SIDE_PX / 2), SIDE_PX / 2
        for pen in (QPen(painting.HALO, 3.5), QPen(painting.SELECTED, 1.5)):
            painter.setPen(pen)
            for way in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
                painter.drawLine(at + way * GAP_PX, at + way * end)
        painter.end()
