"""One undo for everything that is drawn around the slice that is shown."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from PySide6.QtCore import QObject

from jrviewer.core.records import Slice
from jrviewer.imaging.measurements_2d import Hold, Length
from jrviewer.imaging.ruler_3d import End, Ruler
from jrviewer.ui.state.annotations import Annotations
from jrviewer.ui.state.rulers import Rulers
from jrviewer.ui.state.undo_history import MAX_STEPS, UndoHistory
from tests.support.record_factory import make_plane, make_slice


@dataclass
class DrawnRuler:
    """Measurements and rulers on one history, as a session has them."""

    parent: QObject = field(default_factory=QObject)

    def __post_init__(self) -> None:
        self.history = UndoHistory(self.parent)
        self.annotations = Annotations(self.history, self.parent)
        self.rulers = Rulers(self.history, self.parent)

    def show(self, chosen: Slice) -> None:
        for part in (self.history, self.annotations, self.rulers):
            part.show(chosen)

    def draw_length(self, end: float) -> None:
        self.annotations.set_tool("length")
        self.annotations.draw((0, 0), (0, end), is_finished=True)

    def draw_ruler(self, depth_mm: float = 0.0) -> None:
        self.rulers.set_active(is_active=True)
        for x in (0.0, 10.0):
            self.rulers.add_point(End((x, 0.0, depth_mm), is_measured=False), has_surface=False)

    @property
    def counts(self) -> tuple[int, int]:
        return len(self.annotations.items), len(self.rulers.items)


@pytest.fixture
def drawn(qapp: object) -> DrawnRuler:
    found = DrawnRuler()
    found.show(a_slice())
    return found


def a_slice() -> Slice:
    return make_slice(np.zeros((32, 32)), make_plane(spacing_mm=(1.0, 1.0)))


def test_lengths_and_rulers_are_undone_and_redone_in_the_order_in_which_they_were_drawn(
    drawn: DrawnRuler,
) -> None:
    drawn.draw_length(5)
    drawn.draw_ruler()
    drawn.draw_length(9)
    counts = [drawn.counts]
    for _ in range(3):
        drawn.history.undo()
        counts.append(drawn.counts)
    assert counts == [(2, 1), (1, 1), (1, 0), (0, 0)]
    assert not drawn.history.canUndo()

    for _ in range(3):
        drawn.history.redo()
    assert drawn.counts == (2, 1)
    assert drawn.annotations.items == (Length((0, 0), (0, 5)), Length((0, 0), (0, 9)))
    assert not drawn.history.canRedo()


def test_a_new_step_ends_what_could_be_redone(drawn: DrawnRuler) -> None:
    drawn.draw_length(5)
    drawn.history.undo()
    assert drawn.history.canRedo()
    drawn.draw_length(7)

    assert not drawn.history.canRedo()
    assert drawn.annotations.items == (Length((0, 0), (0, 7)),)


def test_each_slice_has_its_own_steps(drawn: DrawnRuler) -> None:
    drawn.draw_length(5)
    other = a_slice()
    drawn.show(other)
    assert not drawn.history.canUndo()
    drawn.draw_length(6)
    drawn.draw_length(7)
    drawn.history.undo()
    assert drawn.annotations.items == (Length((0, 0), (0, 6)),)


def test_steps_that_continue_each_other_are_one(drawn: DrawnRuler) -> None:
    drawn.draw_length(5)
    (before,) = drawn.annotations.items
    item = before
    for continues in (False, True, True):
        drawn.annotations.edit(Hold(item), (0, 0), (1, 0), is_finished=True, continues=continues)
        (item,) = drawn.annotations.items
    assert item == Length((3, 0), (3, 5))

    drawn.history.undo()
    assert drawn.annotations.items == (before,)
    drawn.history.redo()
    assert drawn.annotations.items == (item,)


def test_a_nudged_ruler_never_continues_a_step_of_the_lengths(drawn: DrawnRuler) -> None:
    drawn.draw_ruler()
    drawn.rulers.step(1)
    first, second = (moved_to(x) for x in (2.0, 4.0))
    drawn.rulers.nudge(first)
    drawn.draw_length(5)
    drawn.rulers.nudge(second)
    assert drawn.rulers.items == (second,)

    drawn.history.undo()
    assert drawn.rulers.items == (first,)
    assert drawn.counts == (1, 1)
    drawn.history.undo()
    assert drawn.counts == (0, 1)


def test_the_oldest_steps_are_forgotten(drawn: DrawnRuler) -> None:
    for end in range(1, MAX_STEPS + 6):
        drawn.draw_length(end)
    while drawn.history.canUndo():
        drawn.history.undo()

    assert len(drawn.annotations.items) == 5


def moved_to(x: float) -> Ruler:
    return Ruler(End((x, 0.0, 0.0), is_measured=False), End((x + 10, 0.0, 0.0), is_measured=False))
