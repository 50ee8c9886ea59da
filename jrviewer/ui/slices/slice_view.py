"""A pane with one slice: painting and mouse. Emits requests; knows no session."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Slice
from jrviewer.imaging import windowing
from jrviewer.ui.slices import overlay, residual_painter
from jrviewer.ui.slices.keys import SliceKeys
from jrviewer.ui.slices.mouse_tools import MouseTools
from jrviewer.ui.state.corners import Corners
from jrviewer.ui.state.view import Projection, View, project, shade_of
from jrviewer.ui.widgets import painting

Layer = Callable[[QPainter, QRect, Projection], None]

WHEEL_STEP = 120  # eighths of a degree in one notch, as Qt counts
ZOOM_PER_NOTCH = 1.2
ZOOM_PER_PX = 1.01
BACKGROUND = QColor(0, 0, 0)


class SliceView(QWidget):
    """Shows a slice with a View, and emits what the mouse requests."""

    window_dragged = Signal(float, float)  # points across, points down
    panned = Signal(float, float)  # rows, columns
    zoomed = Signal(float, float, float)  # factor about row, column
    stepped = Signal(int)  # slices
    probed = Signal(object)  # (row, column) or None
    maximised = Signal()
    menu_requested = Signal(QPoint)  # on screen
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(160, 160)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._slice: Slice | None = None
        self._pixels: FloatArray | None = None
        self._image: QImage | None = None
        self._under: FloatArray | None = None  # swipe: shown left of the split
        self._under_image: QImage | None = None
        self._scale = 0.0  # above 0: the values are a residual, coloured from −scale to scale
        self._layers: tuple[Layer, ...] = ()
        self.mouse = MouseTools(self)
        self.keys = SliceKeys(self)
        self._view = View()
        self.corners = Corners()
        self._message = ""
        self._stale = ""
        self._is_hatched = False
        self._mark: tuple[float, float] | None = None
        self._dragged_from: QPointF | None = None
        self._has_dragged = False
        self._wheel = 0

    def show_slice(self, chosen: Slice, pixels: FloatArray) -> None:
        """Show values (rows, columns) with a slice's geometry; ends message and lines."""
        if chosen is not self._slice and self.mouse.abandon():
            self._dragged_from = None
        self._slice = chosen
        self._message = self._stale = ""
        self.show_pixels(pixels)

    def show_pixels(
        self, pixels: FloatArray, *, under: FloatArray | None = None, scale: float = 0.0
    ) -> None:
        """Show other values of the same slice: with a split, `under` left of it; with a scale, as a
        residual.
        """
        self._pixels, self._under, self._scale = pixels, under, scale
        self._image = self._under_image = None
        self.mouse.can_split = under is not None
        self.update()

    def show_split(self, share: float) -> None:
        """Set the split to a fraction of the pane's width."""
        self.mouse.split = share
        self.update()

    def show_layers(self, layers: tuple[Layer, ...]) -> None:
        """Paint these layers over the slice."""
        self._layers = layers
        self.update()

    def show_nothing(self, message: str) -> None:
        """Show a message instead of a slice."""
        self._slice = self._pixels = self._image = self._under = None
        self.mouse.can_split = False
        self._message, self._stale = message, ""
        self.update()

    def set_stale(self, text: str) -> None:
        """Lines across the slice, and a text that says what it shows; "" ends it."""
        self._stale = text
        if text and self.mouse.abandon():
            self._dragged_from = None
        self.update()

    def set_hatched(self, is_hatched: bool) -> None:
        """Show a hatched border, for an input check that is not green."""
        self._is_hatched = is_hatched
        self.update()

    def show_view(self, view: View) -> None:
        """Use another window, zoom or centre."""
        old, self._view = self._view, view
        before = (old.window, old.voi_lut, old.is_inverted)
        if (view.window, view.voi_lut, view.is_inverted) != before:
            self._image = self._under_image = None
        self.update()

    def show_corners(self, corners: Corners) -> None:
        """Set the corner texts."""
        self.corners = corners
        self.update()

    def show_mark(self, position: tuple[float, float] | None) -> None:
        """Mark a pixel position, row and column."""
        self._mark = position
        self.update()

    @property
    def message(self) -> str:
        """The message shown instead of a slice, or over another slice's result."""
        return self._message or self._stale

    @property
    def view(self) -> View:
        """How the slice is displayed."""
        return self._view

    @property
    def projection(self) -> Projection | None:
        """Pixel positions to points of this pane; None without a slice."""
        if self._slice is None:
            return None
        size = (self.width(), self.height())
        return project(self._view, self._slice.plane, self._slice.shape, size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint slice, overlay, layers and message."""
        painter = QPainter(self)
        painter.setFont(overlay.font_for(self.font(), self.rect()))
        painter.fillRect(self.rect(), BACKGROUND)
        chosen, projection = self._slice, self.projection
        if chosen is not None and projection is not None:
            self._paint_image(painter, projection, chosen.shape)
            overlay.paint(painter, self.rect(), chosen, projection, self.corners, self._mark)
            for layer in self._layers:
                layer(painter, self.rect(), projection)
        if self._is_hatched and chosen is not None:
            painting.paint_hatching(painter, self.rect())
        if self._message:
            overlay.paint_message(painter, self.rect(), self._message)
        elif self._stale:
            painting.paint_stale(painter, self.rect(), self._stale)
        painter.end()

    def _paint_image(
        self, painter: QPainter, projection: Projection, shape: tuple[int, int]
    ) -> None:
        assert self._pixels is not None
        if self._image is None:
            self._image = self._render(self._pixels)
        if self._under is not None and self._under_image is None:
            self._under_image = self._render(self._under)
        top_left = QPointF(*projection.to_point(-0.5, -0.5))
        bottom_right = QPointF(*projection.to_point(shape[0] - 0.5, shape[1] - 0.5))
        smooth = QPainter.RenderHint.SmoothPixmapTransform
        painter.setRenderHint(smooth, self._view.is_smooth)
        painter.drawImage(QRectF(top_left, bottom_right), self._image)
        if self._under_image is not None:
            painter.setClipRect(QRectF(0, 0, self.mouse.split * self.width(), self.height()))
            painter.fillRect(self.rect(), BACKGROUND)
            painter.drawImage(QRectF(top_left, bottom_right), self._under_image)
            painter.setClipping(False)

    def _render(self, pixels: FloatArray) -> QImage:
        """Values (rows, columns) as an image, windowed or in the colours of a residual."""
        assert self._slice is not None
        if self._scale > 0:
            return residual_painter.image_of(pixels, self._scale)
        rows, columns = pixels.shape
        if self._slice.colour is not None and pixels is self._slice.pixels:
            colour = self._slice.colour
            image = QImage(
                colour.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888
            )
        else:
            grey = windowing.to_grey(self._slice, pixels, shade_of(self._view, self._slice))
            if self._view.is_inverted:
                grey = 255 - grey
            image = QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8)
        return image.convertToFormat(QImage.Format.Format_RGB32)  # a copy, and faster to scale

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Emit that the size changed."""
        super().resizeEvent(event)
        self.resized.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Start a drag."""
        self._dragged_from = event.position()
        self._has_dragged = False
        self.mouse.press(event, None if self._stale else self.projection)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or probe the value under the pointer."""
        if self._dragged_from is None or not event.buttons():
            self._probe(event.position())
            self.setCursor(self.mouse.cursor_at(event.position(), self.projection))
            return
        moved = event.position() - self._dragged_from
        if not self._has_dragged and moved.manhattanLength() < 3:
            return  # still a click
        self._has_dragged = True
        self._drag(event, moved)
        if not event.buttons() & Qt.MouseButton.RightButton:
            self._dragged_from = event.position()

    def _drag(self, event: QMouseEvent, moved: QPointF) -> None:
        projection = self.projection
        if projection is None:
            return
        if self.mouse.move(event, projection, self._slice):
            return
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.buttons() & Qt.MouseButton.MiddleButton or is_shifted:
            scale = projection.scale
            rows, columns = projection.spacing_mm
            self.panned.emit(moved.y() / (rows * scale), moved.x() / (columns * scale))
        elif event.buttons() & Qt.MouseButton.RightButton:
            assert self._dragged_from is not None
            row, column = projection.to_pixel(self.width() / 2, self.height() / 2)
            self._dragged_from = event.position()
            self.zoomed.emit(ZOOM_PER_PX ** -moved.y(), row, column)
        else:
            self.window_dragged.emit(moved.x(), moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag; a right click without movement requests the menu."""
        if event.button() == Qt.MouseButton.RightButton and not self._has_dragged:
            self.menu_requested.emit(event.globalPosition().toPoint())
        self.mouse.release(event, self.projection, self._slice, has_dragged=self._has_dragged)
        self._dragged_from = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Maximise or restore."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.maximised.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Next slice, or zoom with Ctrl; small steps of a touchpad add up to notches."""
        self._wheel += event.angleDelta().y()
        notches = int(self._wheel / WHEEL_STEP)
        self._wheel -= notches * WHEEL_STEP
        event.accept()
        if not notches:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if (projection := self.projection) is not None:
                anchor = projection.to_pixel(event.position().x(), event.position().y())
                self.zoomed.emit(ZOOM_PER_NOTCH**notches, *anchor)
        else:
            self.stepped.emit(-notches)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Probe the value under the pointer."""
        self._probe(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        """No pixel is under the pointer."""
        self.probed.emit(None)

    def _probe(self, point: QPointF) -> None:
        if (projection := self.projection) is None or self._slice is None:
            return
        row, column = projection.to_pixel(point.x(), point.y())
        rows, columns = self._slice.shape
        is_inside = -0.5 <= row < rows - 0.5 and -0.5 <= column < columns - 0.5
        self.probed.emit((row, column) if is_inside else None)
