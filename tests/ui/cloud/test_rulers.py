"""The ruler that tells measured from inferred, by mouse and by keys."""

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from jrviewer.core.geometry import FloatArray
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import needs_opengl
from tests.ui.support.surface_pane import (
    by_depth,
    canvas_of,
    centre,
    click,
    draw_in_plane,
    hide_points,
    press,
    scene_of,
)

SHIFT = mouse_and_keys.SHIFT


@pytest.mark.vtk
@needs_opengl
class TestRuler:
    def test_a_ruler_between_two_places_of_the_surface_is_measured(self, solid: MainWindow) -> None:
        press(solid, "Measured")
        hide_points(solid)
        QTest.keyClick(solid, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
        assert solid.session.rulers.is_in_hand
        solid.cloud.show_view("A")
        scene = scene_of(solid)

        for x_mm in (-30.0, 30.0):
            click(solid, centre(solid) + np.array([x_mm, -40.0, 0.0]))

        (one,) = solid.session.rulers.items
        ends = np.array([one.start.point_mm, one.end.point_mm])
        # On the ball: 50 mm from its middle, whatever the eye's slant makes of ±30 mm.
        assert np.linalg.norm(ends - centre(solid), axis=1) == pytest.approx([50, 50], abs=2)
        length = np.linalg.norm(ends[0] - ends[1])
        assert scene.rulers.words[0].GetInput() == f"MEASURED {length:.0f} mm"
        assert not solid.session.rulers.is_in_hand
        press(solid, "Measured")  # off: what the title says is still true of the ruler
        assert solid.cloud.title.text() == "INFERRED POINTS + MEASURED RULER"

    def test_a_ruler_refuses_the_inferred_depth(self, solid: MainWindow) -> None:
        press(solid, "Ruler")
        deep, shallow = by_depth(solid)

        click(solid, shallow)
        click(solid, deep)

        assert solid.session.rulers.items == ()
        assert "Inferred, not measured" in solid.strip.text
        assert solid.session.rulers.is_in_hand  # to try again

    def test_delete_and_undo_are_the_rulers_while_the_3d_pane_has_the_keys(
        self, solid: MainWindow
    ) -> None:
        rulers = solid.session.rulers
        draw_in_plane(solid)
        (drawn,) = rulers.items
        canvas = canvas_of(solid)

        QTest.keyClick(canvas, Qt.Key.Key_Delete)
        assert not rulers.items
        QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert list(rulers.items) == [drawn]
        QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert not rulers.items

    def test_escape_puts_the_ruler_away(self, solid: MainWindow) -> None:
        press(solid, "Ruler")
        assert canvas_of(solid).cursor().shape() == Qt.CursorShape.CrossCursor

        QTest.keyClick(canvas_of(solid), Qt.Key.Key_Escape)

        assert not solid.session.rulers.is_in_hand
        assert not solid.cloud.tools.ruler.isChecked()

    def test_a_length_in_the_slice_plane_says_so(self, solid: MainWindow) -> None:
        draw_in_plane(solid)

        said = scene_of(solid).rulers.words[0].GetInput()

        assert said.startswith("in the slice plane")
        assert said.endswith("ends INFERRED")

    def test_a_ruler_belongs_to_its_slice(self, solid: MainWindow, qtbot: QtBot) -> None:
        draw_in_plane(solid)
        place = solid.session.index

        with qtbot.waitSignal(solid.session.predicted):
            solid.session.show(place + 1)
        assert not scene_of(solid).rulers.is_shown
        solid.session.show(place)

        assert scene_of(solid).rulers.is_shown

    def test_a_click_on_a_ruler_selects_it(self, solid: MainWindow) -> None:
        draw_in_plane(solid)
        rulers = solid.session.rulers
        (drawn,) = rulers.items

        click(solid, centre(solid) + np.array([0.0, 0.0, 300.0]))
        assert rulers.selected is None
        click(solid, (np.array(drawn.start.point_mm) + np.array(drawn.end.point_mm)) / 2)

        assert rulers.selected is drawn

    def test_the_ruler_takes_quick_clicks_that_else_maximise(
        self, solid: MainWindow, qtbot: QtBot
    ) -> None:
        press(solid, "Ruler")

        with qtbot.assertNotEmitted(solid.cloud.maximise_wanted):
            QTest.mouseDClick(canvas_of(solid), Qt.MouseButton.LeftButton, pos=QPoint(9, 9))


@pytest.mark.vtk
@needs_opengl
class TestByKeys:
    def test_keys_aim_and_set_both_ends(self, solid: MainWindow) -> None:
        press(solid, "Measured")
        hide_points(solid)
        solid.cloud.show_view("A")
        type_key(solid, Qt.Key.Key_L, SHIFT)
        assert solid.session.rulers.crosshair == (0, 0)
        assert solid.cloud.crosshair.isVisible()
        assert "1st point" in solid.status.hint.text()

        aim_at(solid, centre(solid) + np.array([-30.0, -40.0, 0.0]))
        type_key(solid, Qt.Key.Key_Return)
        assert "2nd point" in solid.status.hint.text()
        aim_at(solid, centre(solid) + np.array([30.0, -40.0, 0.0]))
        type_key(solid, Qt.Key.Key_Enter)

        (one,) = solid.session.rulers.items
        ends = np.array([one.start.point_mm, one.end.point_mm])
        assert np.linalg.norm(ends - centre(solid), axis=1) == pytest.approx([50, 50], abs=2)
        assert ends[0][0] < centre(solid)[0] < ends[1][0]
        assert not solid.session.rulers.is_in_hand
        assert not solid.cloud.crosshair.isVisible()
        assert not solid.status.hint.isVisible()

    def test_the_crosshair_stays_on_the_picture(self, solid: MainWindow) -> None:
        press(solid, "Ruler")
        for _ in range(100):
            type_key(solid, Qt.Key.Key_Left, SHIFT)

        assert solid.session.rulers.crosshair == (1 - solid.cloud.crosshair.room[0] / 2, 0)

    def test_the_arrows_go_through_the_series_again_without_a_ruler(
        self, solid: MainWindow, qtbot: QtBot
    ) -> None:
        place = solid.session.index
        draw_in_plane(solid)
        with qtbot.waitSignal(solid.session.predicted):
            type_key(solid, Qt.Key.Key_Down)

        assert solid.session.index == place + 1

    def test_tab_holds_a_ruler_and_enter_draws_its_end_anew(self, solid: MainWindow) -> None:
        press(solid, "Measured")
        hide_points(solid)
        solid.cloud.show_view("A")
        press(solid, "Ruler")
        for x_mm in (-30.0, 30.0):
            click(solid, centre(solid) + np.array([x_mm, -40.0, 0.0]))
        rulers = solid.session.rulers
        (drawn,) = rulers.items
        type_key(solid, Qt.Key.Key_Tab)
        assert rulers.is_held
        assert "Enter takes an end" in solid.status.hint.text()

        type_key(solid, Qt.Key.Key_Return)
        assert rulers.crosshair == pytest.approx(on_picture(solid, drawn.start.point_mm), abs=1)
        aim_at(solid, centre(solid) + np.array([0.0, -50.0, 0.0]))
        type_key(solid, Qt.Key.Key_Return)
        (changed,) = rulers.items
        assert changed.start is drawn.end
        assert changed.end.point_mm[0] == pytest.approx(centre(solid)[0], abs=2)
        type_key(solid, Qt.Key.Key_Z, mouse_and_keys.CTRL)
        assert rulers.items == (drawn,)

    def test_an_end_that_was_taken_stays_where_it_was_when_escape_is_pressed(
        self, solid: MainWindow
    ) -> None:
        draw_in_plane(solid)
        (drawn,) = solid.session.rulers.items
        type_key(solid, Qt.Key.Key_Tab)
        type_key(solid, Qt.Key.Key_Return)
        type_key(solid, Qt.Key.Key_Escape)

        assert solid.session.rulers.items == (drawn,)
        assert not solid.session.rulers.is_in_hand

    def test_tab_goes_on_to_the_next_control_after_the_last_ruler(self, solid: MainWindow) -> None:
        draw_in_plane(solid)
        canvas_of(solid).setFocus()
        type_key(solid, Qt.Key.Key_Tab)
        assert canvas_of(solid).hasFocus()
        type_key(solid, Qt.Key.Key_Tab)

        assert not canvas_of(solid).hasFocus()
        assert not solid.session.rulers.is_held


def type_key(
    window: MainWindow, key: Qt.Key, modifiers: Qt.KeyboardModifier = mouse_and_keys.PLAIN
) -> None:
    """Press a key where the keyboard is."""
    focused = window.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, key, modifiers)


def on_picture(window: MainWindow, place: npt.ArrayLike) -> tuple[float, float]:
    """Points right of and below the middle of the picture, of a place of the patient."""
    canvas = canvas_of(window)
    x, y = scene_of(window).on_screen(np.array([place]))[0][0] / canvas.devicePixelRatioF()
    return float(x - canvas.width() / 2), float(canvas.height() / 2 - y)


def aim_at(window: MainWindow, place: FloatArray) -> None:
    """Move the crosshair onto a place of the patient, by arrow keys."""
    at = window.session.rulers.crosshair
    assert at is not None
    to = on_picture(window, place)
    for axis, (back, on) in enumerate(
        ((Qt.Key.Key_Left, Qt.Key.Key_Right), (Qt.Key.Key_Up, Qt.Key.Key_Down))
    ):
        way = round(to[axis] - at[axis])
        for _ in range(abs(way) // 10):
            type_key(window, on if way > 0 else back, SHIFT)
        for _ in range(abs(way) % 10):
            type_key(window, on if way > 0 else back)
