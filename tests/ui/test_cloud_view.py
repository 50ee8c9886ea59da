import gc
import os
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QMenu, QWidget
from pytestqt.qtbot import QtBot

from jrviewer.geometry import FloatArray
from jrviewer.records import Structure, UInt8Array, Window
from jrviewer.ui import cloud_view
from jrviewer.ui.cloud_view import CloudView
from jrviewer.ui.opengl import OpenGL
from tests.cloud_factory import make_cloud_prediction

BLIND = os.environ.get("QT_QPA_PLATFORM") == "offscreen"
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # offscreen says so of any window
needs_opengl = pytest.mark.skipif(BLIND, reason="no OpenGL on the offscreen platform")

LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
NO_KEY, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
KEYPAD = Qt.KeyboardModifier.KeypadModifier


@pytest.fixture
def pane(qtbot: QtBot) -> Iterator[CloudView]:
    """A visible pane, its 3D view not made."""
    pane = CloudView()
    pane.resize(420, 520)
    qtbot.addWidget(pane)
    with qtbot.waitExposed(pane):
        pane.show()
    yield pane
    pane.close_interactor()


@pytest.fixture
def view(pane: CloudView) -> CloudView:
    """A pane that shows a cloud."""
    pane.prepare()
    pane.create()
    pane.show_prediction(make_cloud_prediction())
    settle()
    return pane


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


def camera(view: CloudView) -> tuple[FloatArray, FloatArray]:
    """Position and focal point."""
    assert view.interactor is not None
    eye = view.interactor.camera
    return np.array(eye.position), np.array(eye.focal_point)


def seen(view: CloudView) -> npt.NDArray[np.uint8]:
    assert view.interactor is not None
    image = view.interactor.grabFramebuffer().convertToFormat(
        view.interactor.grabFramebuffer().Format.Format_RGB32
    )
    return np.array(image.constBits(), dtype=np.uint8).reshape(image.height(), image.width(), 4)


def grabbed(view: CloudView) -> npt.NDArray[np.uint8]:
    """The picture with whatever lies over it."""
    image = view.stack.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    shape = image.height(), image.width(), 4
    return np.array(image.constBits(), dtype=np.uint8).reshape(shape)[..., :3]


def canvas(view: CloudView) -> QWidget:
    assert view.interactor is not None
    widget: QWidget = view.interactor
    return widget


def drag(view: CloudView, button: Qt.MouseButton, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
    """Press, ten moves, release: to the right and down."""
    widget, start = canvas(view), QPoint(150, 150)
    QTest.mousePress(widget, button, modifier, start)
    for step in range(1, 11):
        place = QPointF(start + QPoint(6 * step, 4 * step))
        event = mouse_move(widget, place, button, modifier)
        QApplication.sendEvent(widget, event)
        QApplication.processEvents()
    QTest.mouseRelease(widget, button, modifier, start + QPoint(60, 40))
    settle()


def mouse_move(
    widget: QWidget, place: QPointF, button: Qt.MouseButton, modifier: Qt.KeyboardModifier = NO_KEY
) -> QMouseEvent:
    return QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        widget.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        button,
        modifier,
    )


def watch_frames(view: CloudView, seen: Callable[[], None]) -> None:
    assert view.interactor is not None
    window = view.interactor.ren_win
    assert window is not None
    window.AddObserver("EndEvent", lambda *_: seen())


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
    assert not pane.tools.isEnabled()


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

    assert pane.message.text().startswith("3D is off because there is no screen to draw on.")


def test_the_title_says_that_nothing_is_measured(pane: CloudView) -> None:
    assert pane.title.text() == "INFERRED 3D – NOT MEASURED"


def test_every_control_has_an_accessible_name(pane: CloudView) -> None:
    controls = [
        widget
        for widget in pane.tools.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.parent() in reachable(pane)
    ]

    assert len(controls) > 15
    assert all(control.accessibleName() for control in controls)


