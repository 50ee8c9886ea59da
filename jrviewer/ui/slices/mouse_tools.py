"""Left mouse button of a slice pane: draw with a tool, change or select a measurement, move the
split.
"""

from typing import Literal

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from jrviewer.core.records import Slice
from jrviewer.imaging import measurements_2d
from jrviewer.imaging.measurements_2d import Hold, Measurement, Position
from jrviewer.ui.state.view import Projection

GRIP_PX = 9  # distance to the split at which it can be dragged
REACH_PX = 7  # distance to a line at which a click selects it


class MouseTools(QObject):
    """Handles the left button where it does not set the window or pan."""

    drawn = Signal(
        object, object, bool
    )  # start, end (row, column), whether the button was released
    edited = Signal(
        object, object, object, bool
    )  # Hold, start, end, whether the button was released
    clicked = Signal(object, float)  # (row, column), reach in pixels of the slice
    split_moved = Signal(float)  # share of the pane's width

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self._pane = pane
        self.has_tool = False
        self.items: tuple[Measurement, ...] = ()  # measurements that can be dragged
        self.can_split = False
        self.split = 0.5
        self._from: QPointF | None = None
        self._action: Literal["", "draw", "edit", "split"] = ""
        self._hold: Hold | None = None

    def cursor_at(self, point: QPointF, projection: Projection | None) -> Qt.CursorShape:
        """Shape of the pointer for what a drag from here would do."""
        if self.has_tool:
            return Qt.CursorShape.CrossCursor
        if (hold := self._hold_at(point, projection)) is not None:
            whole = hold.handle is None
            return Qt.CursorShape.SizeAllCursor if whole else Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.SplitHCursor if self._grips(point) else Qt.CursorShape.ArrowCursor

    def press(self, event: QMouseEvent, projection: Projection | None) -> None:
        """Handle a press; without a projection, there is nothing to measure."""
        self._action, self._from, self._hold = "", None, None
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers():
            return
        self._from = event.position()
        if self.has_tool:
            self._action = "draw" if projection is not None else ""
        elif (hold := self._hold_at(event.position(), projection)) is not None:
            self._action, self._hold = "edit", hold
        elif self._grips(event.position()):
            self._action = "split"

    def abandon(self) -> bool:
        """End a drawing or a change whose slice is shown no longer; whether there was one."""
        was_begun = self._action in ("draw", "edit")
        if was_begun:
            self._action, self._from, self._hold = "", None, None
        return was_begun

    def move(self, event: QMouseEvent, projection: Projection, chosen: Slice | None) -> bool:
        """Handle a drag. Returns whether it was consumed."""
        if self._action in ("draw", "edit") and chosen is not None:
            self._emit_edit(event, projection, chosen, is_finished=False)
        elif self._action == "split":
            self.split_moved.emit(event.position().x() / max(self._pane.width(), 1))
        return bool(self._action)

    def release(
        self,
        event: QMouseEvent,
        projection: Projection | None,
        chosen: Slice | None,
        *,
        has_dragged: bool,
    ) -> None:
        """Handle a release: finish a drawing or change; a click selects."""
        if self._from is None or projection is None or chosen is None:
            return
        if self._action in ("draw", "edit") and has_dragged:
            self._emit_edit(event, projection, chosen, is_finished=True)
        elif self._action in ("", "edit") and not has_dragged:
            place = projection.to_pixel(event.position().x(), event.position().y())
            self.clicked.emit(place, _reach(projection))
        self._action, self._from = "", None

    def _emit_edit(
        self, event: QMouseEvent, projection: Projection, chosen: Slice, *, is_finished: bool
    ) -> None:
        assert self._from is not None
        start = _within(projection.to_pixel(self._from.x(), self._from.y()), chosen)
        end = _within(projection.to_pixel(event.position().x(), event.position().y()), chosen)
        if self._hold is not None:
            self.edited.emit(self._hold, start, end, is_finished)
        else:
            self.drawn.emit(start, end, is_finished)

    def _hold_at(self, point: QPointF, projection: Projection | None) -> Hold | None:
        if projection is None or not self.items:
            return None
        at = projection.to_pixel(point.x(), point.y())
        return measurements_2d.hold_at(self.items, at, _reach(projection))

    def _grips(self, point: QPointF) -> bool:
        at = self.split * self._pane.width()
        return self.can_split and abs(point.x() - at) <= GRIP_PX


def _reach(projection: Projection) -> float:
    """Maximum distance to a line, in pixels of the slice."""
    return REACH_PX / (projection.scale * min(projection.spacing_mm))


def _within(position: Position, chosen: Slice) -> Position:
    """The nearest position on the slice: nothing is measured outside."""
    rows, columns = chosen.shape
    row, column = position
    return min(max(row, -0.5), rows - 0.5), min(max(column, -0.5), columns - 0.5)
