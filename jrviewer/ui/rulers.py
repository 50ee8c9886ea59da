"""The rulers in the 3D pane: which are drawn, which is selected, whether one is in the hand, and
how to take the last step back. Knows no widget.
"""

from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.records import Slice
from jrviewer.ruler import End, NoLengthError, Ruler, read

Wish = Literal["delete", "undo", "put away"]

MOST_STEPS_BACK = 50


class Rulers(QObject):
    """Rulers per slice. One click begins, the next ends; then the hand is free again."""

    changed = Signal()
    refused = Signal(str)  # why a ruler says no length, and is not drawn

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_in_hand = False
        self.start: End | None = None  # of the ruler being drawn
        self.selected: Ruler | None = None
        self._slice: Slice | None = None
        self._steps: dict[Slice, list[tuple[Ruler, ...]]] = {}  # the last is what is drawn

    @property
    def items(self) -> tuple[Ruler, ...]:
        """What is drawn around the slice that is shown."""
        steps = [] if self._slice is None else self._steps.get(self._slice, [])
        return steps[-1] if steps else ()

    @property
    def offers(self) -> frozenset[Wish]:
        """What there is to do."""
        can_undo = self._slice is not None and self._slice in self._steps
        found: dict[Wish, bool] = {
            "delete": self.selected is not None,
            "undo": can_undo,
            "put away": self.is_in_hand,
        }
        return frozenset(wish for wish, is_open in found.items() if is_open)

    @Slot()
    def clear(self) -> None:
        """Forget everything: other series were opened."""
        self._steps.clear()
        self.show(None)

    def show(self, chosen: Slice | None) -> None:
        """Turn to another slice."""
        if chosen is not self._slice:
            self._slice, self.selected, self.start = chosen, None, None
            self.changed.emit()

    def take(self, *, is_in_hand: bool) -> None:
        """Take a ruler into the hand, or put it away."""
        if is_in_hand != self.is_in_hand:
            self.is_in_hand, self.start = is_in_hand, None
            self.changed.emit()

    def pick(self, end: End, *, has_surface: bool) -> None:
        """Begin with a ruler, or end it; one that may say no length is not drawn."""
        if self._slice is None or not self.is_in_hand:
            return
        if self.start is None:
            self.start = end
            self.changed.emit()
            return
        ruler, self.start = Ruler(self.start, end), None
        try:
            read(ruler, self._slice, has_surface=has_surface)
        except NoLengthError as error:
            self.refused.emit(str(error))
        else:
            self._put((*self.items, ruler))
            self.selected, self.is_in_hand = ruler, False
        self.changed.emit()

    def select(self, index: int | None) -> None:
        """Select one of those that are drawn, or none."""
        self.selected = None if index is None else self.items[index]
        self.changed.emit()

    def do(self, wish: Wish) -> None:
        """Delete what is selected, take the last step back, or put the ruler away."""
        if wish not in self.offers:
            return
        if wish == "put away":
            self.take(is_in_hand=False)
            return
        if wish == "delete":
            self._put(tuple(one for one in self.items if one is not self.selected))
        elif self._slice is not None:
            self._steps[self._slice].pop()
            if not self._steps[self._slice]:
                del self._steps[self._slice]
        self.selected = None
        self.changed.emit()

    def _put(self, items: tuple[Ruler, ...]) -> None:
        assert self._slice is not None
        steps = self._steps.setdefault(self._slice, [])
        steps.append(items)
        del steps[:-MOST_STEPS_BACK]
