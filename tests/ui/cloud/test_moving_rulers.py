"""A ruler in the 3D picture is moved as a whole or by an end, never into the inferred depth."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.ruler_3d import Ruler
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import camera, needs_opengl
from tests.ui.support.surface_pane import (
    canvas_of,
    centre,
    click,
    draw_in_plane,
    hide_points,
    press,
    scene_of,
)

RADIUS_MM = 50.0
Key = Qt.Key
pytestmark = [pytest.mark.vtk, needs_opengl]


def ends_of(one: Ruler) -> FloatArray:
    return np.array([one.start.point_mm, one.end.point_mm])


def the_ruler(window: MainWindow) -> Ruler:
    (one,) = window.session.rulers.items
    return one


def draw_measured(window: MainWindow) -> Ruler:
    """Across the front of the ball, seen from there."""
    press(window, "Measured")
    hide_points(window)
    window.cloud.show_view("A")
    press(window, "Ruler")
    for x_mm in (-25.0, 25.0):
        click(window, centre(window) + np.array([x_mm, -43.3, 0.0]))
    return the_ruler(window)


def on_canvas(window: MainWindow, place: FloatArray) -> tuple[int, int]:
    canvas = canvas_of(window)
    x, y = scene_of(window).on_screen(place[None])[0][0] / canvas.devicePixelRatioF()
    return round(x), round(canvas.height() - y)


def drag_from(window: MainWindow, place: FloatArray, across: int, down: int) -> None:
    x, y = on_canvas(window, place)
    mouse_and_keys.drag(canvas_of(window), (x, y), (x + across, y + down))


def depths(window: MainWindow, one: Ruler) -> FloatArray:
    shown = window.session.slice
    assert shown is not None
    distances: FloatArray = (ends_of(one) - shown.plane.origin_mm) @ shown.plane.normal
    return distances


def type_key(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = mouse_and_keys.PLAIN
) -> None:
    QTest.keyClick(canvas_of(window), key, modifiers)


def test_a_measured_ruler_dragged_by_its_middle_stays_on_the_surface(window_3d: MainWindow) -> None:
    drawn = draw_measured(window_3d)
    eye = camera(window_3d.cloud)

    drag_from(window_3d, ends_of(drawn).mean(axis=0), 0, -20)

    moved = the_ruler(window_3d)
    way = ends_of(moved) - ends_of(drawn)
    assert (way[:, 2] > 5).all()  # up on the picture is to the head
    assert np.linalg.norm(ends_of(moved) - centre(window_3d), axis=1) == pytest.approx(
        [RADIUS_MM] * 2, abs=2
    )
    length = np.linalg.norm(np.subtract(*ends_of(moved)))
    assert scene_of(window_3d).rulers.words[0].GetInput() == f"MEASURED {length:.0f} mm"
    assert np.array_equal(camera(window_3d.cloud), eye)  # the picture has not turned with it


def test_a_drag_is_one_undo_step(window_3d: MainWindow) -> None:
    drawn = draw_measured(window_3d)
    drag_from(window_3d, ends_of(drawn).mean(axis=0), 10, -10)
    assert the_ruler(window_3d) != drawn

    type_key(window_3d, Key.Key_Z, mouse_and_keys.CTRL)

    assert the_ruler(window_3d) is drawn


def test_beyond_the_surface_it_stays_where_it_last_was_and_the_reason_is_said(
    window_3d: MainWindow,
) -> None:
    drawn = draw_measured(window_3d)

    drag_from(window_3d, ends_of(drawn).mean(axis=0), 0, -400)

    assert "moves only along the measured surface" in window_3d.message_bar.text
    assert np.linalg.norm(
        ends_of(the_ruler(window_3d)) - centre(window_3d), axis=1
    ) == pytest.approx([RADIUS_MM] * 2, abs=2)


def test_an_end_is_dragged_alone(window_3d: MainWindow) -> None:
    drawn = draw_measured(window_3d)

    drag_from(window_3d, ends_of(drawn)[1], 0, -20)

    moved = the_ruler(window_3d)
    assert ends_of(moved)[0] == pytest.approx(ends_of(drawn)[0], abs=1)
    assert ends_of(moved)[1][2] > ends_of(drawn)[1][2] + 5


def test_a_ruler_in_the_slice_keeps_its_length_and_gets_no_depth(window_3d: MainWindow) -> None:
    draw_in_plane(window_3d)
    drawn = the_ruler(window_3d)

    middle = ends_of(drawn).mean(axis=0)
    (x, y), (to_x, to_y) = (
        on_canvas(window_3d, place) for place in (middle, scene_of(window_3d).plane.sides.mean(0))
    )
    drag_from(window_3d, middle, (to_x - x) // 3, (to_y - y) // 3)  # into the slice

    moved = the_ruler(window_3d)
    assert np.linalg.norm(ends_of(moved) - ends_of(drawn), axis=1).min() > 2
    assert depths(window_3d, moved) == pytest.approx(depths(window_3d, drawn), abs=1e-6)
    assert scene_of(window_3d).rulers.words[0].GetInput().endswith("ends INFERRED")


def test_from_the_edge_of_its_slice_a_ruler_in_it_cannot_be_moved(window_3d: MainWindow) -> None:
    draw_in_plane(window_3d)
    drawn = the_ruler(window_3d)
    window_3d.session.rulers.select(0)
    window_3d.cloud.show_view("A")
    type_key(window_3d, Key.Key_Tab)

    type_key(window_3d, Key.Key_Up)

    assert "seen edge-on" in window_3d.message_bar.text
    assert the_ruler(window_3d) is drawn


def test_a_ruler_in_the_slice_does_not_leave_it(window_3d: MainWindow) -> None:
    draw_in_plane(window_3d)
    type_key(window_3d, Key.Key_Tab)
    for _ in range(60):
        type_key(window_3d, Key.Key_Right, mouse_and_keys.SHIFT)

    assert "cannot leave the slice" in window_3d.message_bar.text
    shown = window_3d.session.slice
    assert shown is not None
    (middle,) = shown.plane.to_pixel(ends_of(the_ruler(window_3d)).mean(axis=0, keepdims=True))
    assert (middle >= 0).all()
    assert (middle <= np.array(shown.shape) - 1).all()


def test_a_click_on_a_ruler_selects_it_and_leaves_it_where_it_is(window_3d: MainWindow) -> None:
    drawn = draw_measured(window_3d)
    window_3d.session.rulers.select(None)

    click(window_3d, ends_of(drawn).mean(axis=0))

    assert window_3d.session.rulers.selected is drawn
    assert the_ruler(window_3d) is drawn


def test_the_pointer_shows_what_a_drag_would_do(window_3d: MainWindow) -> None:
    drawn = draw_measured(window_3d)
    canvas = canvas_of(window_3d)
    shapes = []
    beside = centre(window_3d) + np.array([0.0, 0.0, 300.0])
    for place in (*ends_of(drawn), ends_of(drawn).mean(axis=0), beside):
        mouse_and_keys.move(canvas, on_canvas(window_3d, place))
        shapes.append(canvas.cursor().shape())

    hand, whole, arrow = (
        Qt.CursorShape.PointingHandCursor,
        Qt.CursorShape.SizeAllCursor,
        Qt.CursorShape.ArrowCursor,
    )
    assert shapes == [hand, hand, whole, arrow]


def test_arrows_move_a_held_ruler_and_all_of_them_are_one_step(window_3d: MainWindow) -> None:
    drawn = draw_measured(window_3d)
    place = window_3d.session.index
    type_key(window_3d, Key.Key_Tab)
    assert "move it (Shift ×10)" in window_3d.status_bar.hint.text()

    type_key(window_3d, Key.Key_Up, mouse_and_keys.SHIFT)
    once = ends_of(the_ruler(window_3d))
    type_key(window_3d, Key.Key_Up)
    twice = ends_of(the_ruler(window_3d))

    assert (once[:, 2] > ends_of(drawn)[:, 2] + 1).all()
    assert (twice[:, 2] > once[:, 2]).all()
    assert window_3d.session.rulers.is_held
    assert window_3d.session.index == place  # the arrows were the ruler's
    type_key(window_3d, Key.Key_Z, mouse_and_keys.CTRL)
    assert the_ruler(window_3d) is drawn


def test_without_the_surface_on_show_a_measured_ruler_stays_and_says_why(
    window_3d: MainWindow,
) -> None:
    drawn = draw_measured(window_3d)
    press(window_3d, "Measured")
    canvas_of(window_3d).setFocus()
    type_key(window_3d, Key.Key_Tab)

    type_key(window_3d, Key.Key_Left)

    assert the_ruler(window_3d) is drawn
    assert "while that is shown" in window_3d.message_bar.text
