"""A key whose tool is for a pane that cannot be seen brings that pane."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import needs_opengl
from tests.ui.support.mouse_and_keys import press
from tests.ui.support.surface_pane import canvas_of

Key = Qt.Key


def show_cloud_alone(qtbot: QtBot, window: MainWindow) -> None:
    """A narrow window, its 3D tab in front."""
    window.resize(1000, 800)
    qtbot.waitUntil(window.panes.tabs.isVisible)
    window.panes.tabs.setCurrentIndex(1)
    assert not window.original.isVisible()


@pytest.mark.parametrize(("key", "tool"), [(Key.Key_L, "length"), (Key.Key_O, "ellipse")])
def test_a_tool_for_the_slices_brings_their_tab_and_they_have_the_keys(
    qtbot: QtBot, open_window: MainWindow, key: Qt.Key, tool: str
) -> None:
    show_cloud_alone(qtbot, open_window)

    press(qtbot, open_window, key)

    assert open_window.session.annotations.tool == tool
    assert open_window.panes.tabs.currentIndex() == 0
    assert open_window.original.isVisible()
    assert open_window.original.hasFocus()
    assert "1st point" in open_window.status_bar.hint.text()


def test_a_way_to_compare_brings_the_slices_too(qtbot: QtBot, open_window: MainWindow) -> None:
    show_cloud_alone(qtbot, open_window)
    press(qtbot, open_window, Key.Key_S)
    assert open_window.denoised.isVisible()


def test_comparing_gives_the_ai_pane_its_room_back_where_the_original_has_all(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    mouse_and_keys.double_click(open_window.original)
    assert not open_window.denoised.isVisible()

    press(qtbot, open_window, Key.Key_D)

    assert open_window.denoised.isVisible()
    assert open_window.original.isVisible()


def test_a_pane_that_has_all_the_room_keeps_it_for_its_own_tools(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    mouse_and_keys.double_click(open_window.denoised)
    press(qtbot, open_window, Key.Key_L)
    press(qtbot, open_window, Key.Key_S)

    assert not open_window.original.isVisible()
    assert open_window.denoised.hasFocus()


@pytest.mark.vtk
@needs_opengl
def test_the_3d_ruler_brings_the_3d_tab(qtbot: QtBot, window_3d: MainWindow) -> None:
    window_3d.resize(1000, 800)
    qtbot.waitUntil(window_3d.panes.tabs.isVisible)
    assert not window_3d.cloud.isVisible()

    QTest.keyClick(window_3d, Key.Key_L, mouse_and_keys.SHIFT)

    assert window_3d.cloud.isVisible()
    assert window_3d.session.rulers.is_active
    assert canvas_of(window_3d).hasFocus()
