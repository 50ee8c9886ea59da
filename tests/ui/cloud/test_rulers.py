"""The ruler, which distinguishes measured from inferred, by mouse and keyboard."""

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
    def test_a_ruler_between_two_places_of_the_surface_is_measured(
        self, window_3d: MainWindow
    ) -> None:
        press(window_3d, "Measured")
        hide_points(window_3d)
        QTest.keyClick(window_3d, Qt.Key.Key_L, Qt.KeyboardModifier.ShiftModifier)
        assert window_3d.session.rulers.is_active
        window_3d.cloud.show_view("A")
        scene = scene_of(window_3d)

        for x_mm in (-30.0, 30.0):
            click(window_3d, centre(window_3d) + np.array([x_mm, -40.0, 0.0]))

        (one,) = window_3d.session.rulers.items
        ends = np.array([one.start.point_mm, one.end.point_mm])
        # On the ball: 50 mm from its middle, whatever the eye's slant makes of ±30 mm.
        assert np.linalg.norm(ends - centre(window_3d), axis=1) == pytest.approx([50, 50], abs=2)
        length = np.linalg.norm(ends[0] - ends[1])
        assert scene.rulers.words[0].GetInput() == f"MEASURED {length:.0f} mm"
        assert not window_3d.session.rulers.is_active
        press(window_3d, "Measured")  # off: what the title says is still true of the ruler
        assert window_3d.cloud.title.text() == "INFERRED POINTS + MEASURED RULER"

    def test_a_click_on_nothing_says_so(self, window_3d: MainWindow) -> None:
        press(window_3d, "Ruler")
        hide_points(window_3d)

        QTest.mouseClick(canvas_of(window_3d), Qt.MouseButton.LeftButton, pos=QPoint(4, 4))

        assert window_3d.message_bar.text.startswith("Nothing to measure from there")
        assert window_3d.session.rulers.is_active
        assert window_3d.session.rulers.start is None

    def test_a_ruler_refuses_the_inferred_depth(self, window_3d: MainWindow) -> None:
        press(window_3d, "Ruler")
        deep, shallow = by_depth(window_3d)

        click(window_3d, shallow)
        click(window_3d, deep)

        assert window_3d.session.rulers.items == ()
        assert "Inferred, not measured" in window_3d.message_bar.text
        assert window_3d.session.rulers.is_active  # to try again

    def test_delete_and_undo_are_the_rulers_while_the_3d_pane_has_the_keys(
        self, window_3d: MainWindow
    ) -> None:
        rulers = window_3d.session.rulers
        draw_in_plane(window_3d)
        (drawn,) = rulers.items
        canvas = canvas_of(window_3d)

        QTest.keyClick(canvas, Qt.Key.Key_Delete)
        assert not rulers.items
        QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert list(rulers.items) == [drawn]
        QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert not rulers.items

    def test_escape_deactivates_the_ruler(self, window_3d: MainWindow) -> None:
        press(window_3d, "Ruler")
        assert canvas_of(window_3d).cursor().shape() == Qt.CursorShape.CrossCursor

        QTest.keyClick(canvas_of(window_3d), Qt.Key.Key_Escape)

        assert not window_3d.session.rulers.is_active
        assert not window_3d.cloud.toolbar.ruler.isChecked()

    def test_a_length_in_the_slice_plane_says_so(self, window_3d: MainWindow) -> None:
        draw_in_plane(window_3d)

        said = scene_of(window_3d).rulers.words[0].GetInput()

        assert said.startswith("in the slice plane")
        assert said.endswith("ends INFERRED")

    def test_a_ruler_belongs_to_its_slice(self, window_3d: MainWindow, qtbot: QtBot) -> None:
        draw_in_plane(window_3d)
        place = window_3d.session.index

        with qtbot.waitSignal(window_3d.session.predicted):
            window_3d.session.show(place + 1)
        assert not scene_of(window_3d).rulers.is_shown
        window_3d.session.show(place)

        assert scene_of(window_3d).rulers.is_shown

    def test_a_click_on_a_ruler_selects_it(self, window_3d: MainWindow) -> None:
        draw_in_plane(window_3d)
        rulers = window_3d.session.rulers
        (drawn,) = rulers.items

        click(window_3d, centre(window_3d) + np.array([0.0, 0.0, 300.0]))
        assert rulers.selected is None
        click(window_3d, (np.array(drawn.start.point_mm) + np.array(drawn.end.point_mm)) / 2)

        assert rulers.selected is drawn

    def test_the_ruler_takes_quick_clicks_that_else_maximise(
        self, window_3d: MainWindow, qtbot: QtBot
    ) -> None:
        press(window_3d, "Ruler")

        with qtbot.assertNotEmitted(window_3d.cloud.maximise_requested):
            QTest.mouseDClick(canvas_of(window_3d), Qt.MouseButton.LeftButton, pos=QPoint(9, 9))


