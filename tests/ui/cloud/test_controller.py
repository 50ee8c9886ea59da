"""What was measured beside what is inferred: the surface, the distances to it, its switch."""

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Structure, SurfaceMesh
from jrviewer.imaging.measured_surface import Nearest, SurfaceMeasurement
from jrviewer.ui.jobs.worker_thread import WorkerThread
from jrviewer.ui.state.surface import SurfaceState
from jrviewer.ui.window.main_window import MainWindow
from tests.support.record_factory import make_prediction, make_series
from tests.support.series_factory import make_ball
from tests.ui.conftest import FakeBackend
from tests.ui.support.cloud_pane import needs_opengl
from tests.ui.support.surface_pane import (
    PATIENCE_MS,
    SLICES,
    cloud_of,
    press,
    scene_of,
    surface_of,
    words,
)

NOT_MEASURED = "INFERRED 3D – NOT MEASURED"


@pytest.fixture
def measured(ball_window: MainWindow) -> MainWindow:
    """A window on the ball, its surface measured and the cloud of its middle slice compared."""
    return ball_window


def test_the_series_is_measured_unasked_once_the_slice_has_its_result(
    measured: MainWindow, backend: FakeBackend
) -> None:
    assert len(backend.asked) == 1
    assert len(surface_of(measured).geometry.heights_mm) == SLICES


def test_the_legend_shows_median_and_95th_percentile_of_points_that_count(
    measured: MainWindow,
) -> None:
    found = Nearest(surface_of(measured)).distances(cloud_of(measured).points)
    counted = found[np.isfinite(found)]
    median, most = np.percentile(counted, (50, 95))

    said = measured.cloud.toolbar.legend.distances.words

    assert measured.cloud.toolbar.legend.distances.sentence == (
        f"Half of the points lie within {median:.1f} mm, 95 of 100 within {most:.1f} mm of the "
        "measured surface"
    )
    assert f"{len(counted)} of {len(found)} points" in said.toolTip()
    assert 0 < len(counted) < len(found)
    shares = measured.cloud.toolbar.legend.distances.bars.shares
    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx((counted < 1).mean())
    assert shares[-1] == pytest.approx((counted >= 19).mean())
    assert said.isVisible()


def test_another_slice_takes_the_distances_away_until_its_own_are_known(
    measured: MainWindow, qtbot: QtBot
) -> None:
    before = measured.cloud.toolbar.legend.distances.words.text()

    measured.session.show(3)
    assert not measured.cloud.toolbar.legend.distances.words.text()
    qtbot.waitUntil(lambda: bool(measured.cloud.toolbar.legend.distances.words.text()))

    assert measured.cloud.toolbar.legend.distances.words.text() != before


def test_a_switch_shows_the_surface_and_says_what_is_measured(measured: MainWindow) -> None:
    assert measured.cloud.title.text() == NOT_MEASURED
    assert measured.cloud.toolbar.legend.beside.isHidden()

    measured.cloud.toolbar.measured.trigger()

    assert measured.cloud.title.text() == "INFERRED POINTS + MEASURED SURFACE"
    assert "points INFERRED from one slice" in words(measured)
    assert f"surface MEASURED from {SLICES} slices" in words(measured)
    measured.cloud.toolbar.measured.trigger()
    assert measured.cloud.title.text() == NOT_MEASURED


def test_other_files_take_the_surface_away(
    measured: MainWindow, qtbot: QtBot, ct_file: Path
) -> None:
    with qtbot.waitSignal(measured.session.predicted):
        measured.session.open([ct_file])

    assert measured.session.surface.mesh is None
    assert not measured.cloud.toolbar.legend.distances.words.text()


def test_a_slice_that_the_user_waits_for_comes_before_the_surface(
    window: MainWindow, qtbot: QtBot, ball_folder: Path
) -> None:
    session, order = window.session, []
    session.surface.changed.connect(lambda: order.append(session.surface.mesh is not None))
    with qtbot.waitSignal(session.predicted):
        session.open([ball_folder])
    with qtbot.waitSignal(session.predicted):
        session.show(2)

    assert not any(order)
    qtbot.waitUntil(lambda: session.surface.mesh is not None, timeout=PATIENCE_MS)


