"""Playing a series."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer.ui.slices.cine import RATES, steps_due
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_enhanced_ct
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key


def test_playing_steps_through_the_series_and_round(qtbot: QtBot, open_window: MainWindow) -> None:
    open_window.session.show(4)
    press(qtbot, open_window, Key.Key_C)

    qtbot.waitUntil(lambda: open_window.session.index == 1)
    press(qtbot, open_window, Key.Key_C)
    assert not open_window.slice_controller.cine.clock.isActive()


def test_a_single_slice_does_not_play(qtbot: QtBot, window: MainWindow, ct_file: Path) -> None:
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([ct_file])
    press(qtbot, window, Key.Key_C)
    assert not window.slice_controller.cine.clock.isActive()


def open_clip(
    qtbot: QtBot, window: MainWindow, path: Path, extra: dict[str, Any], step_mm: float = 5.0
) -> None:
    """A file of four frames, its first one read on screen at last."""
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([write_enhanced_ct(path, 4, step_mm=step_mm, extra=extra)])


def said(window: MainWindow) -> str:
    return window.slice_controller.rate_control.rate.text()


def test_a_clip_plays_at_the_rate_that_its_file_states(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    open_clip(qtbot, window, tmp_path / "clip.dcm", {"RecommendedDisplayFrameRate": 25})
    assert window.slice_controller.rate_control.isVisible()
    assert said(window) == "25 / s (file)"

    press(qtbot, window, Key.Key_C)
    assert window.slice_controller.rate_control.play.isChecked()
    assert window.slice_controller.cine.clock.interval() == 40
    first = window.session.index
    qtbot.waitUntil(lambda: window.session.index != first)
    press(qtbot, window, Key.Key_C)
    assert said(window) == "25 / s (file)"


def test_the_images_of_a_clip_are_called_frames(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    open_clip(qtbot, window, tmp_path / "clip.dcm", {}, step_mm=0)
    assert words_of(window) == ("Frame 3 of 4", "Frame 3 / 4", "frame 3 of 4")
    assert "4 frames" in window.series_list.item(0).text()


def test_the_images_of_a_volume_are_called_slices(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    open_clip(qtbot, window, tmp_path / "volume.dcm", {})
    assert words_of(window) == ("Slice 3 of 4", "Slice 3 / 4", "slice 3 of 4")
    assert "4 slices" in window.series_list.item(0).text()


def words_of(window: MainWindow) -> tuple[str, str, str]:
    """What the slider, the corner and the title line call the image."""
    label = next(one for one in window.slider.findChildren(QLabel) if " of " in one.text())
    detail = window.original_pane.findChild(QLabel, "paneDetail")
    assert detail is not None
    return label.text(), window.original.corners.bottom_left[0], detail.text()


@pytest.mark.parametrize("rate", [0, -3, 90_000])
def test_a_clip_with_a_senseless_rate_plays_at_the_usual_one(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, rate: int
) -> None:
    open_clip(qtbot, window, tmp_path / "clip.dcm", {"CineRate": rate})

    assert said(window) == "8 / s"


def test_a_rate_between_whole_numbers_is_told_as_it_is(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    open_clip(qtbot, window, tmp_path / "clip.dcm", {"FrameTime": 33.367})

    assert said(window) == "29.97 / s (file)"


def test_comma_and_full_stop_play_slower_and_faster(qtbot: QtBot, open_window: MainWindow) -> None:
    press(qtbot, open_window, Key.Key_C)
    press(qtbot, open_window, Key.Key_Period)
    assert said(open_window) == "10 / s"
    assert open_window.slice_controller.cine.clock.interval() == 100
    for _ in range(2):
        press(qtbot, open_window, Key.Key_Comma)
    assert said(open_window) == "6 / s"


def test_the_rate_has_ends(qtbot: QtBot, open_window: MainWindow) -> None:
    for _ in range(len(RATES)):
        press(qtbot, open_window, Key.Key_Comma)
    assert said(open_window) == "0.5 / s"
    for _ in range(len(RATES)):
        press(qtbot, open_window, Key.Key_Period)
    assert said(open_window) == "60 / s"


def test_play_and_the_menu_of_rates_stand_beside_the_slider(open_window: MainWindow) -> None:
    control = open_window.slice_controller.rate_control
    slower, faster = control.rate.menu().actions()
    faster.trigger()
    faster.trigger()
    slower.trigger()
    assert said(open_window) == "10 / s"

    mouse_and_keys.click(control.play)
    assert open_window.slice_controller.cine.plays
    mouse_and_keys.click(control.play)
    assert not open_window.slice_controller.cine.plays


def test_another_file_brings_its_own_rate(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    press(qtbot, open_window, Key.Key_Period)
    open_clip(qtbot, open_window, tmp_path / "clip.dcm", {"CineRate": 15})

    assert said(open_window) == "15 / s (file)"


@pytest.mark.parametrize(("elapsed_ms", "steps"), [(0, 0), (40, 1), (400, 10), (1000, 25)])
def test_what_is_shown_late_is_skipped_so_that_the_time_is_kept(
    elapsed_ms: int, steps: int
) -> None:
    assert steps_due(elapsed_ms, 25.0) == steps
