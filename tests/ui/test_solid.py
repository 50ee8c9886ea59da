"""What was measured beside what is inferred, and the ruler that tells the two apart."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from jrviewer.geometry import FloatArray
from jrviewer.records import Cloud, Measured, Structure
from jrviewer.rendering.scene import Scene
from jrviewer.surface import Nearest
from jrviewer.ui.background import Background
from jrviewer.ui.main_window import MainWindow
from jrviewer.ui.measured import MeasuredState
from tests.dicom_factory import write_ct, write_mr
from tests.factory import make_prediction, make_series
from tests.stack_factory import make_ball
from tests.ui.conftest import MadeUpWorker
from tests.ui.test_cloud_view import needs_opengl

SLICES = 25
NOT_MEASURED = "INFERRED 3D – NOT MEASURED"
PATIENCE_MS = 20_000


@pytest.fixture
def body_part() -> str:
    return "CHEST"


@pytest.fixture
def ball_folder(tmp_path: Path, body_part: str) -> Path:
    """A ball of water in air, 25 slices 5 mm apart, with rows 1.5 and columns 1 mm apart."""
    folder = tmp_path / "ball"
    folder.mkdir()
    extra = {"BodyPartExamined": body_part}
    series, _ = make_ball(heights_mm=np.arange(SLICES) * 5.0)
    for number, one in enumerate(series):
        x, y, z = (float(mm) for mm in one.plane.origin_mm)
        path = folder / f"{number:02d}.dcm"
        write_ct(
            path,
            one.pixels,
            position=(x, y, z),
            spacing=(1.5, 1.0),
            instance=number + 1,
            extra=extra,
        )
    return folder


@pytest.fixture
def measured(qtbot: QtBot, window: MainWindow, ball_folder: Path) -> MainWindow:
    """A window on the ball, its surface measured and the cloud of its middle slice compared."""
    with qtbot.waitSignal(window.session.measured.compared, timeout=PATIENCE_MS):
        window.session.open([ball_folder])
    return window


@pytest.fixture
def solid(qtbot: QtBot, measured: MainWindow) -> Iterator[MainWindow]:
    """The same with its 3D view made."""
    measured.cloud.prepare()
    measured.cloud.create()
    with qtbot.waitActive(measured):  # OpenGL has made the window anew
        measured.activateWindow()
    yield measured
    measured.cloud.close_interactor()


def surface_of(window: MainWindow) -> Measured:
    surface = window.session.measured.surface
    assert surface is not None
    return surface


def cloud_of(window: MainWindow) -> Cloud:
    known = window.session.prediction
    assert known is not None
    assert known.cloud is not None
    return known.cloud


def scene_of(window: MainWindow) -> Scene:
    assert window.cloud.scene is not None
    return window.cloud.scene


def canvas_of(window: MainWindow) -> QWidget:
    assert window.cloud.interactor is not None
    canvas: QWidget = window.cloud.interactor
    return canvas


def press(window: MainWindow, text: str) -> None:
    """Click the button of that name under the 3D picture."""
    buttons = window.cloud.tools.findChildren(QToolButton)
    QTest.mouseClick(next(one for one in buttons if one.text() == text), Qt.MouseButton.LeftButton)


def words(window: MainWindow) -> str:
    return window.cloud.tools.legend.beside.text()


def test_the_series_is_measured_unasked_once_the_slice_has_its_result(
    measured: MainWindow, worker: MadeUpWorker
) -> None:
    assert len(worker.asked) == 1
    assert len(surface_of(measured).stack.heights_mm) == SLICES


def test_the_status_bar_tells_median_and_95th_percentile_of_points_that_count(
    measured: MainWindow,
) -> None:
    found = Nearest(surface_of(measured)).distances(cloud_of(measured).points)
    counted = found[np.isfinite(found)]
    median, most = np.percentile(counted, (50, 95))

    said = measured.status.distance

    assert said.text() == f"To measured: median {median:.1f}, 95 % {most:.1f} mm"
    assert f"{len(counted)} of 1024 points" in said.toolTip()
    assert 0 < len(counted) < 1024
    assert said.isVisible()


def test_another_slice_takes_the_distances_away_until_its_own_are_known(
    measured: MainWindow, qtbot: QtBot
) -> None:
    before = measured.status.distance.text()

    measured.session.show(3)
    assert not measured.status.distance.isVisible()
    qtbot.waitUntil(lambda: measured.status.distance.isVisible())

    assert measured.status.distance.text() != before


def test_a_switch_shows_the_surface_and_says_what_is_measured(measured: MainWindow) -> None:
    assert measured.cloud.title.text() == NOT_MEASURED
    assert measured.cloud.tools.legend.beside.isHidden()

    measured.cloud.tools.measured.trigger()

    assert measured.cloud.title.text() == "INFERRED POINTS + MEASURED SURFACE"
    assert "points INFERRED from one slice" in words(measured)
    assert f"surface MEASURED from {SLICES} slices" in words(measured)
    measured.cloud.tools.measured.trigger()
    assert measured.cloud.title.text() == NOT_MEASURED


def test_one_slice_says_why_it_has_no_measured_surface(
    window: MainWindow, qtbot: QtBot, ct_file: Path
) -> None:
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([ct_file])
    qtbot.waitUntil(lambda: window.session.measured.reason != "")

    window.cloud.tools.measured.trigger()

    assert words(window).startswith("No measured surface: one slice holds no depth.")
    assert window.cloud.title.text() == NOT_MEASURED
    assert not window.status.distance.isVisible()


def test_mr_says_why_it_has_no_measured_surface(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    for number in range(9):
        write_mr(tmp_path / f"{number}.dcm", position=(0, 0, 5.0 * number), instance=number + 1)
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([tmp_path])
    qtbot.waitUntil(lambda: window.session.measured.reason != "")

    assert "MR has no Hounsfield units" in window.session.measured.reason


def test_other_files_take_the_surface_away(
    measured: MainWindow, qtbot: QtBot, ct_file: Path
) -> None:
    with qtbot.waitSignal(measured.session.predicted):
        measured.session.open([ct_file])

    assert measured.session.measured.surface is None
    assert not measured.status.distance.isVisible()


def test_a_slice_that_the_user_waits_for_comes_before_the_surface(
    window: MainWindow, qtbot: QtBot, ball_folder: Path
) -> None:
    session, order = window.session, []
    session.measured.changed.connect(lambda: order.append(session.measured.surface is not None))
    with qtbot.waitSignal(session.predicted):
        session.open([ball_folder])
    with qtbot.waitSignal(session.predicted):
        session.show(2)

    assert not any(order)
    qtbot.waitUntil(lambda: session.measured.surface is not None, timeout=PATIENCE_MS)


def test_a_paused_measurement_goes_on_and_ends(qtbot: QtBot) -> None:
    background = Background()
    state = MeasuredState(background)
    state.choose(make_ball()[0])
    for _ in range(3):
        state.resume()
        qtbot.waitUntil(lambda: state.fraction > 0, timeout=PATIENCE_MS)
        state.pause()
    assert state.surface is None

    with qtbot.waitSignal(state.changed):
        state.resume()
    qtbot.waitUntil(lambda: state.surface is not None, timeout=PATIENCE_MS)

    background.stop()


def test_a_paused_measurement_is_dropped_with_its_series(qtbot: QtBot) -> None:
    background = Background()
    state = MeasuredState(background)
    state.choose(make_ball()[0])
    state.resume()

    state.choose(make_series(3))
    state.resume()
    qtbot.waitUntil(lambda: state.reason != "", timeout=PATIENCE_MS)

    assert "3 slices are too few" in state.reason
    assert state.surface is None
    background.stop()


def test_a_cloud_without_millimetres_is_not_compared(qtbot: QtBot) -> None:
    from tests.factory import make_normalized_cloud

    background = Background()
    state = MeasuredState(background)
    series, _ = make_ball()
    state.choose(series)
    state.resume()
    qtbot.waitUntil(lambda: state.surface is not None, timeout=PATIENCE_MS)
    without, own = make_normalized_cloud(series[0].plane), make_prediction(series[0]).cloud

    state.compare(without)
    with qtbot.waitSignal(state.compared):
        state.compare(own)

    assert state.distances_of(without) is None
    assert state.distances_of(own) is not None
    background.stop()


@pytest.mark.vtk
@needs_opengl
class TestWithOpenGL:
    def test_the_surface_is_drawn_only_while_it_is_switched_on(self, solid: MainWindow) -> None:
        assert not scene_of(solid).surface.actor.visibility

        press(solid, "Measured")
        assert scene_of(solid).surface.actor.visibility

        press(solid, "Measured")
        assert not scene_of(solid).surface.actor.visibility

    def test_a_switched_off_structure_is_off_in_the_surface_too(self, solid: MainWindow) -> None:
        press(solid, "Measured")

        solid.cloud.tools.legend.choose_structures({Structure.BONE})
        solid.cloud.tools.legend.structures_chosen.emit()

        assert not scene_of(solid).surface.actor.visibility  # a ball is all skin

    @pytest.mark.parametrize("body_part", ["HEAD"])
    def test_a_heads_measured_skin_is_a_face_and_off_until_asked_for(
        self, solid: MainWindow
    ) -> None:
        press(solid, "Measured")
        assert not scene_of(solid).surface.actor.visibility

        everything = frozenset(Structure)
        solid.cloud.tools.legend.choose_structures(everything)
        solid.cloud.tools.legend.structures_chosen.emit()

        assert scene_of(solid).surface.actor.visibility

    def test_dense_and_sparse_points_are_coloured_by_their_own_distances(
        self, solid: MainWindow, qtbot: QtBot
    ) -> None:
        solid.cloud.tools.colouring.setCurrentIndex(3)
        with qtbot.waitSignal(solid.session.measured.compared):
            solid.cloud.tools.density.setCurrentIndex(1)

        colours = scene_of(solid).points.mesh.point_data["colour"]
        cloud = scene_of(solid).cloud
        distances = solid.session.measured.distances_of(cloud)
        assert distances is not None
        assert len(distances) == len(colours) == 4096
        assert (colours[np.isnan(distances)] == (112, 116, 122)).all()
        assert (colours[distances > 20] == (253, 231, 37)).all()

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


def centre(window: MainWindow) -> FloatArray:
    """Of the ball."""
    middle: FloatArray = make_ball(heights_mm=np.zeros(1))[1]
    return middle


def hide_points(window: MainWindow) -> None:
    scene_of(window).points.actor.visibility = False


def click(window: MainWindow, place: FloatArray) -> None:
    """Click where a place of the patient is drawn."""
    canvas = canvas_of(window)
    ratio = canvas.devicePixelRatioF()
    x, y = scene_of(window).on_screen(place[None])[0][0] / ratio
    QTest.mouseClick(
        canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(canvas.height() - y))
    )


def pickable(window: MainWindow) -> tuple[FloatArray, FloatArray]:
    """The points that a click at their place would pick, and their depths."""
    scene, cloud = scene_of(window), cloud_of(window)
    places, _ = scene.on_screen(cloud.points)
    own = [i for i, place in enumerate(places) if scene.point_at(*np.rint(place)) == i]
    points = cloud.points[own]
    return points, np.abs((points - cloud.box.centre_mm) @ cloud.box.axes[2])


def by_depth(window: MainWindow) -> tuple[FloatArray, FloatArray]:
    """The deepest point and one in the slice, both seen from where the eye is."""
    points, depth = pickable(window)
    return points[np.argmax(depth)], points[np.argmin(depth)]


def draw_in_plane(window: MainWindow) -> None:
    """A ruler between two points within 3 mm of the slice, drawn by clicks."""
    press(window, "Ruler")
    points, depth = pickable(window)
    first, second = points[np.argsort(depth)[:2]]
    click(window, first)
    click(window, second)