def test_a_paused_measurement_goes_on_and_ends(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is held at its first progress, so that it cannot end before it is paused."""
    may_go_on = threading.Event()

    class Held(SurfaceMeasurement):
        def __call__(self, report: Report = silent) -> SurfaceMesh:
            def held(fraction: float, what: str) -> None:
                report(fraction, what)
                while fraction > 0 and not may_go_on.wait(0.01):
                    report(fraction, what)  # raises once the measurement is paused

            return super().__call__(held)

    monkeypatch.setattr("jrviewer.ui.state.surface.SurfaceMeasurement", Held)
    worker_thread = WorkerThread()
    state = SurfaceState(worker_thread)
    state.set_series(make_ball()[0])
    for _ in range(3):
        state.resume()
        qtbot.waitUntil(lambda: state.fraction > 0, timeout=PATIENCE_MS)
        state.pause()
    assert state.mesh is None

    may_go_on.set()
    state.resume()
    qtbot.waitUntil(lambda: state.mesh is not None, timeout=PATIENCE_MS)

    worker_thread.stop()


def test_a_paused_measurement_is_dropped_with_its_series(qtbot: QtBot) -> None:
    worker_thread = WorkerThread()
    state = SurfaceState(worker_thread)
    state.set_series(make_ball()[0])
    state.resume()

    state.set_series(make_series(3))
    state.resume()
    qtbot.waitUntil(lambda: state.reason != "", timeout=PATIENCE_MS)

    assert "3 slices are too few" in state.reason
    assert state.mesh is None
    worker_thread.stop()


def test_a_cloud_without_millimetres_is_not_compared(qtbot: QtBot) -> None:
    from tests.support.record_factory import make_normalized_cloud

    worker_thread = WorkerThread()
    state = SurfaceState(worker_thread)
    series, _ = make_ball()
    state.set_series(series)
    state.resume()
    qtbot.waitUntil(lambda: state.mesh is not None, timeout=PATIENCE_MS)
    without, own = make_normalized_cloud(series[0].plane), make_prediction(series[0]).cloud

    state.compare(without)
    with qtbot.waitSignal(state.compared):
        state.compare(own)

    assert state.distances_of(without) is None
    assert state.distances_of(own) is not None
    worker_thread.stop()


@pytest.mark.vtk
@needs_opengl
class TestWithOpenGL:
    def test_the_surface_is_drawn_only_while_it_is_switched_on(self, window_3d: MainWindow) -> None:
        assert not scene_of(window_3d).surface.is_visible

        press(window_3d, "Measured")
        assert scene_of(window_3d).surface.is_visible

        press(window_3d, "Measured")
        assert not scene_of(window_3d).surface.is_visible

    def test_a_switched_off_structure_is_off_in_the_surface_too(
        self, window_3d: MainWindow
    ) -> None:
        press(window_3d, "Measured")

        window_3d.cloud.toolbar.legend.choose_structures({Structure.BONE})
        window_3d.cloud.toolbar.legend.structures_chosen.emit()

        assert not scene_of(window_3d).surface.is_visible  # a ball is all skin

    @pytest.mark.parametrize("body_part", ["HEAD"])
    def test_a_heads_measured_skin_is_a_face_and_off_until_asked_for(
        self, window_3d: MainWindow
    ) -> None:
        press(window_3d, "Measured")
        assert not scene_of(window_3d).surface.is_visible

        everything = frozenset(Structure)
        window_3d.cloud.toolbar.legend.choose_structures(everything)
        window_3d.cloud.toolbar.legend.structures_chosen.emit()

        assert scene_of(window_3d).surface.is_visible

    def test_dense_and_sparse_points_are_coloured_by_their_own_distances(
        self, window_3d: MainWindow, qtbot: QtBot
    ) -> None:
        window_3d.cloud.toolbar.colouring.setCurrentIndex(3)
        state, scene = window_3d.session.surface, scene_of(window_3d)
        for index, count in ((0, 1024), (1, 4096)):
            window_3d.cloud.toolbar.density.setCurrentIndex(index)
            qtbot.waitUntil(lambda: state.distances_of(scene.cloud) is not None)
            assert len(scene.cloud or ()) == count

        colours = scene.points.colours
        distances = state.distances_of(scene.cloud)
        assert distances is not None
        assert len(distances) == len(colours) == 4096
        assert (colours[np.isnan(distances)] == (112, 116, 122)).all()
        assert (colours[distances > 20] == (253, 231, 37)).all()

    def test_one_slider_goes_from_the_inferred_cloud_to_the_measured_surface(
        self, window_3d: MainWindow
    ) -> None:
        toolbar, scene = window_3d.cloud.toolbar, scene_of(window_3d)
        slider = toolbar.reveal.slider
        assert not toolbar.measured.isChecked()
        slider.setFocus()

        QTest.keyClick(slider, Qt.Key.Key_PageUp)
        assert toolbar.measured.isChecked()
        assert scene.surface.is_visible
        assert scene.points.is_visible
        assert window_3d.cloud.title.text() == "INFERRED POINTS + MEASURED SURFACE"

        QTest.keyClick(slider, Qt.Key.Key_End)
        assert not scene.points.is_visible
        assert window_3d.cloud.title.text() == "MEASURED SURFACE – NOTHING INFERRED"

        QTest.keyClick(slider, Qt.Key.Key_Home)
        assert not toolbar.measured.isChecked()
        assert not scene.surface.is_visible
        assert window_3d.cloud.title.text() == "INFERRED 3D – NOT MEASURED"
