"""Rulers in the 3D pane: which are drawn, which is selected, whether the tool is active. Knows no
widget.
"""

from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.records import Slice
from jrviewer.imaging.ruler_3d import End, NoLengthError, Ruler, ruler_length
from jrviewer.ui.state.undo_history import DrawnItems, UndoHistory

RulerCommand = Literal[
    "delete", "dismiss", "set a point", "take an end", "move", "next", "previous"
]
Place = tuple[float, float]  # points right of and below the centre of the view


class Rulers(DrawnItems[Ruler]):
    """Rulers per slice. One click starts a ruler, the next ends it and deactivates the tool."""

    crosshair_moved = Signal(object)  # Place: only the crosshair, which needs no new rendering
    refused = Signal(str)  # why a ruler may not show a length

    def __init__(self, history: UndoHistory, parent: QObject | None = None) -> None:
        super().__init__(history, parent)
        self.is_active = False
        self.start: End | None = None  # of the ruler being drawn
        self.selected: Ruler | None = None
        self.is_held = False  # the keys are for the selected one
        self.crosshair: Place | None = None
        self.grip: tuple[Ruler, int | None] | None = None  # being dragged, and which end of it
        self.moving: Ruler | None = None  # the dragged one at its current position
        self._nudged: Ruler | None = (
            None  # moved by the last key: the next belongs to the same step
        )
        self._lifted: Ruler | None = None  # whose other end is being redrawn

    @property
    def drawn(self) -> tuple[Ruler, ...]:
        """The rulers of the shown slice, with the dragged one at its current position."""
        if self.moving is None or self.grip is None:
            return self.items
        old, new = self.grip[0], self.moving
        return tuple(new if one is old else one for one in self.items)

    @property
    def available(self) -> frozenset[RulerCommand]:
        """Commands that have an effect now."""
        place, is_free = self._place(), not self.is_active
        found: dict[RulerCommand, bool] = {
            "delete": self.selected is not None,
            "dismiss": self.is_active or self.is_held,
            "set a point": self.is_active,
            "take an end": is_free and self.is_held,
            "move": is_free and self.is_held,
            "next": is_free and (-1 if place is None else place) < len(self.items) - 1,
            "previous": is_free and self.is_held,
        }
        return frozenset(command for command, is_open in found.items() if is_open)

    @Slot(object)
    def show(self, chosen: Slice | None) -> None:
        """Show another slice."""
        if chosen is not self._slice:
            self._slice, self.selected, self.start = chosen, None, None
            self.is_held, self._lifted = False, None
            self.grip = self.moving = self._nudged = None
            self.changed.emit()

    def set_active(self, *, is_active: bool) -> None:
        """Activate or deactivate the tool."""
        if is_active != self.is_active:
            self.is_active, self.start, self._lifted = is_active, None, None
            self.is_held, self.crosshair = False, (0.0, 0.0) if is_active else None
            self.changed.emit()

    def set_crosshair(self, at: Place, view_size: tuple[int, int]) -> None:
        """Move the crosshair, within a view of `room` (width, height) points."""
        wide, high = view_size[0] / 2 - 1, view_size[1] / 2 - 1
        self.crosshair = min(max(at[0], -wide), wide), min(max(at[1], -high), high)
        self.crosshair_moved.emit(self.crosshair)

    def reopen_end(self) -> End | None:
        """Start to redraw the first end of the selected ruler; returns where it was."""
        ruler = self.selected
        if ruler is None:
            return None
        self.set_active(is_active=True)
        self.start, self._lifted = ruler.end, ruler
        return ruler.start

    def add_point(self, end: End, *, has_surface: bool) -> None:
        """Start or end a ruler; one that may not show a length is not drawn."""
        if self._slice is None or not self.is_active:
            return
        if self.start is None:
            self.start = end
            self.changed.emit()
            return
        ruler = Ruler(self.start, end)
        self.start = None if self._lifted is None else self._lifted.end  # to try again
        try:
            ruler_length(ruler, self._slice, has_surface=has_surface)
        except NoLengthError as error:
            self.refused.emit(str(error))
        else:
            was_held = self._lifted is not None  # by the keys
            self._put((*(one for one in self.items if one is not self._lifted), ruler))
            self.is_held = was_held
            self.selected, self.is_active = ruler, False
            self.start = self.crosshair = self._lifted = None
        self.changed.emit()

    def begin_drag(self, index: int, end: int | None) -> None:
        """Start to drag a ruler by an end (0, 1), or as a whole (None)."""
        self.grip, self.moving = (self.items[index], end), None

    def move(self, new: Ruler) -> None:
        """Move the dragged ruler; not yet an undo step."""
        if self.grip is not None:
            self.moving = new
            self.changed.emit()

    def end_drag(self) -> None:
        """Drop the dragged ruler where it is."""
        if self.grip is not None and (moved := self.moving) is not None:
            self._put(self.drawn)
            self.selected = moved
        self.grip = self.moving = self._nudged = None
        self.changed.emit()

    def nudge(self, new: Ruler) -> None:
        """Move the held ruler by keyboard; consecutive moves are one undo step."""
        items = tuple(new if one is self.selected else one for one in self.items)
        self._put(items, continues=self._nudged is self.selected)
        self.selected = self._nudged = new
        self.is_held = True
        self.changed.emit()

    def select(self, index: int | None) -> None:
        """Select a ruler by its index, or none."""
        self.selected, self.is_held = None if index is None else self.items[index], False
        self._nudged = None
        self.changed.emit()

    @Slot()
    def release(self) -> None:
        """Release what is held."""
        if self.is_held:
            self.is_held = False
            self.changed.emit()

    def step(self, by: int) -> None:
        """Hold the next (1) or previous (−1) ruler; before the first one, none."""
        place = self._place()
        following = by - 1 if place is None else place + by
        self.select(following if 0 <= following < len(self.items) else None)
        self.is_held = self.selected is not None
        self.changed.emit()

    def run_command(self, command: RulerCommand) -> None:
        """Delete, dismiss, or go to another ruler."""
        if command not in self.available:
            return
        if command == "dismiss":
            self.is_held = False
            self.set_active(is_active=False)
            self.changed.emit()
            return
        if command in ("next", "previous"):
            self.step(1 if command == "next" else -1)
            return
        self._put(tuple(one for one in self.items if one is not self.selected))

    def _place(self) -> int | None:
        """Index of the held ruler."""
        if not self.is_held:
            return None
        return next((i for i, one in enumerate(self.items) if one is self.selected), None)

    def _put(self, items: tuple[Ruler, ...], *, continues: bool = False) -> None:
        self._replace(self.tr("ruler"), items, continues=continues)

    def _deselect(self) -> None:
        self.selected, self.is_held, self._nudged = None, False, None