@pytest.mark.vtk
@needs_opengl
class TestByKeys:
    def test_keys_aim_and_set_both_ends(self, window_3d: MainWindow) -> None:
        press(window_3d, "Measured")
        hide_points(window_3d)
        window_3d.cloud.show_view("A")
        type_key(window_3d, Qt.Key.Key_L, SHIFT)
        assert window_3d.session.rulers.crosshair == (0, 0)
        assert window_3d.cloud.crosshair.isVisible()
        assert "1st point" in window_3d.status_bar.hint.text()

        aim_at(window_3d, centre(window_3d) + np.array([-30.0, -40.0, 0.0]))
        type_key(window_3d, Qt.Key.Key_Return)
        assert "2nd point" in window_3d.status_bar.hint.text()
        aim_at(window_3d, centre(window_3d) + np.array([30.0, -40.0, 0.0]))
        type_key(window_3d, Qt.Key.Key_Enter)

        (one,) = window_3d.session.rulers.items
        ends = np.array([one.start.point_mm, one.end.point_mm])
        assert np.linalg.norm(ends - centre(window_3d), axis=1) == pytest.approx([50, 50], abs=2)
        assert ends[0][0] < centre(window_3d)[0] < ends[1][0]
        assert not window_3d.session.rulers.is_active
        assert not window_3d.cloud.crosshair.isVisible()
        assert not window_3d.status_bar.hint.isVisible()

    def test_the_crosshair_stays_on_the_picture(self, window_3d: MainWindow) -> None:
        press(window_3d, "Ruler")
        for _ in range(100):
            type_key(window_3d, Qt.Key.Key_Left, SHIFT)

        assert window_3d.session.rulers.crosshair == (
            1 - window_3d.cloud.crosshair.view_size[0] / 2,
            0,
        )

    def test_the_arrows_go_through_the_series_again_without_a_ruler(
        self, window_3d: MainWindow, qtbot: QtBot
    ) -> None:
        place = window_3d.session.index
        draw_in_plane(window_3d)
        with qtbot.waitSignal(window_3d.session.predicted):
            type_key(window_3d, Qt.Key.Key_Down)

        assert window_3d.session.index == place + 1

    def test_tab_holds_a_ruler_and_enter_redraws_its_end(self, window_3d: MainWindow) -> None:
        press(window_3d, "Measured")
        hide_points(window_3d)
        window_3d.cloud.show_view("A")
        press(window_3d, "Ruler")
        for x_mm in (-30.0, 30.0):
            click(window_3d, centre(window_3d) + np.array([x_mm, -40.0, 0.0]))
        rulers = window_3d.session.rulers
        (drawn,) = rulers.items
        type_key(window_3d, Qt.Key.Key_Tab)
        assert rulers.is_held
        assert "Enter redraws an end" in window_3d.status_bar.hint.text()

        type_key(window_3d, Qt.Key.Key_Return)
        assert rulers.crosshair == pytest.approx(on_picture(window_3d, drawn.start.point_mm), abs=1)
        aim_at(window_3d, centre(window_3d) + np.array([0.0, -50.0, 0.0]))
        type_key(window_3d, Qt.Key.Key_Return)
        (changed,) = rulers.items
        assert changed.start is drawn.end
        assert changed.end.point_mm[0] == pytest.approx(centre(window_3d)[0], abs=2)
        type_key(window_3d, Qt.Key.Key_Z, mouse_and_keys.CTRL)
        assert rulers.items == (drawn,)

    def test_an_end_that_was_taken_stays_where_it_was_when_escape_is_pressed(
        self, window_3d: MainWindow
    ) -> None:
        draw_in_plane(window_3d)
        (drawn,) = window_3d.session.rulers.items
        type_key(window_3d, Qt.Key.Key_Tab)
        type_key(window_3d, Qt.Key.Key_Return)
        type_key(window_3d, Qt.Key.Key_Escape)

        assert window_3d.session.rulers.items == (drawn,)
        assert not window_3d.session.rulers.is_active

    def test_tab_goes_on_to_the_next_control_after_the_last_ruler(
        self, window_3d: MainWindow
    ) -> None:
        draw_in_plane(window_3d)
        canvas_of(window_3d).setFocus()
        type_key(window_3d, Qt.Key.Key_Tab)
        assert canvas_of(window_3d).hasFocus()
        type_key(window_3d, Qt.Key.Key_Tab)

        assert not canvas_of(window_3d).hasFocus()
        assert not window_3d.session.rulers.is_held


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
