"""The first look: the swipe line once over the slice, then the cloud rises, then the reveal."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QAbstractAnimation, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jrviewer.ui.state.settings import Settings
from jrviewer.ui.window.first_look import FirstLook
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import needs_opengl
from tests.ui.support.mouse_and_keys import press
from tests.ui.support.surface_pane import PATIENCE_MS

RUNNING = QAbstractAnimation.State.Running
STILL = "jrviewer.ui.window.first_look.wants_less_motion"


@pytest.fixture(autouse=True)
def _moving(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a desktop that asks for nothing."""
    monkeypatch.setattr(STILL, lambda: False)


@pytest.fixture
def eager_window(window: MainWindow) -> MainWindow:
    """With nothing open, and the first look allowed."""
    window.first_look.apply_settings(Settings())
    return window


def open_in(qtbot: QtBot, window: MainWindow, path: Path) -> FirstLook:
    with qtbot.waitSignal(window.session.predicted):
        mouse_and_keys.drop(
            window.welcome if window.welcome.isVisible() else window.original, [path]
        )
    return window.first_look


def stop_at(look: FirstLook, share: float) -> None:
    """Hold the sweep at a share of its time."""
    look.sweep.setCurrentTime(round(share * look.sweep.duration()))


def test_after_the_first_drop_the_line_sweeps_over_the_slice_once(
    qtbot: QtBot, eager_window: MainWindow, ct_folder: Path
) -> None:
    look, compare = open_in(qtbot, eager_window, ct_folder), eager_window.session.compare
    assert look.sweep.state() == RUNNING
    assert compare.now.mode == "swipe"
    places = []
    for share in (0.1, 0.5, 0.9):
        stop_at(look, share)
        places.append(compare.now.split)
    assert places == sorted(places, reverse=True)
    assert places[1] == pytest.approx(0.5, abs=0.02)

    stop_at(look, 1.0)

    assert (compare.now.mode, compare.now.split) == ("side", 0.5)
    assert eager_window.slice_controller.actions_.modes["side"].isChecked()


def test_it_comes_once_a_run(
    qtbot: QtBot, eager_window: MainWindow, ct_folder: Path, ct_file: Path
) -> None:
    look = open_in(qtbot, eager_window, ct_folder)
    stop_at(look, 1.0)
    look = open_in(qtbot, eager_window, ct_file)

    assert look.sweep.state() != RUNNING
    assert eager_window.session.compare.now.mode == "side"


def test_any_key_or_click_ends_it_and_still_does_what_it_does(
    qtbot: QtBot, eager_window: MainWindow, ct_folder: Path
) -> None:
    look = open_in(qtbot, eager_window, ct_folder)
    press(qtbot, eager_window, Qt.Key.Key_Down)

    assert look.sweep.state() != RUNNING
    assert eager_window.session.compare.now.mode == "side"
    assert eager_window.session.index == 3


@pytest.mark.parametrize("why", ["setting", "desktop", "comparing"])
def test_it_is_left_out_where_it_is_not_wanted(
    qtbot: QtBot,
    eager_window: MainWindow,
    ct_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
) -> None:
    if why == "setting":
        eager_window.first_look.apply_settings(Settings(first_look=False))
    elif why == "desktop":
        monkeypatch.setattr(STILL, lambda: True)
    else:
        eager_window.session.compare.change(mode="removed")
    look = open_in(qtbot, eager_window, ct_folder)

    assert look.sweep.state() != RUNNING
    assert eager_window.session.compare.now.mode != "swipe"


def test_the_sample_gets_one_only_while_the_first_steps_are_new(
    qtbot: QtBot, eager_window: MainWindow, ct_file: Path
) -> None:
    look = eager_window.first_look
    assert look.takes_sample
    look.takes_sample = False
    with qtbot.waitSignal(eager_window.session.predicted):
        eager_window.session.open([ct_file], is_passing=True)

    assert look.sweep.state() != RUNNING


def test_closing_the_window_in_the_middle_ends_well(
    qtbot: QtBot, eager_window: MainWindow, ct_folder: Path
) -> None:
    look = open_in(qtbot, eager_window, ct_folder)

    assert eager_window.close()
    assert look.sweep.state() != RUNNING


@pytest.mark.vtk
@needs_opengl
def test_the_cloud_rises_turning_by_twenty_degrees_and_ends_where_it_was_then_the_reveal_is_offered(
    qtbot: QtBot, window_3d: MainWindow, ct_file: Path, ball_folder: Path
) -> None:
    window, look = window_3d, window_3d.first_look
    look.apply_settings(Settings())
    window.session.close_series(0)
    with qtbot.waitSignal(window.session.surface.compared, timeout=PATIENCE_MS):
        mouse_and_keys.drop(window.welcome, [ball_folder])
    look.sweep.setCurrentTime(look.sweep.duration())
    assert look.rise.state() == RUNNING
    assert window.cloud.interactor is not None
    camera = window.cloud.interactor.camera
    first = np.array(camera.position)
    look.rise.setCurrentTime(look.rise.duration())
    last, focus = np.array(camera.position), np.array(camera.focal_point)
    QApplication.processEvents()

    one, other = first - focus, last - focus
    turned = np.degrees(np.arccos(one @ other / np.linalg.norm(one) / np.linalg.norm(other)))
    assert 20 < turned < 40
    assert np.linalg.norm(one) == pytest.approx(np.linalg.norm(other), rel=1e-6)
    qtbot.waitUntil(lambda: window.message_bar.action.isVisible())
    assert "really lies" in window.message_bar.text
    mouse_and_keys.click(window.message_bar.action)
    assert window.cloud.toolbar.measured.isChecked()


@pytest.mark.vtk
@needs_opengl
def test_a_3d_view_that_comes_later_rises_then(
    qtbot: QtBot, eager_window: MainWindow, ct_folder: Path
) -> None:
    look = open_in(qtbot, eager_window, ct_folder)
    stop_at(look, 1.0)
    assert look.rise.state() != RUNNING

    eager_window.cloud.prepare()
    eager_window.cloud.create()

    assert look.rise.state() == RUNNING
    look.end()
    eager_window.cloud.close_interactor()
