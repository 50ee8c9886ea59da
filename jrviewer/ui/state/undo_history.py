"""What is drawn on each slice, and its undo and redo: one stack per slice, active while it is
shown.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoGroup, QUndoStack

from jrviewer.core.records import Slice

MAX_STEPS = 100  # per slice
MERGE_ID = 1

Item = TypeVar("Item")
Items = tuple[Item, ...]


class ReplaceItems(QUndoCommand, Generic[Item]):
    """Replaces the items of one owner on one slice. A step that `continues` the owner's last one is
    merged with it: arrow keys pressed one after the other are one step.
    """

    def __init__(
        self,
        text: str,
        owner: QObject,
        show: Callable[[Items[Item]], None],
        before: Items[Item],
        after: Items[Item],
        *,
        continues: bool = False,
    ) -> None:
        super().__init__(text)
        self._owner, self._show = owner, show
        self._before, self._after = before, after
        self._continues = continues

    def redo(self) -> None:
        """Draw the new items; also called when the command is pushed."""
        self._show(self._after)

    def undo(self) -> None:
        """Draw the old items."""
        self._show(self._before)

    def id(self) -> int:
        """The same for all: `mergeWith` decides."""
        return MERGE_ID

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take over the result of a step that continues this one."""
        assert isinstance(other, ReplaceItems)
        is_same_step = other._continues and other._owner is self._owner
        if is_same_step:
            self._after = other._after
        return is_same_step


class UndoHistory(QUndoGroup):
    """The undo stacks of the open slices."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stacks: dict[Slice, QUndoStack] = {}

    @Slot(object)
    def show(self, chosen: Slice) -> None:
        """Undo and redo steps of this slice from now on."""
        if chosen not in self._stacks:
            self._stacks[chosen] = stack = QUndoStack(self)
            stack.setUndoLimit(MAX_STEPS)
        self.setActiveStack(self._stacks[chosen])

    @Slot(object)
    def forget(self, slices: Collection[Slice]) -> None:
        """Forget the steps of slices that were closed."""
        for chosen in slices:
            if (stack := self._stacks.pop(chosen, None)) is not None:
                stack.clear()
                self.removeStack(stack)
                stack.deleteLater()

    def push(self, command: QUndoCommand) -> None:
        """Run a command on the shown slice, and remember it."""
        self.activeStack().push(command)


class DrawnItems(QObject, Generic[Item]):
    """Items of one kind per slice. Those that inherit say what ends when others are shown."""

    changed = Signal()

    def __init__(self, history: UndoHistory, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._slice: Slice | None = None
        self._drawn: dict[Slice, Items[Item]] = {}

    @property
    def items(self) -> Items[Item]:
        """Those of the shown slice."""
        return () if self._slice is None else self._drawn.get(self._slice, ())

    @Slot(object)
    def forget(self, slices: Collection[Slice]) -> None:
        """Forget the items of slices that were closed."""
        for chosen in slices:
            self._drawn.pop(chosen, None)
        if self._slice in slices:
            self.show(None)

    def show(self, chosen: Slice | None) -> None:
        """Show the items of another slice."""
        raise NotImplementedError

    def _deselect(self) -> None:
        """Others are shown: nothing of what was selected or changed is there any more."""
        raise NotImplementedError

    def _replace(self, text: str, items: Items[Item], *, continues: bool = False) -> None:
        """One step that can be undone."""
        assert self._slice is not None
        show = partial(self._show_items, self._slice)
        command = ReplaceItems(text, self, show, self.items, items, continues=continues)
        self._history.push(command)

    def _show_items(self, chosen: Slice, items: Items[Item]) -> None:
        self._drawn[chosen] = items
        self._deselect()
        self.changed.emit()
