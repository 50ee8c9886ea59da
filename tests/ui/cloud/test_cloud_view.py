import gc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Window
from jrviewer.ui.cloud import cloud_view
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.cloud.opengl import OpenGL
from tests.support.cloud_factory import make_cloud_prediction
from tests.ui.support.cloud_pane import (
    BLIND,
    KEYPAD,
    LEFT,
    MIDDLE,
    NO_KEY,
    RIGHT,
    SHIFT,
    camera,
    canvas,
    drag,
    mouse_move,
    needs_opengl,
    seen,
    settle,
    watch_frames,
)

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # offscreen says so of any window


class Watched(QWidget):
    """Notes that it was painted."""

    def __init__(self, order: list[str]) -> None:
        super().__init__()
        self._order = order

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        self._order.append("2D")


def test_before_the_3d_view_is_made_the_pane_is_a_sentence(pane: CloudView) -> None:
    pane.show_prediction(make_cloud_prediction())
    pane.set_slice_window(Window(0, 100))
    pane.reset_view()
    pane.show_probe(np.zeros(3))

    assert pane.stack.currentWidget() is pane.message
    assert pane.message.text() == "The 3D view is starting …"
    assert not pane.toolbar.isEnabled()


def test_without_opengl_the_pane_says_why_and_stays_2d(
    pane: CloudView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_view, "opengl", lambda: OpenGL("3D is off."))

    with qtbot.waitSignal(pane.failed) as failed:
        pane.create()
    pane.show_prediction(make_cloud_prediction())
    pane.show_message("Working on this slice…")

    assert failed.args == ["3D is off."]
    assert pane.message.text() == "3D is off."
    assert pane.stack.currentWidget() is pane.message


@pytest.mark.skipif(not BLIND, reason="needs a platform without OpenGL")
def test_on_a_platform_without_opengl_the_pane_is_2d(pane: CloudView, qtbot: QtBot) -> None:
    pane.prepare()

    with qtbot.waitSignal(pane.failed):
        pane.create()

    assert pane.message.text().startswith("3D is off because there is no display.")


def test_the_title_says_that_nothing_is_measured(pane: CloudView) -> None:
    assert pane.title.text() == "INFERRED 3D – NOT MEASURED"


def test_every_control_has_an_accessible_name(pane: CloudView) -> None:
    controls = [
        widget
        for widget in pane.toolbar.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.parent() in reachable(pane)
    ]

    assert len(controls) >= 15
    assert all(control.accessibleName() for control in controls)


def reachable(pane: CloudView) -> tuple[QWidget, ...]:
    return pane.toolbar, pane.toolbar.legend


