"""Opening adds to the list, × and Ctrl+W close one, and results stay with their series."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key


@pytest.fixture
def two_window(qtbot: QtBot, open_window: MainWindow, ct_file: Path) -> MainWindow:
    """A series of five, and a single slice that is shown."""
    with qtbot.waitSignal(open_window.session.predicted):
        mouse_and_keys.drop(open_window.original, [ct_file])
    return open_window


def closers(window: MainWindow) -> list[QToolButton]:
    return window.series_list.findChildren(QToolButton, "closeSeries")


def click_entry(window: MainWindow, row: int) -> None:
    """On its name, clear of the button."""
    listed = window.series_list
    at = listed.visualItemRect(listed.item(row)).center() + QPoint(0, 30)
    mouse_and_keys.click_at(listed.viewport(), at)


def test_a_drop_adds_to_the_list_and_shows_what_is_new(two_window: MainWindow) -> None:
    session = two_window.session

    assert [len(one) for one in session.all_series] == [5, 1]
    assert session.series is session.all_series[1]
    assert two_window.series_list.count() == 2
    assert two_window.series_list.currentRow() == 1


def test_results_window_and_place_are_as_they_were_left(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, ct_file: Path
) -> None:
    session = open_window.session
    press(qtbot, open_window, Key.Key_2)
    mouse_and_keys.wheel(open_window.original, 2, mouse_and_keys.CTRL)
    with qtbot.waitSignal(session.predicted):
        press(qtbot, open_window, Key.Key_Down)
    left, known = session.view.now, session.prediction
    with qtbot.waitSignal(session.predicted):
        mouse_and_keys.drop(open_window.original, [ct_file])
    assert session.view.now.window != left.window
    asked = len(backend.asked)

    click_entry(open_window, 0)

    assert session.index == 3
    assert session.view.now == left
    assert session.prediction is known
    assert len(backend.asked) == asked


def test_the_ai_pane_shows_no_result_of_another_series(
    qtbot: QtBot, two_window: MainWindow
) -> None:
    session = two_window.session
    session.choose_series(0)
    session.show(0)
    session.choose_series(1)
    qtbot.waitUntil(lambda: session.prediction is not None)
    said: list[str] = []
    session.unpredicted.connect(lambda *_: said.append(two_window.denoised.message))

    session.show(0)
    session.choose_series(0)
    assert two_window.denoised.message == "" or "Dimmed" not in two_window.denoised.message
    assert not any("single slice" in one for one in said)


def test_the_cross_closes_its_series_and_the_one_shown_stays(
    two_window: MainWindow, ct_file: Path
) -> None:
    session, shown = two_window.session, two_window.session.series
    assert closers(two_window)[0].accessibleName().startswith("Close ")

    mouse_and_keys.click(closers(two_window)[0])

    assert session.all_series == (shown,)
    assert session.series is shown
    assert two_window.series_list.count() == 1
    assert two_window.series_list.currentRow() == 0


def test_ctrl_w_closes_the_one_shown_then_the_last_and_the_first_page_is_back(
    qtbot: QtBot, two_window: MainWindow
) -> None:
    session = two_window.session
    press(qtbot, two_window, Key.Key_W, mouse_and_keys.CTRL)
    assert [len(one) for one in session.all_series] == [5]
    assert session.index == 2
    assert session.prediction is not None

    press(qtbot, two_window, Key.Key_W, mouse_and_keys.CTRL)

    assert session.slice is None
    assert two_window.welcome.isVisible()
    assert not two_window.slider.isVisible()
    for action in (two_window.actions_.export, two_window.actions_.run, two_window.actions_.copy):
        assert not action.isEnabled()
    for key in (Key.Key_Down, Key.Key_R, Key.Key_D, Key.Key_L, Key.Key_Return, Key.Key_C):
        press(qtbot, two_window, key)
    press(qtbot, two_window, Key.Key_W, mouse_and_keys.CTRL)
    assert two_window.status_bar.busy_text == ""


def test_after_the_last_was_closed_another_opens_as_ever(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    press(qtbot, open_window, Key.Key_W, mouse_and_keys.CTRL)
    with qtbot.waitSignal(open_window.session.predicted):
        mouse_and_keys.drop(open_window.welcome, [write_ct(tmp_path / "again.dcm")])

    assert open_window.original.isVisible()
    assert open_window.series_list.count() == 1


def test_the_same_folder_again_keeps_results_and_place(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, ct_folder: Path
) -> None:
    session = open_window.session
    with qtbot.waitSignal(session.predicted):
        press(qtbot, open_window, Key.Key_Up)
    known, asked = session.prediction, len(backend.asked)

    with qtbot.waitSignal(session.series_closed):  # the first slice, once all are read
        mouse_and_keys.drop(open_window.original, [ct_folder])

    assert len(session.all_series) == 1
    assert session.index == 1
    assert session.prediction is known
    assert len(backend.asked) == asked


def test_closing_a_series_ends_its_run(qtbot: QtBot, open_window: MainWindow) -> None:
    session = open_window.session
    session.run_series()
    press(qtbot, open_window, Key.Key_W, mouse_and_keys.CTRL)

    assert session.prefetcher.busy is None
    assert open_window.status_bar.busy_text == ""
    assert session.known_predictions() == {}


def test_a_measured_surface_stays_with_its_series_until_that_is_closed(
    qtbot: QtBot, ball_window: MainWindow, ct_file: Path
) -> None:
    session = ball_window.session
    mesh, known = session.surface.mesh, session.prediction
    assert mesh is not None
    assert known is not None
    cloud = known.cloud
    distances = session.surface.distances_of(cloud)
    with qtbot.waitSignal(session.predicted):
        mouse_and_keys.drop(ball_window.original, [ct_file])
    assert session.surface.mesh is None

    session.choose_series(0)
    assert session.surface.mesh is mesh
    assert session.surface.distances_of(cloud) is distances

    session.close_series(0)
    assert session.surface.mesh is None
    assert session.surface._kept == {}


def test_what_is_closed_for_want_of_memory_is_told(
    qtbot: QtBot, open_window: MainWindow, ct_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jrviewer.ui.state.series.series_shelf.KEPT_PIXELS", 1)

    with qtbot.waitSignal(open_window.session.series_closed):
        mouse_and_keys.drop(open_window.original, [ct_file])

    assert len(open_window.session.all_series) == 1
    assert open_window.message_bar.text == (
        "Closed to save memory, with all results: 1 series, left longest ago. Open the files again "
        "to see them."
    )
