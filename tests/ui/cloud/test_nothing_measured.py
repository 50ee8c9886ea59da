"""Series without a measured surface: why, and what becomes of its switch."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_mr
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
