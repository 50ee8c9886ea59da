"""Texts grow by a setting, and in the corners with the pane."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFont, QFontInfo
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Finding
from jrviewer.ui.dialogs.settings_dialog import SettingsDialog
from jrviewer.ui.slices import overlay
from jrviewer.ui.slices.roi_readout import ResidualButton
from jrviewer.ui.state import settings
from jrviewer.ui.state.captions import check_text
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Busy
from jrviewer.ui.state.settings import Settings
from jrviewer.ui.widgets import theme
from jrviewer.ui.widgets.pane import Header
from jrviewer.ui.window.main_window import MainWindow
from jrviewer.ui.window.welcome import FRAME_PX
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import settle
from tests.ui.support.mouse_and_keys import press


@pytest.fixture
def usual_again(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "dark")


def test_the_setting_makes_every_text_larger(
    qtbot: QtBot, open_window: MainWindow, usual_again: None
) -> None:
    label, small = open_window.status_bar.notice, 12
    assert QFontInfo(label.font()).pixelSize() == small
    press(qtbot, open_window, Qt.Key.Key_Comma, mouse_and_keys.CTRL)
    dialog = open_window.app_menu.dialog
    assert isinstance(dialog, SettingsDialog)
    dialog.text_size.setCurrentIndex(3)
    dialog.accept()

    assert QFontInfo(label.font()).pixelSize() == 18
    assert QFontInfo(open_window.original.font()).pixelSize() == 18
    assert settings.load(open_window.preferences).text_size == 150


def test_a_size_edited_by_hand_is_the_usual_one() -> None:
    preferences = Preferences()
    preferences.put("settings/text_size", 900)

    assert settings.load(preferences).text_size == 100


@pytest.mark.parametrize(("side", "size"), [(200, 12), (560, 12), (840, 18), (3000, 19)])
def test_corner_texts_grow_with_the_pane_within_limits(qtbot: QtBot, side: int, size: int) -> None:
    font = QFont()
    font.setPixelSize(12)

    assert overlay.font_for(font, QRect(0, 0, side, side + 300)).pixelSize() == size


def test_at_any_text_size_a_message_leaves_the_3d_controls_free(
    qtbot: QtBot, open_window: MainWindow, usual_again: None
) -> None:
    open_window.app_menu._take_settings(Settings(text_size=150, first_look=False))
    open_window.resize(1450, 900)
    qtbot.waitUntil(lambda: not open_window.panes.tabs.isVisible())
    open_window.actions_.below.trigger()
    open_window.cloud.toolbar.legend.show_face("named")
    open_window.cloud.toolbar.choose_skin(shown=False)
    open_window.message_bar.show_message("error", "Something is wrong here. " * 12)
    settle()

    bar, toolbar = open_window.message_bar, open_window.cloud.toolbar
    page = bar.parentWidget()
    assert page is not None
    for free in (toolbar, toolbar.legend.notes):
        assert free.isVisible()
        assert bar.geometry().bottom() < free.mapTo(page, QPoint(0, 0)).y()
    assert bar.geometry().top() > 0


def test_larger_texts_leave_three_panes_for_wider_windows(
    open_window: MainWindow, usual_again: None
) -> None:
    panes = open_window.panes
    open_window.resize(1300, 800)
    settle()
    assert not panes.tabs.isVisible()

    open_window.app_menu._take_settings(Settings(text_size=150, first_look=False))
    settle()
    assert panes.tabs.isVisible()

    open_window.resize(1450, 800)
    settle()
    assert not panes.tabs.isVisible()
    assert min(open_window.original.width(), open_window.denoised.width()) > 300


def test_the_toolbars_buttons_are_as_wide_as_their_larger_words(
    qtbot: QtBot, open_window: MainWindow, usual_again: None
) -> None:
    open_window.resize(1500, 900)
    qtbot.waitUntil(lambda: open_window.width() == 1500)
    open_window.app_menu._take_settings(Settings(text_size=150, first_look=False))
    strength = open_window.slice_controller.actions_.strength.button

    qtbot.waitUntil(lambda: strength.width() >= strength.sizeHint().width())
    strength.setText("Standard")
    assert strength.sizeHint().width() <= strength.width()


def test_the_first_page_keeps_its_words_within_its_frame(
    qtbot: QtBot, window: MainWindow, usual_again: None
) -> None:
    window.app_menu._take_settings(Settings(text_size=150, first_look=False))
    window.resize(1000, 700)
    settle()

    frame = window.welcome.rect().adjusted(FRAME_PX, FRAME_PX, -FRAME_PX, -FRAME_PX)
    assert all(frame.contains(one.geometry()) for one in window.welcome.findChildren(QLabel))


def test_the_largest_texts_fit_a_small_screen_while_the_model_runs(
    qtbot: QtBot, open_window: MainWindow, usual_again: None
) -> None:
    removed = open_window.status_bar.findChild(ResidualButton)
    assert isinstance(removed, ResidualButton)
    qtbot.waitUntil(removed.isVisible)  # or the bar is not yet as long as it becomes
    open_window.app_menu._take_settings(Settings(text_size=150, first_look=False))
    open_window.resize(1000, 700)
    open_window.status_bar.show_busy(Busy("denoising and inferring 3D", 0.5, 3.0))
    known = open_window.session.prediction
    assert known is not None
    doubted = replace(known, findings=(Finding("amber", "It is odd."),))
    open_window.status_bar.show_check(*check_text(doubted))
    qtbot.wait(300)  # for the bar's layout, which is made anew when nothing else is to be done
    assert open_window.minimumSizeHint().width() <= 1000
    open_window.resize(1000, 700)
    QApplication.processEvents()

    assert open_window.width() == 1000


@pytest.mark.parametrize("wide", [1400, 1500, 1700])
def test_with_the_largest_texts_the_ai_pane_is_still_called_by_its_whole_name(
    qtbot: QtBot, open_window: MainWindow, usual_again: None, wide: int
) -> None:
    """What only names the slider beside it gives way, and is back where there is room."""
    header = open_window.denoised_pane.findChild(Header)
    assert header is not None
    blend = next(one for one in header.findChildren(QLabel) if one.text() == "Blend")
    open_window.resize(1500, 900)
    qtbot.waitUntil(blend.isVisible)
    open_window.app_menu._take_settings(Settings(text_size=150, first_look=False))
    open_window.resize(wide, 900)
    settle()

    title, metrics = header.title, header.title.fontMetrics()
    assert metrics.horizontalAdvance("AI DENOISED") <= title.contentsRect().width()
    open_window.app_menu._take_settings(Settings(first_look=False))
    open_window.resize(1500, 900)
    qtbot.waitUntil(blend.isVisible)
