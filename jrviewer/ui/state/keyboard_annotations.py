"""Measuring by keyboard: the crosshair, the held measurement, and which keys have an effect now.
Knows no widget.
"""

from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.imaging.measurements_2d import Hold, Position, handles
from jrviewer.ui.state.annotations import Annotations

Key = Literal["move", "next", "previous"]


class KeyboardAnnotations(QObject):
    """A crosshair that draws with the active tool, and a hold on a measurement."""

    changed = Signal()

    def __init__(self, annotations: Annotations) -> None:
        super().__init__(annotations)
        self._annotations = annotations
        self.crosshair: Position | None = None
        self.start: Position | None = None  # of what is being drawn
        self._hold: Hold | None = None
        self._has_moved = False  # the held item: the next step belongs to the same change
        annotations.slice_changed.connect(self.reset)

    @property
    def hold(self) -> Hold | None:
        """What the arrow keys move: a measurement, or one of its handles."""
        held = self._hold
        is_there = held is not None and any(one is held.item for one in self._annotations.items)
        return held if is_there else None

    @property
    def available_keys(self) -> frozenset[Key]:
        """Keys of a slice pane that have an effect on measurements now."""
        place, count = self._place(), len(self._annotations.items)
        means: dict[Key, bool] = {
            "move": place is not None or self.crosshair is not None,
            "next": self.crosshair is None and (-1 if place is None else place) < count - 1,
            "previous": place is not None,
        }
        return frozenset(key for key, is_meant in means.items() if is_meant)

    def set_crosshair(self, at: Position | None) -> None:
        """Move the crosshair to the nearest pixel; None hides it."""
        self.crosshair, self.start, self._hold = None, None, None
        if at is not None:
            self.crosshair = self._on_slice(round(at[0]), round(at[1]))
        self.changed.emit()

    @Slot()
    def reset(self) -> None:
        """Discards an unfinished measurement from the previous slice."""
        self.start = self._hold = None
        self.changed.emit()

    def move(self, rows: int, columns: int) -> None:
        """Move the held measurement, or the crosshair and what it draws, by pixels."""
        if (hold := self.hold) is not None:
            end = float(rows), float(columns)
            self._annotations.edit(
                hold, (0.0, 0.0), end, is_finished=True, continues=self._has_moved
            )
            item, self._has_moved = self._annotations.selected, True
            self._hold = None if item is None else Hold(item, hold.handle)
        elif self.crosshair is not None:
            row, column = self.crosshair
            self.crosshair = self._on_slice(row + rows, column + columns)
            if self.start is not None:
                self._annotations.draw(self.start, self.crosshair, is_finished=False)
        self.changed.emit()

    def enter(self) -> None:
        """Set a point of the drawing; with a held measurement, go to its next handle."""
        if (hold := self.hold) is not None:
            following = 0 if hold.handle is None else hold.handle + 1
            count = len(handles(hold.item))
            self._take(Hold(hold.item, following if following < count else None))
        elif self.start is None:
            self.start = self.crosshair
        elif self.crosshair is not None and self.crosshair != self.start:
            self._annotations.draw(self.start, self.crosshair, is_finished=True)
        self.changed.emit()

    def step(self, by: int) -> None:
        """Hold the next (1) or previous (−1) measurement; before the first one, none."""
        place = self._place()
        following = by - 1 if place is None else place + by
        items = self._annotations.items
        self._take(Hold(items[following]) if 0 <= following < len(items) else None)
        self._annotations.choose(None if self._hold is None else self._hold.item)
        self.changed.emit()

    def release(self) -> None:
        """Release what is held."""
        self._take(None)
        self.changed.emit()

    def _take(self, hold: Hold | None) -> None:
        self._hold, self._has_moved = hold, False

    def _place(self) -> int | None:
        """Index of the held measurement."""
        hold, items = self.hold, self._annotations.items
        return None if hold is None else next(i for i, one in enumerate(items) if one is hold.item)

    def _on_slice(self, row: float, column: float) -> Position:
        rows, columns = self._annotations.shape
        return min(max(row, 0.0), rows - 1.0), min(max(column, 0.0), columns - 1.0)
