"""What the 3D pane says of a cloud whose points lie between the slices of a sparse series."""

from functools import partial

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.window.main_window import MainWindow
from tests.support.cloud_factory import make_cloud_prediction
from tests.support.record_factory import make_cloud, make_prediction
from tests.ui.conftest import FakeBackend
from tests.ui.support.cloud_pane import needs_opengl, settle
from tests.ui.support.surface_pane import words


def between_slices(chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
    cloud = make_cloud(chosen.plane)
    dense = partial(make_cloud, chosen.plane, 4096)
    return make_prediction(chosen).between_slices(cloud, dense, 7, 20)


def test_interpolated_points_are_told_from_inferred_ones(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    title = open_window.cloud.title
    assert title.text() == "INFERRED 3D – NOT MEASURED"
    assert "INTERPOLATED" not in words(open_window)
    monkeypatch.setattr(backend, "predict", between_slices)

    with qtbot.waitSignal(open_window.session.predicted):
        qtbot.keyClick(open_window, Qt.Key.Key_Down)  # type: ignore[no-untyped-call]

    assert title.text() == "INTERPOLATED + INFERRED 3D – NOT MEASURED"
    said = "● points INTERPOLATED between 7 slices up to 20 mm apart, INFERRED beyond them"
    assert said in words(open_window)


@pytest.mark.vtk
@needs_opengl
def test_the_line_lies_over_a_3d_view_that_is_made_after_it(pane: CloudView) -> None:
    pane.toolbar.legend.show_beside("points INTERPOLATED between 7 slices")
    pane.prepare()

    pane.create()
    pane.show_prediction(make_cloud_prediction())
    settle()

    lowest_first = pane.stack.children()
    assert pane.interactor is not None
    assert pane.stack.currentWidget() is pane.interactor
    assert lowest_first.index(pane.toolbar.legend.notes) > lowest_first.index(pane.interactor)


def test_the_backend_knows_which_open_series_a_slice_belongs_to(open_window: MainWindow) -> None:
    session = open_window.session
    assert session.series is not None

    assert session.backend.series_of(session.series[0]) is session.series
    session.close_series(0)
    assert session.backend.series_of(make_prediction().slice) is None
