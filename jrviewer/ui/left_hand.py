"""What the left button does beside windowing: draw with a tool, move the split, select."""

from typing import Literal

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from jrviewer.measuring import Position
from jrviewer.records import Slice
from jrviewer.ui.view_state import Projection

GRIP_PX = 9  # how near to the split it can be taken
REACH_PX = 7  # how near to a line a click selects it


class LeftHand(QObject):
    """Tells what the left button wants beyond windowing and panning."""

    drawn = Signal(object, object, bool)  # start, end (row, column), whether the button is up
    clicked = Signal(object, float)  # (row, column), reach in pixels of the slice
    split_moved = Signal(float)  # share of the pane's width

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self._pane = pane
        self.has_tool = False
        self.can_split = False
        self.split = 0.5
        self._from: QPointF | None = None
        self._does: Literal["", "draw", "split"] = ""

    def cursor_at(self, point: QPointF) -> Qt.CursorShape:
        """The pointer's shape: what a drag from here would do."""
        if self.has_tool:
            return Qt.CursorShape.CrossCursor
        return Qt.CursorShape.SplitHCursor if self._grips(point) else Qt.CursorShape.ArrowCursor

    def press(self, event: QMouseEvent) -> None:
        """The button goes down."""
        self._does, self._from = "", None
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers():
            return
        self._from = event.position()
        if self.has_tool:
            self._does = "draw"
        elif self._grips(event.position()):
            self._does = "split"

    def move(self, event: QMouseEvent, projection: Projection, chosen: Slice | None) -> bool:
        """The hand moves with the button held; whether this was its business."""
        if self._does == "draw" and chosen is not None:
            self._tell_drawn(event, projection, chosen, is_finished=False)
        elif self._does == "split":
            self.split_moved.emit(event.position().x() / max(self._pane.width(), 1))
        return bool(self._does)

    def release(
        self,
        event: QMouseEvent,
        projection: Projection | None,
        chosen: Slice | None,
        *,
        has_dragged: bool,
    ) -> None:
        """The button goes up: a drawing is finished, a click selects."""
        if self._from is None or projection is None or chosen is None:
            return
        if self._does == "draw" and has_dragged:
            self._tell_drawn(event, projection, chosen, is_finished=True)
        elif not has_dragged and not self._does:
            place = projection.to_pixel(event.position().x(), event.position().y())
            self.clicked.emit(place, REACH_PX / (projection.scale * min(projection.spacing_mm)))
        self._does, self._from = "", None

    def _tell_drawn(
        self, event: QMouseEvent, projection: Projection, chosen: Slice, *, is_finished: bool
    ) -> None:
        assert self._from is not None
        start = _within(projection.to_pixel(self._from.x(), self._from.y()), chosen)
        end = _within(projection.to_pixel(event.position().x(), event.position().y()), chosen)
        self.drawn.emit(start, end, is_finished)

    def _grips(self, point: QPointF) -> bool:
        at = self.split * self._pane.width()
        return self.can_split and abs(point.x() - at) <= GRIP_PX


def _within(position: Position, chosen: Slice) -> Position:
    """The nearest position on the slice: nothing is measured beside it."""
    rows, columns = chosen.shape
    row, column = position
    return min(max(row, -0.5), rows - 0.5), min(max(column, -0.5), columns - 0.5)