@pytest.mark.vtk
@needs_opengl
class TestWithOpenGL:
    def test_a_left_drag_turns_the_cloud(self, view: CloudView) -> None:
        (eye, focus), before = camera(view), seen(view)

        drag(view, LEFT)

        turned, same_focus = camera(view)
        assert np.linalg.norm(turned - eye) > 50
        assert np.allclose(same_focus, focus)
        assert np.linalg.norm(turned - focus) == pytest.approx(np.linalg.norm(eye - focus))
        assert (seen(view) != before).any(axis=2).sum() > 1000

    @pytest.mark.parametrize(("button", "modifier"), [(MIDDLE, NO_KEY), (LEFT, SHIFT)])
    def test_a_middle_or_shift_left_drag_pans(
        self, view: CloudView, button: Qt.MouseButton, modifier: Qt.KeyboardModifier
    ) -> None:
        eye, focus = camera(view)

        drag(view, button, modifier)

        moved, moved_focus = camera(view)
        assert np.linalg.norm(moved_focus - focus) > 10
        assert np.allclose(moved - moved_focus, eye - focus)

    def test_a_right_drag_zooms(self, view: CloudView) -> None:
        eye, focus = camera(view)

        drag(view, RIGHT)

        moved, same_focus = camera(view)
        assert np.allclose(same_focus, focus)
        assert abs(np.linalg.norm(moved - focus) - np.linalg.norm(eye - focus)) > 20

    def test_the_wheel_zooms(self, view: CloudView) -> None:
        eye, focus = camera(view)
        place = QPointF(100, 100)
        event = QWheelEvent(
            place,
            canvas(view).mapToGlobal(place),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            NO_KEY,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )

        QApplication.sendEvent(canvas(view), event)

        assert np.linalg.norm(camera(view)[0] - focus) < np.linalg.norm(eye - focus) - 20

    def test_a_double_click_asks_for_the_whole_window(self, view: CloudView, qtbot: QtBot) -> None:
        with qtbot.waitSignal(view.maximise_requested):
            QTest.mouseDClick(canvas(view), LEFT, NO_KEY, QPoint(100, 100))

    def test_a_right_click_opens_the_menu(self, view: CloudView, qtbot: QtBot) -> None:
        QTest.mouseClick(canvas(view), RIGHT, NO_KEY, QPoint(100, 100))

        qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        found = {action.text() for action in menu.actions()}
        assert found >= {"A – from the front", "I – from the feet", "Reset", "Slice"}
        menu.close()

    @pytest.mark.parametrize("key", list("qewspf3"))
    def test_the_single_keys_of_vtk_do_nothing(self, view: CloudView, key: str) -> None:
        (eye, focus), before = camera(view), seen(view)

        QTest.keyClicks(canvas(view), key)
        settle()

        assert np.array_equal(camera(view), (eye, focus))
        assert np.array_equal(seen(view), before)

    @pytest.mark.parametrize(
        ("key", "modifier", "direction"),
        [
            (Qt.Key.Key_1, KEYPAD, (0, -1, 0)),
            (Qt.Key.Key_1, KEYPAD | SHIFT, (0, 1, 0)),
            (Qt.Key.Key_End, KEYPAD, (0, 1, 0)),
            (Qt.Key.Key_3, KEYPAD, (1, 0, 0)),
            (Qt.Key.Key_3, KEYPAD | SHIFT, (-1, 0, 0)),
            (Qt.Key.Key_7, KEYPAD, (0, 0, 1)),
            (Qt.Key.Key_7, KEYPAD | SHIFT, (0, 0, -1)),
        ],
    )
    def test_the_keypad_gives_the_standard_views(
        self,
        view: CloudView,
        key: Qt.Key,
        modifier: Qt.KeyboardModifier,
        direction: tuple[int, int, int],
    ) -> None:
        QTest.keyClick(canvas(view), key, modifier)

        eye, focus = camera(view)
        assert np.allclose((eye - focus) / np.linalg.norm(eye - focus), direction)

    def test_several_changes_at_once_are_one_frame_and_none_is_drawn_for_nothing(
        self, view: CloudView, qtbot: QtBot
    ) -> None:
        frames: list[str] = []
        watch_frames(view, lambda: frames.append("frame"))
        other = make_cloud_prediction((-180.0, -150.0, 45.0))

        view.show_prediction(other)
        view.set_slice_window(None)
        view.light_points([1, 2, 3])
        assert frames == []
        qtbot.waitUntil(lambda: bool(frames))
        settle()
        assert len(frames) == 1

        view.show_prediction(other)
        view.light_points([1, 2, 3])
        settle()
        assert len(frames) == 1

    def test_the_slices_are_painted_before_the_next_frame_is_drawn(
        self, view: CloudView, qtbot: QtBot
    ) -> None:
        order: list[str] = []
        watch_frames(view, lambda: order.append("3D"))
        beside = Watched(order)
        qtbot.addWidget(beside)
        with qtbot.waitExposed(beside):
            beside.show()
        settle()
        order.clear()

        view.show_prediction(make_cloud_prediction((-180.0, -150.0, 45.0)))
        beside.update()
        qtbot.waitUntil(lambda: len(order) > 1)

        assert order == ["2D", "3D"]

    def test_reset_brings_back_the_fresh_view(self, view: CloudView) -> None:
        fresh = camera(view)
        drag(view, LEFT)
        drag(view, MIDDLE)

        view.toolbar.views["oblique"].trigger()

        assert np.allclose(camera(view), fresh)

    def test_space_hides_the_slice_as_long_as_it_is_held(self, view: CloudView) -> None:
        assert view.scene is not None
        QTest.keyPress(canvas(view), Qt.Key.Key_Space)
        assert not view.scene.plane.actor.visibility

        QTest.keyRelease(canvas(view), Qt.Key.Key_Space)
        assert view.scene.plane.actor.visibility

    def test_hovering_a_point_emits_its_index_and_leaving_it_none(
        self, view: CloudView, qtbot: QtBot
    ) -> None:
        assert view.scene is not None
        cloud = view.cloud
        assert cloud is not None
        places, depth = view.scene.on_screen(cloud.points.astype(float))
        nearest = int(depth.argmin())
        ratio, height = canvas(view).devicePixelRatioF(), canvas(view).height()
        x, y = places[nearest] / ratio

        with qtbot.waitSignal(view.point_hovered) as hovered:
            event = mouse_move(canvas(view), QPointF(x, height - y), Qt.MouseButton.NoButton)
            QApplication.sendEvent(canvas(view), event)
        assert hovered.args == [nearest]
        assert view.scene.marks.points.actor.visibility

        with qtbot.waitSignal(view.point_hovered) as hovered:
            QApplication.sendEvent(canvas(view), QEvent(QEvent.Type.Leave))
        assert hovered.args == [None]
        assert not view.scene.marks.points.actor.visibility

    def test_drops_on_the_picture_are_left_to_the_window(self, view: CloudView) -> None:
        assert not canvas(view).acceptDrops()

    def test_closing_twice_frees_the_interactor(self, view: CloudView) -> None:
        gone = weakref.ref(view.interactor), weakref.ref(view.scene)

        view.close_interactor()
        view.close_interactor()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        settle()
        gc.collect()

        assert [reference() for reference in gone] == [None, None]
        view.show_prediction(make_cloud_prediction())
        view.set_slice_window(Window(1, 2))
