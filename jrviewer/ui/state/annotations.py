"""Measurements on the slices: what is drawn, what is selected, which tool is active."""

from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.records import Slice
from jrviewer.imaging.measurements_2d import (
    Hold,
    Length,
    Measurement,
    Position,
    Region,
    distance_px,
    moved,
)
from jrviewer.ui.state.undo_history import DrawnItems, UndoHistory

Tool = Literal["", "length", "ellipse", "rectangle", "window"]


class Annotations(DrawnItems[Measurement]):
    """Measurements per slice. A tool draws one measurement, then it is deactivated."""

    slice_changed = Signal()
    tool_changed = Signal(str)
    box_drawn = Signal(object)  # Region whose values set the window

    def __init__(self, history: UndoHistory, parent: QObject | None = None) -> None:
        super().__init__(history, parent)
        self.tool: Tool = ""
        self.selected: Measurement | None = None
        self.drawing: Measurement | None = None
        self._edited: Measurement | None = None  # what `drawing` replaces

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the slice that is shown."""
        return (1, 1) if self._slice is None else self._slice.shape

    @property
    def shown(self) -> tuple[Measurement, ...]:
        """The measurements on the shown slice, with the one being drawn or changed."""
        if self.drawing is None:
            return self.items
        if self._edited is None:
            return (*self.items, self.drawing)
        return self._with(self.drawing)

    @property
    def region(self) -> Region | None:
        """The region for the ROI readout: the one being drawn, the selected one, or the last."""
        if self.tool == "window":
            return None
        for item in (self.drawing, self.selected, *reversed(self.items)):
            if isinstance(item, Region):
                return item
        return None

    @Slot(object)
    def show(self, chosen: Slice | None) -> None:
        """Show another slice."""
        if chosen is not self._slice:
            self._slice, self.selected, self.drawing, self._edited = chosen, None, None, None
            self.slice_changed.emit()
            self.changed.emit()

    def set_tool(self, tool: Tool) -> None:
        """Activate a tool; the same one again, or "", deactivates it."""
        self.tool = "" if tool == self.tool else tool
        self.drawing = self._edited = None
        self.tool_changed.emit(self.tool)
        self.changed.emit()

    def draw(self, start: Position, end: Position, *, is_finished: bool) -> None:
        """Draw with the tool from one position to another."""
        if self._slice is None or not self.tool:
            return
        item = _drawn_with(self.tool, start, end)
        self.drawing = None if is_finished else item
        if is_finished and isinstance(item, Region) and self.tool == "window":
            self.box_drawn.emit(item)
        elif is_finished:
            self._replace(self.tr("drawing"), (*self.items, item))
            self.selected = item
        if is_finished:
            self.set_tool("")
        self.changed.emit()

    def edit(
        self,
        hold: Hold,
        start: Position,
        end: Position,
        *,
        is_finished: bool,
        continues: bool = False,
    ) -> None:
        """Move a measurement or one of its handles. A whole drag is one undo step; a change that
        `continues` the last one belongs to that step.
        """
        if self._slice is None or not any(item is hold.item for item in self.items):
            return  # another slice was shown during the drag
        self._edited, self.drawing = hold.item, moved(hold, start, end, self._slice.shape)
        self.selected = changed = self.drawing
        if is_finished:
            self._replace(self.tr("change"), self._with(changed), continues=continues)
            self.selected = changed
        self.changed.emit()

    def choose(self, item: Measurement | None) -> None:
        """Select one of the measurements, or none."""
        self.selected = item
        self.changed.emit()

    def select(self, position: Position, reach_px: float) -> None:
        """Select the nearest measurement within `reach_px` of a position, or none."""
        near = [(distance_px(item, position), item) for item in reversed(self.items)]
        within = [pair for pair in near if pair[0] <= reach_px]
        self.choose(min(within, key=lambda pair: pair[0])[1] if within else None)

    @Slot()
    def delete(self) -> None:
        """Delete the selected measurement."""
        if self.selected is not None:
            left = tuple(item for item in self.items if item is not self.selected)
            self._replace(self.tr("deletion"), left)

    def _with(self, item: Measurement) -> tuple[Measurement, ...]:
        """The measurements with an item in place of the edited one."""
        return tuple(item if one is self._edited else one for one in self.items)

    def _deselect(self) -> None:
        self.selected = self.drawing = self._edited = None


def _drawn_with(tool: Tool, start: Position, end: Position) -> Measurement:
    if tool == "length":
        return Length(start, end)
    return Region(start, end, "ellipse" if tool == "ellipse" else "rectangle")
