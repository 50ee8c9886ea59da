"""How far off the cloud of every slice is, beside the slice that is shown."""

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from jrviewer.imaging.measured_surface import Nearest
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_series
from tests.ui.support.surface_pane import PATIENCE_MS


def test_every_slice_of_a_whole_series_gets_its_distance_though_only_one_was_shown(
    qtbot: QtBot, ball_window: MainWindow
) -> None:
    session = ball_window.session
    assert session.series is not None
    told: list[int] = []
    distances = session.slice_distances
    distances.compared.connect(lambda: told.append(len(distances.by_slice())))

    session.run_series()
    qtbot.waitUntil(lambda: len(distances.by_slice()) == len(session.known_predictions()) > 20)

    assert session.surface.mesh is not None
    nearest = Nearest(session.surface.mesh)
    for one, median in distances.by_slice().items():
        cloud = session.known_predictions()[one].cloud
        assert cloud is not None
        assert median == pytest.approx(np.nanmedian(nearest.distances(cloud.points)))
    assert len(told) > 2  # while the run went on
    strip = ball_window.cloud.coronal.grab().toImage()
    beside = [strip.pixelColor(strip.width() - 4, y).alpha() for y in range(strip.height())]
    assert sum(alpha == 255 for alpha in beside) > 20


def test_clouds_that_were_known_before_the_surface_are_compared_once_it_is(
    qtbot: QtBot, ball_window: MainWindow
) -> None:
    session = ball_window.session
    assert session.prediction is not None
    assert session.prediction.cloud is not None

    qtbot.waitUntil(lambda: session.slice in session.slice_distances.by_slice())

    assert session.surface.mesh is not None


def test_another_series_has_none_of_them(
    qtbot: QtBot, ball_window: MainWindow, tmp_path: Path
) -> None:
    session = ball_window.session
    qtbot.waitUntil(lambda: bool(session.slice_distances.by_slice()))
    (tmp_path / "other").mkdir()
    write_series(tmp_path / "other", 3)

    with qtbot.waitSignal(session.series_opened, timeout=PATIENCE_MS):
        session.open([tmp_path / "other"])

    qtbot.waitUntil(lambda: session.prediction is not None)
    assert session.slice_distances.by_slice() == {}
