"""Who computes the dense cloud and what was removed: the worker, never the thread of the window."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction, Removed
from jrviewer.core.progress import Report
from jrviewer.core.records import Cloud, Slice
from jrviewer.ui.window.main_window import MainWindow
from tests.support.record_factory import make_cloud
from tests.ui.conftest import FakeBackend
from tests.ui.support.cloud_pane import needs_opengl
from tests.ui.support.surface_pane import scene_of

pytestmark = [pytest.mark.vtk, needs_opengl]

PATIENCE_S = 10
SPARSE, DENSE = 0, 1  # indices among the densities


class Watched(FakeBackend):
    """Notes which threads compute what its predictions leave for later."""

    def __init__(self) -> None:
        super().__init__()
        self.placed_by: list[threading.Thread] = []
        self.checked_by: list[threading.Thread] = []
        self.may_place = threading.Event()
        self.may_place.set()

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        def sample() -> Cloud:
            self.placed_by.append(threading.current_thread())
            assert self.may_place.wait(PATIENCE_S)
            return make_cloud(chosen.plane, 4096)

        def check(image: Slice, denoised: FloatArray) -> Removed:
            self.checked_by.append(threading.current_thread())
            return Removed(0.0, 1.0, ())

        made = super().predict(chosen, report, run_anyway=run_anyway)
        return replace(made, sample_dense=sample, check_residual=check)


@pytest.fixture
def backend() -> FakeBackend:
    return Watched()


@pytest.fixture
def shown(qtbot: QtBot, window: MainWindow, ct_folder: Path) -> Iterator[MainWindow]:
    """A window with its 3D view on a series, 1024 points chosen, the middle slice predicted and
    judged.
    """
    window.cloud.toolbar.density.setCurrentIndex(SPARSE)
    window.cloud.prepare()
    window.cloud.create()
    with qtbot.waitSignal(window.session.residuals.analysed):
        window.session.open([ct_folder])
    yield window
    window.cloud.close_interactor()


def only_once_beside_the_window(threads: list[threading.Thread]) -> bool:
    return len(threads) == 1 and threads[0] is not threading.main_thread()


def test_nothing_places_the_dense_cloud_until_it_is_chosen(
    shown: MainWindow, backend: Watched
) -> None:
    assert len(scene_of(shown).cloud or ()) == 1024
    assert backend.placed_by == []
    assert only_once_beside_the_window(backend.checked_by)


def test_the_worker_places_the_dense_cloud_while_the_sparse_one_is_shown(
    qtbot: QtBot, shown: MainWindow, backend: Watched
) -> None:
    backend.may_place.clear()
    shown.cloud.toolbar.density.setCurrentIndex(DENSE)
    assert len(scene_of(shown).cloud or ()) == 1024

    with qtbot.waitSignal(shown.session.dense_clouds.analysed):
        backend.may_place.set()

    assert len(scene_of(shown).cloud or ()) == 4096
    assert only_once_beside_the_window(backend.placed_by)

    shown.cloud.toolbar.density.setCurrentIndex(0)
    shown.cloud.toolbar.density.setCurrentIndex(DENSE)

    assert len(scene_of(shown).cloud or ()) == 4096
    assert only_once_beside_the_window(backend.placed_by)


def test_the_next_slice_gets_its_own_dense_cloud(
    qtbot: QtBot, shown: MainWindow, backend: Watched
) -> None:
    with qtbot.waitSignal(shown.session.dense_clouds.analysed):
        shown.cloud.toolbar.density.setCurrentIndex(DENSE)

    with qtbot.waitSignal(shown.session.dense_clouds.analysed):
        shown.session.show(0)

    assert shown.session.prediction is not None
    assert scene_of(shown).cloud is shown.session.prediction.dense_cloud
    assert len(backend.placed_by) == 2
    assert threading.main_thread() not in backend.placed_by
