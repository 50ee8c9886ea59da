"""The window on real files and made-up predictions, driven by input events."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from jrviewer import NOTICE
from jrviewer.imaging.windowing import PRESETS
from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct, write_structure_set
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
PANES: dict[str, Callable[[MainWindow], QWidget]] = {
    "original": lambda window: window.original,
    "denoised": lambda window: window.denoised,
    "cloud": lambda window: window.cloud,
    "toolbar": lambda window: window.findChildren(QWidget, "paneHeader")[0],
    "status": lambda window: window.status_bar,
}


@pytest.mark.parametrize("place", PANES)
def test_a_file_dropped_on_any_pane_opens(
    qtbot: QtBot, open_window: MainWindow, ct_file: Path, place: str
) -> None:
    with qtbot.waitSignal(open_window.session.predicted):
        assert mouse_and_keys.drop(PANES[place](open_window), [ct_file])

    assert open_window.session.slice is not None
    assert open_window.session.slice.plane.spacing_mm == (1.5, 1.0)


def test_a_folder_dropped_on_the_empty_window_opens_at_its_middle(
    qtbot: QtBot, window: MainWindow, ct_folder: Path
) -> None:
    with qtbot.waitSignal(window.session.predicted):
        assert mouse_and_keys.drop(window.welcome, [ct_folder])

    assert window.session.index == 2
    assert window.original.isVisible()


def test_the_window_shows_that_it_takes_a_drag(
    qtbot: QtBot, window: MainWindow, ct_file: Path
) -> None:
    data = mouse_and_keys.carry([ct_file])
    mouse_and_keys.hover(window.welcome, data)
    assert window.highlight.isVisible()
    mouse_and_keys.leave(window)
    assert not window.highlight.isVisible()


def test_a_drag_without_files_is_not_taken(qtbot: QtBot, window: MainWindow) -> None:
    assert not mouse_and_keys.drop(window.welcome, [])


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _text(path: Path) -> Path:
    path.write_text("Dear colleague, please find enclosed the slices.\n" * 20)
    return path


def _jpeg(path: Path) -> Path:
    path.write_bytes(bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffdb") + bytes(400))
    return path


def _folder(path: Path) -> Path:
    path.mkdir()
    (path / "notes.txt").write_text("nothing here")
    return path


BAD: dict[str, Callable[[Path], Path]] = {
    "empty.dcm": _empty,
    "text.dcm": _text,
    "cut.dcm": lambda path: write_ct(path, keep_bytes=900),
    "photo.jpg": _jpeg,
    "structures.dcm": write_structure_set,
    "bare": _folder,
    "absent.dcm": lambda path: path,
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_sentence_and_what_was_open_stays_open(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path, name: str
) -> None:
    before = open_window.session.slice
    path = BAD[name](tmp_path / name)

    with qtbot.waitSignal(open_window.session.refused):
        assert mouse_and_keys.drop(open_window.original, [path])

    assert open_window.message_bar.isVisible()
    assert open_window.message_bar.text.startswith(name) or name == "bare"
    assert str(tmp_path) not in open_window.message_bar.text
    assert open_window.session.slice is before


def test_a_good_file_among_bad_ones_opens_and_the_bad_ones_are_named(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, ct_file: Path
) -> None:
    with qtbot.waitSignals([window.session.predicted, window.session.refused]):
        mouse_and_keys.drop(window.welcome, [ct_file, _empty(tmp_path / "empty.dcm")])

    assert window.session.slice is not None
    assert window.message_bar.text.startswith("empty.dcm")


def test_both_panes_look_the_same_way(qtbot: QtBot, open_window: MainWindow) -> None:
    mouse_and_keys.drag(open_window.denoised, (100, 100), (160, 130))
    mouse_and_keys.wheel(open_window.original, 2, mouse_and_keys.CTRL)
    mouse_and_keys.drag(open_window.denoised, (100, 100), (120, 90), mouse_and_keys.MIDDLE)

    original, denoised = open_window.original.projection, open_window.denoised.projection
    assert original is not None
    assert denoised is not None
    assert original.scale == denoised.scale
    assert original.centre == denoised.centre
    assert open_window.session.view.now.zoom == pytest.approx(1.44)
    assert open_window.session.view.now.window.width > 400


def test_panes_of_unequal_size_still_magnify_equally(qtbot: QtBot, open_window: MainWindow) -> None:
    open_window.panes.slices.setSizes([300, 600])
    open_window.panes.rearranged.emit()

    original, denoised = open_window.original.projection, open_window.denoised.projection
    assert original is not None
    assert denoised is not None
    assert original.size != denoised.size
    assert original.scale == denoised.scale


def test_the_wheel_goes_through_the_series(qtbot: QtBot, open_window: MainWindow) -> None:
    with qtbot.waitSignal(open_window.session.predicted):
        mouse_and_keys.wheel(open_window.original, -1)
    assert open_window.session.index == 3
    assert open_window.slider.slider.value() == 3


@pytest.mark.parametrize(
    ("key", "index"),
    [
        (Key.Key_Up, 1),
        (Key.Key_Down, 3),
        (Key.Key_PageUp, 0),
        (Key.Key_PageDown, 4),
        (Key.Key_Home, 0),
        (Key.Key_End, 4),
    ],
)
def test_keys_go_through_the_series(
    qtbot: QtBot, open_window: MainWindow, key: Qt.Key, index: int
) -> None:
    press(qtbot, open_window, key)
    assert open_window.session.index == index


@pytest.mark.parametrize("digit", PRESETS)
def test_number_keys_choose_presets(qtbot: QtBot, open_window: MainWindow, digit: str) -> None:
    press(qtbot, open_window, Key(ord(digit)))
    assert open_window.session.view.now.window == PRESETS[digit]


def test_the_file_s_own_window_and_reset_come_back(qtbot: QtBot, open_window: MainWindow) -> None:
    own = open_window.session.view.now
    for key in (Key.Key_2, Key.Key_I):
        press(qtbot, open_window, key)
    mouse_and_keys.wheel(open_window.original, 3, mouse_and_keys.CTRL)
    press(qtbot, open_window, Key.Key_1)
    assert open_window.session.view.now.window == own.window
    press(qtbot, open_window, Key.Key_R)
    assert open_window.session.view.now == own


def test_both_panes_probe_the_pixel_under_the_pointer(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    chosen, known = open_window.session.slice, open_window.session.prediction
    assert chosen is not None
    assert known is not None
    pane = open_window.denoised
    projection = pane.projection
    assert projection is not None

    mouse_and_keys.move(pane, projection.to_point(12.2, 30.1))

    text = open_window.status_bar.probe.text().replace("−", "-")
    value, denoised = chosen.pixels[12, 30], known.denoised[12, 30]
    assert f"{value:.0f} HU" in text
    assert f"AI {denoised:.0f}" in text


def test_space_held_shows_the_original_in_the_ai_pane(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    ai = open_window.denoised.grab().toImage()
    qtbot.keyPress(open_window, Key.Key_Space)  # type: ignore[no-untyped-call]
    held = open_window.denoised.grab().toImage()
    qtbot.keyRelease(open_window, Key.Key_Space)  # type: ignore[no-untyped-call]

    assert held != ai
    assert open_window.denoised.grab().toImage() == ai


def test_patient_text_hides_by_one_key(qtbot: QtBot, open_window: MainWindow) -> None:
    shown = open_window.original.grab().toImage()
    press(qtbot, open_window, Key.Key_H, mouse_and_keys.CTRL)

    assert not open_window.session.view.now.has_patient_text
    assert open_window.original.grab().toImage() != shown


def test_a_double_click_gives_a_pane_all_the_room_and_back(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    mouse_and_keys.double_click(open_window.denoised)
    assert not open_window.original.isVisible()
    assert not open_window.cloud.isVisible()
    mouse_and_keys.double_click(open_window.denoised)
    assert open_window.original.isVisible()
    assert open_window.cloud.isVisible()


def test_a_narrow_window_turns_the_cloud_into_a_tab(qtbot: QtBot, open_window: MainWindow) -> None:
    open_window.resize(1000, 700)
    qtbot.waitUntil(open_window.panes.tabs.isVisible)
    assert not open_window.cloud.isVisible()
    open_window.panes.tabs.setCurrentIndex(1)
    assert open_window.cloud.isVisible()
    assert not open_window.original.isVisible()


def test_the_open_dialog_opens(
    qtbot: QtBot, window: MainWindow, ct_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_dialogs, "ask_files", lambda parent: [ct_file])
    with qtbot.waitSignal(window.session.predicted):
        press(qtbot, window, Key.Key_O, mouse_and_keys.CTRL)


def test_the_notice_is_in_title_and_status(qtbot: QtBot, window: MainWindow) -> None:
    assert NOTICE in window.windowTitle()
    assert NOTICE in [label.text() for label in window.status_bar.findChildren(QLabel)]


def test_the_device_is_in_the_status(qtbot: QtBot, open_window: MainWindow) -> None:
    assert open_window.status_bar.device.text() == "CPU fp32"


def test_painting_does_not_lose_references_to_none(qtbot: QtBot, open_window: MainWindow) -> None:
    """PYSIDE-3474: PySide6 6.12 on Python < 3.12 loses one per void call, and aborts in the end."""
    before = sys.getrefcount(None)
    for _ in range(500):
        open_window.original.update()
    assert sys.getrefcount(None) > before - 100


def test_the_keyboard_belongs_to_the_original_once_something_is_open(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    assert open_window.original.hasFocus()


@pytest.mark.parametrize("width", [900, 1200, 1500])
def test_no_tool_is_out_of_sight_at_any_usual_width(
    qtbot: QtBot, window: MainWindow, width: int
) -> None:
    window.resize(width, 800)
    qtbot.waitUntil(lambda: window.width() == width)

    tools = [window.bar.widgetForAction(action) for action in window.bar.actions()]
    qtbot.waitUntil(lambda: all(tool.isVisible() for tool in tools))
