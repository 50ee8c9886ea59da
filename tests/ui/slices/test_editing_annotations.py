"""Changing what is drawn, by real drags; the measurements' own tests have the drawing."""

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from jrviewer.imaging.measurements_2d import Length, Region
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.slices.test_annotations import draw, point
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
Ends = tuple[tuple[float, float], tuple[float, float]]


@pytest.fixture
def lined(qtbot: QtBot, open_window: MainWindow) -> MainWindow:
    """A window with a length from (20, 20) to (40, 20)."""
    press(qtbot, open_window, Key.Key_L)
    draw(open_window.original, (20, 20), (40, 20))
    return open_window


def ends(window: MainWindow) -> Ends:
    (item,) = window.session.annotations.items
    return item.start, item.end


def near(one: Ends, other: Ends) -> bool:
    return [*one[0], *one[1]] == pytest.approx([*other[0], *other[1]], abs=0.3)


@pytest.mark.parametrize("pane", ["original", "denoised"])
def test_an_end_can_be_dragged_elsewhere_on_either_pane(lined: MainWindow, pane: str) -> None:
    window_before = lined.session.view.now.window
    draw(getattr(lined, pane), (40, 20), (45, 35))

    assert near(ends(lined), ((20, 20), (45, 35)))
    assert lined.session.view.now.window == window_before


def test_a_line_can_be_dragged_as_a_whole(lined: MainWindow) -> None:
    draw(lined.original, (30, 20), (33, 26))

    assert near(ends(lined), ((23, 26), (43, 26)))


def test_a_region_can_be_moved_by_its_outline_and_the_readout_follows(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    press(qtbot, open_window, Key.Key_O, mouse_and_keys.SHIFT)
    draw(open_window.original, (20, 20), (30, 30))
    before = open_window.slice_controller.roi_readout.text()
    draw(open_window.original, (20, 25), (34, 40))

    assert near(ends(open_window), ((34, 35), (44, 45)))
    assert open_window.slice_controller.roi_readout.text() not in ("", before)


def test_a_whole_drag_is_one_undo_step(qtbot: QtBot, lined: MainWindow) -> None:
    drawn = ends(lined)
    draw(lined.original, (40, 20), (45, 35))
    press(qtbot, lined, Key.Key_Z, mouse_and_keys.CTRL)
    assert ends(lined) == drawn
    press(qtbot, lined, Key.Key_Z, mouse_and_keys.CTRL)
    assert lined.session.annotations.items == ()


def test_what_was_changed_is_selected_and_del_deletes_it(qtbot: QtBot, lined: MainWindow) -> None:
    press(qtbot, lined, Key.Key_L)
    draw(lined.original, (20, 40), (40, 40))
    draw(lined.original, (40, 20), (45, 25))
    press(qtbot, lined, Key.Key_Delete)

    assert near(ends(lined), ((20, 40), (40, 40)))


def test_the_pointer_says_what_it_would_take(lined: MainWindow) -> None:
    pane = lined.original
    shapes = []
    for place in ((40.0, 20.0), (30.0, 20.0), (30.0, 50.0)):
        mouse_and_keys.move(pane, point(pane, *place))
        shapes.append(pane.cursor().shape())

    shape = Qt.CursorShape
    assert shapes == [shape.PointingHandCursor, shape.SizeAllCursor, shape.ArrowCursor]


def test_the_handles_of_the_selected_are_drawn(lined: MainWindow) -> None:
    """A click beside it ends the selection and takes the handles away."""
    shown = lined.original.grab().toImage()
    x, y = point(lined.original, 40, 20)
    mouse_and_keys.drag(lined.original, (20, 20), (20, 20))

    assert lined.session.annotations.selected is None
    assert lined.original.grab().toImage().pixel(x, y) != shown.pixel(x, y)


def test_a_slice_that_changes_during_a_drag_keeps_its_own_measurements(
    qtbot: QtBot, lined: MainWindow
) -> None:
    pane = lined.original
    drawn = ends(lined)
    start, way = point(pane, 40, 20), point(pane, 44, 28)
    qtbot.mousePress(pane, mouse_and_keys.LEFT, pos=_at(start))  # type: ignore[no-untyped-call]
    mouse_and_keys.move_held(pane, way)
    lined.session.step(1)
    mouse_and_keys.move_held(pane, start)
    qtbot.mouseRelease(pane, mouse_and_keys.LEFT, pos=_at(way))  # type: ignore[no-untyped-call]

    assert lined.session.annotations.items == ()
    lined.session.step(-1)
    assert ends(lined) == drawn


def test_swipe_s_line_is_still_taken_beside_a_measurement(qtbot: QtBot, lined: MainWindow) -> None:
    press(qtbot, lined, Key.Key_S)
    pane = lined.denoised
    middle = pane.width() // 2
    mouse_and_keys.drag(pane, (middle, pane.height() - 40), (middle + 60, pane.height() - 40))

    assert lined.session.compare.now.split > 0.5
    assert isinstance(lined.session.annotations.items[0], Length | Region)


def _at(place: tuple[int, int]) -> QPoint:
    return QPoint(*place)
