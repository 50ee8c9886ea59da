"""Series without a measured surface: why, and what becomes of its switch."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.core.errors import InputRefusedError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_mr
from tests.ui.conftest import FakeBackend
from tests.ui.support.surface_pane import words

NOT_MEASURED = "INFERRED 3D – NOT MEASURED"


def test_one_slice_says_why_it_has_no_measured_surface(
    window: MainWindow, qtbot: QtBot, ct_file: Path
) -> None:
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([ct_file])
    qtbot.waitUntil(lambda: window.session.surface.reason != "")

    window.cloud.toolbar.measured.trigger()

    assert words(window).startswith("No measured surface: one slice holds no depth.")
    assert window.cloud.title.text() == NOT_MEASURED
    assert not window.cloud.toolbar.legend.distances.words.text()


def test_measured_is_off_where_nothing_is_measured_and_on_again_with_the_next_surface(
    ball_window: MainWindow, qtbot: QtBot, ct_file: Path
) -> None:
    toolbar, session = ball_window.cloud.toolbar, ball_window.session
    toolbar.reveal.slider.setValue(80)
    with qtbot.waitSignal(session.predicted):
        session.open([ct_file])
    qtbot.waitUntil(lambda: session.surface.reason != "")

    assert not toolbar.measured.isChecked()
    assert toolbar.reveal.value == 0
    assert words(ball_window).startswith("No measured surface: one slice holds no depth.")

    session.choose_series(0)

    assert toolbar.measured.isChecked()
    assert toolbar.reveal.value == 0.8
    assert "surface MEASURED" in words(ball_window)


def test_mr_says_why_it_has_no_measured_surface(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    for number in range(9):
        write_mr(tmp_path / f"{number}.dcm", position=(0, 0, 5.0 * number), instance=number + 1)
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([tmp_path])
    qtbot.waitUntil(lambda: window.session.surface.reason != "")

    assert "MR has no Hounsfield units" in window.session.surface.reason


def test_a_pane_without_a_cloud_says_nothing_of_the_one_before(
    ball_window: MainWindow,
    qtbot: QtBot,
    backend: FakeBackend,
    ct_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither that a surface is measured nor what the points are."""
    cloud = ball_window.cloud
    cloud.toolbar.reveal.slider.setValue(80)
    assert cloud.title.text() == "INFERRED POINTS + MEASURED SURFACE"

    def refuse(chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        raise InputRefusedError("The model was not run. This is a colour image.")

    monkeypatch.setattr(backend, "predict", refuse)
    with qtbot.waitSignal(ball_window.session.withheld):
        qtbot.keyClick(ball_window, Qt.Key.Key_Down)  # type: ignore[no-untyped-call]
    assert cloud.title.text() == NOT_MEASURED
    assert words(ball_window) == ""

    with qtbot.waitSignal(ball_window.session.withheld):
        ball_window.session.open([ct_file])
    assert cloud.title.text() == NOT_MEASURED
    assert words(ball_window) == ""
