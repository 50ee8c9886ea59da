"""Where to look next in a series."""

from jrviewer.ui.state.series.slice_status import SliceStatus, next_to_look

PLAIN, DOUBTED, MARKED = (
    SliceStatus(is_done=True),
    SliceStatus(is_done=True, is_doubted=True),
    SliceStatus(is_done=True, marks=2),
)


def test_the_next_slice_that_needs_a_look_is_found_on_either_side_and_round_the_ends() -> None:
    found = [PLAIN, MARKED, PLAIN, DOUBTED, SliceStatus()]

    assert next_to_look(found, 1, 1) == 3
    assert next_to_look(found, 3, 1) == 1
    assert next_to_look(found, 1, -1) == 3
    assert next_to_look(found, 0, -1) == 3


def test_the_only_one_is_the_next_and_none_is_none() -> None:
    assert next_to_look([PLAIN, MARKED], 1, 1) == 1
    assert next_to_look([PLAIN, PLAIN], 0, 1) is None