def reachable(pane: CloudView) -> tuple[QWidget, ...]:
    return pane.tools, pane.tools.legend


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
        with qtbot.waitSignal(view.maximise_wanted):
            QTest.mouseDClick(canvas(view), LEFT, NO_KEY, QPoint(100, 100))

    def test_a_right_click_opens_the_menu(self, view: CloudView, qtbot: QtBot) -> None:
        QTest.mouseClick(canvas(view), RIGHT, NO_KEY, QPoint(100, 100))

        qtbot.waitUntil(lambda: isinstance(QApplication.activePopupWidget(), QMenu))
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        assert {action.text() for action in menu.actions()} >= {"A", "I", "Reset", "Slice"}
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

        view.tools.views["oblique"].trigger()

        assert np.allclose(camera(view), fresh)

    def test_space_hides_the_slice_as_long_as_it_is_held(self, view: CloudView) -> None:
        assert view.scene is not None
        QTest.keyPress(canvas(view), Qt.Key.Key_Space)
        assert not view.scene.plane.actor.visibility

        QTest.keyRelease(canvas(view), Qt.Key.Key_Space)
        assert view.scene.plane.actor.visibility

    def test_hovering_a_point_tells_its_index_and_leaving_it_none(
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
        assert view.scene.marks.actor.visibility

        with qtbot.waitSignal(view.point_hovered) as hovered:
            QApplication.sendEvent(canvas(view), QEvent(QEvent.Type.Leave))
        assert hovered.args == [None]
        assert not view.scene.marks.actor.visibility

    @pytest.mark.parametrize("tool", ["colouring", "density", "point_size"])
    def test_every_choice_changes_the_picture(self, view: CloudView, tool: str) -> None:
        choice = getattr(view.tools, tool)
        for index in reversed(range(choice.count())):
            if index == choice.currentIndex():
                continue
            before = seen(view)
            choice.setCurrentIndex(index)
            settle()
            assert (seen(view) != before).any()

    @pytest.mark.parametrize("tool", ["ortho", "plane", "eye_dome"])
    def test_every_switch_changes_the_picture_and_back(self, view: CloudView, tool: str) -> None:
        pictures = [seen(view)]
        for _ in range(2):
            getattr(view.tools, tool).trigger()
            settle()
            pictures.append(seen(view))

        assert (pictures[0] != pictures[1]).any(axis=2).sum() > 500
        difference = pictures[2].astype(int) - pictures[0]
        assert np.abs(difference).max() <= 10

    def test_a_structure_is_switched_off_in_the_legend(self, view: CloudView) -> None:
        assert view.scene is not None
        box = next(box for box in view.tools.findChildren(QCheckBox) if box.text() == "Bone")

        box.click()

        cloud = view.scene.cloud
        assert cloud is not None
        assert len(view.scene.points.mesh.points) == (cloud.labels != Structure.BONE).sum()

    def test_uncertainty_has_a_scale_in_millimetres(self, view: CloudView) -> None:
        view.tools.colouring.setCurrentIndex(1)

        assert view.tools.legend.scale.isVisible()
        assert view.tools.legend.scale.high.text() == "≥ 15 mm"

    def test_a_slice_without_spacing_gets_no_millimetres(self, view: CloudView) -> None:
        view.show_prediction(make_cloud_prediction(mm=False))
        view.tools.colouring.setCurrentIndex(1)

        assert view.note.text() == "no millimetres"
        assert "mm" not in view.tools.legend.scale.high.text()

    def test_a_head_comes_without_skin_until_it_is_asked_for(self, view: CloudView) -> None:
        assert Structure.SKIN in view.tools.look().structures

        view.show_prediction(make_cloud_prediction(body_part="HEAD"))
        assert Structure.SKIN not in view.tools.look().structures

        view.tools.legend.choose_structures(Structure)
        view.show_prediction(make_cloud_prediction((0, 0, 5), body_part="HEAD"))
        assert Structure.SKIN in view.tools.look().structures

        view.show_prediction(None)
        view.show_prediction(make_cloud_prediction(body_part="HEAD"))
        assert Structure.SKIN not in view.tools.look().structures

    def test_where_no_cloud_is_made_the_pane_says_why(self, view: CloudView) -> None:
        view.show_prediction(make_cloud_prediction(cloud=False))

        assert view.message.text() == "No cloud is made from MR."
        assert view.stack.currentWidget() is view.message

    def test_the_result_of_another_slice_is_dimmed_and_named(self, view: CloudView) -> None:
        before = grabbed(view).mean()
        view.set_stale(True, "Result of slice 3")
        settle()
        assert view.veil.isVisible()
        assert view.veil.text() == "Result of slice 3"
        assert grabbed(view).mean() < before - 2

        view.show_prediction(make_cloud_prediction())
        assert not view.veil.isVisible()

    def test_a_drag_of_the_window_repaints_the_slice_once(
        self, view: CloudView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert view.scene is not None
        before = seen(view)
        painted: list[UInt8Array] = []
        paint = view.scene.plane.paint

        def counted(grey: UInt8Array) -> None:
            painted.append(grey)
            paint(grey)

        monkeypatch.setattr(view.scene.plane, "paint", counted)

        for width in range(100, 200, 10):
            view.set_slice_window(Window(-800, width))
        qtbot.waitUntil(lambda: bool(painted))
        settle()

        assert len(painted) == 1
        assert (seen(view) != before).any()

    def test_a_picture_holds_cloud_legend_title_and_notice(
        self, view: CloudView, qtbot: QtBot
    ) -> None:
        with qtbot.waitSignal(view.picture_taken) as taken:
            view.tools.picture.trigger()

        assert taken.args is not None
        image = taken.args[0]
        legend = view.tools.legend.height()
        assert image.deviceIndependentSize().height() > view.stack.height() + legend
        colours = {
            image.pixelColor(x, y).name() for x in range(0, 400, 3) for y in range(80, 400, 3)
        }
        assert len(colours) > 50

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
