"""The toolbar: ways to compare in sight, the window's name, and what a narrow one folds away."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from jrviewer.core.records import VoiLut
from jrviewer.ui.state import captions
from jrviewer.ui.state.session import Busy
from jrviewer.ui.state.view import View
from jrviewer.ui.widgets.segmented_control import SegmentedControl
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import make_slice
from tests.ui.conftest import SlowBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
MODES = ["Side by side", "Swipe", "Flicker", "Difference"]


def segments(window: MainWindow) -> dict[str, QToolButton]:
    """The buttons of the ways to compare, by what stands on them."""
    (group,) = window.bar.findChildren(SegmentedControl)
    return {one.text(): one for one in group.findChildren(QToolButton)}


def pressed(window: MainWindow) -> list[str]:
    return [name for name, button in segments(window).items() if button.isChecked()]


def name_on(window: MainWindow) -> str:
    return window.tools.window.text()


def test_every_way_to_compare_is_one_click_away_and_the_one_in_force_is_pressed(
    open_window: MainWindow,
) -> None:
    modes = dict(zip(MODES, ("side", "swipe", "flicker", "removed"), strict=True))
    assert list(segments(open_window)) == MODES
    assert pressed(open_window) == ["Side by side"]

    for name, button in reversed(segments(open_window).items()):
        mouse_and_keys.click(button)
        assert open_window.session.compare.now.mode == modes[name]
        assert pressed(open_window) == [name]


def test_keys_press_the_same_buttons_and_once_more_brings_side_by_side_back(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    for key, name in ((Key.Key_S, "Swipe"), (Key.Key_D, "Difference"), (Key.Key_K, "Flicker")):
        press(qtbot, open_window, key)
        assert pressed(open_window) == [name]
    press(qtbot, open_window, Key.Key_K)
    assert pressed(open_window) == ["Side by side"]


@pytest.mark.parametrize("width", [900, 1024, 1280, 1600])
def test_the_ways_to_compare_keep_their_words_at_every_width(
    qtbot: QtBot, open_window: MainWindow, width: int
) -> None:
    open_window.resize(width, 800)
    qtbot.waitUntil(lambda: open_window.width() == width)

    for name, button in segments(open_window).items():
        assert button.isVisible()
        assert button.width() >= button.fontMetrics().horizontalAdvance(name)


def test_what_does_not_fit_waits_behind_a_button_with_a_name(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.resize(760, 700)
    more = window.bar.findChild(QToolButton, "qt_toolbar_ext_button")
    assert isinstance(more, QToolButton)
    qtbot.waitUntil(more.isVisible)

    assert more.accessibleName() == "More tools"
    assert more.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert not more.icon().isNull()


def test_the_button_names_the_window_in_force(qtbot: QtBot, open_window: MainWindow) -> None:
    assert name_on(open_window) == "As in file"
    press(qtbot, open_window, Key.Key_2)
    assert name_on(open_window) == "Lung"
    assert open_window.tools.window.toolTip() == "Window: Lung  W 1500  L −600"
    press(qtbot, open_window, Key.Key_3)
    assert name_on(open_window) == "Mediastinum"
    mouse_and_keys.drag(open_window.original, (60, 60), (90, 60))
    assert name_on(open_window) == "W/L"
    press(qtbot, open_window, Key.Key_0)
    assert name_on(open_window) == "Automatic"
    press(qtbot, open_window, Key.Key_R)
    assert name_on(open_window) == "As in file"


def test_a_window_that_the_file_explains_bears_its_explanation(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    words = "A WINDOW WITH A LONG NAME"
    extra = {"WindowCenterWidthExplanation": words}
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([write_ct(tmp_path / "a.dcm", extra=extra)])

    assert name_on(window).startswith("A WIN")
    assert name_on(window).endswith("…")
    assert words in window.tools.window.toolTip()


def test_a_table_of_the_file_is_named_by_its_number() -> None:
    chosen = replace(make_slice(), voi_luts=(VoiLut(0.0, np.array([0.0, 1.0])),))

    assert captions.window_name(View(voi_lut=0), chosen) == "VOI LUT 1"


def test_the_button_keeps_its_width_whatever_it_is_called(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    widths = set()
    for key in (Key.Key_2, Key.Key_3, Key.Key_8, Key.Key_0):
        press(qtbot, open_window, key)
        widths.add(open_window.tools.window.width())
    assert len(widths) == 1


def test_about_ten_controls_stand_on_the_toolbar_and_every_action_has_a_place(
    open_window: MainWindow,
) -> None:
    buttons = [one for one in open_window.bar.findChildren(QToolButton) if one.isVisible()]
    assert len(buttons) == 11

    offered = {action for button in buttons for action in offered_by(button)}
    lost = [
        one.text()
        for one in (
            *open_window.actions_.everything(),
            *open_window.app_menu.everything(),
            *open_window.slice_controller.actions_.everything(),
        )
        if one not in offered and one.text() not in ELSEWHERE
    ]
    assert lost == []


# Keys of the slider and the panes, and of parts that have buttons of their own there.
ELSEWHERE = {
    *("Slice by key", "Next to look at", "Previous to look at", "Stop", "Copy picture"),
    *("Less AI", "More AI", "Play", "Slower", "Faster"),
}


def offered_by(button: QToolButton) -> list[QAction]:
    menu = button.menu()
    own = [] if button.defaultAction() is None else [button.defaultAction()]
    return own if menu is None else [*own, *menu.actions()]


def test_run_becomes_stop_while_it_takes_a_while_and_keeps_its_width(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    run = open_window.tools.run
    assert run.accessibleName() == "Run"
    assert [one.text() for one in run.menu().actions()][:2] == [
        "Run on this slice",
        "Run on the whole series",
    ]
    width = run.width()

    run.show_busy(Busy("working"))
    assert run.accessibleName() == "Run"  # a slice that is soon done does not make it blink
    run.become_stop()
    assert run.accessibleName() == "Stop"
    assert run.width() == width
    run.show_busy(None)
    assert run.accessibleName() == "Run"


@pytest.mark.parametrize("backend", [SlowBackend(900)])
def test_stop_stops(qtbot: QtBot, open_window: MainWindow, backend: SlowBackend) -> None:
    press(qtbot, open_window, Key.Key_Down)
    qtbot.waitUntil(lambda: open_window.tools.run.accessibleName() == "Stop")

    mouse_and_keys.click(open_window.tools.run)

    assert open_window.status_bar.busy_text == ""
    assert open_window.tools.run.accessibleName() == "Run"
    assert open_window.session.prediction is None


def test_the_menu_of_run_runs_the_whole_series(qtbot: QtBot, open_window: MainWindow) -> None:
    with qtbot.waitSignal(open_window.session.prefetcher.series_done):
        open_window.tools.run.menu().actions()[1].trigger()

    assert len(open_window.session.known_predictions()) == 5
