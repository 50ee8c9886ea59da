"""The list of series: visible for one series too, hidden by a key, never at the panes' cost."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from pytestqt.qtbot import QtBot

from jrviewer.ui.app import create_window
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_series
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
WIDE, NARROW = (1500, 800), (1100, 800)


@pytest.fixture
def two_series(tmp_path: Path) -> list[Path]:
    folders = [tmp_path / "one", tmp_path / "two"]
    for number, folder in enumerate(folders, start=1):
        folder.mkdir()
        write_series(folder, 2 + number, series_uid=f"1.2.3.{number}", series_number=number)
    return folders


def test_one_series_is_listed_with_its_thumbnail_and_count(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    listed = open_window.series_list
    assert listed.isVisible()
    assert listed.count() == 1
    assert "5 slices" in listed.item(0).text()
    assert not listed.item(0).icon().isNull()


def test_a_chosen_thumbnail_keeps_its_greys(open_window: MainWindow) -> None:
    listed = open_window.series_list
    icon = listed.item(0).icon()
    size = listed.iconSize()

    chosen = icon.pixmap(size, QIcon.Mode.Selected).toImage()

    assert listed.currentRow() == 0
    assert chosen == icon.pixmap(size, QIcon.Mode.Normal).toImage()


def test_f9_puts_the_list_away_and_the_next_run_remembers(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    press(qtbot, open_window, Key.Key_F9)
    assert not open_window.series_list.isVisible()
    assert not open_window.actions_.series.isChecked()

    again = create_window(Session(FakeBackend()), open_window.preferences)
    qtbot.addWidget(again)
    with qtbot.waitExposed(again):
        again.show()
    assert again.series_list.isHidden()
    again.activateWindow()
    qtbot.waitUntil(again.isActiveWindow)
    press(qtbot, again, Key.Key_F9)
    assert not again.series_list.isHidden()


def test_the_menu_at_the_end_of_the_toolbar_does_the_same(open_window: MainWindow) -> None:
    entry = open_window.tools.more.menu().actions()[0]
    assert entry.text() == "List of series"
    entry.trigger()
    assert not open_window.series_list.isVisible()
    entry.trigger()
    assert open_window.series_list.isVisible()


def test_a_narrow_window_leaves_its_room_to_the_panes_and_a_wide_one_has_it_back(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    open_window.resize(*NARROW)
    qtbot.waitUntil(lambda: not open_window.series_list.isVisible())
    # All three panes have the width that they need.
    qtbot.waitUntil(lambda: open_window.panes.width() == NARROW[0])
    assert not open_window.panes.tabs.isVisible()

    open_window.resize(*WIDE)
    qtbot.waitUntil(open_window.series_list.isVisible)


def test_in_a_narrow_window_the_list_comes_for_now_alone(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    press(qtbot, open_window, Key.Key_F9)  # wide: away, and remembered
    open_window.resize(*NARROW)
    qtbot.waitUntil(lambda: open_window.width() == NARROW[0])
    press(qtbot, open_window, Key.Key_F9)
    assert open_window.series_list.isVisible()

    open_window.resize(*WIDE)
    qtbot.waitUntil(lambda: not open_window.series_list.isVisible())


def test_several_series_in_a_narrow_window_say_how_to_come_by_them(
    qtbot: QtBot, window: MainWindow, two_series: list[Path]
) -> None:
    window.resize(*NARROW)
    with qtbot.waitSignal(window.session.predicted):
        window.session.open(two_series)

    assert not window.series_list.isVisible()
    assert window.message_bar.text == "2 series are open: F9 lists them."
    press(qtbot, window, Key.Key_F9)
    assert window.series_list.count() == 2


def test_no_entry_lies_below_the_scroll_bar_of_a_long_list(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    folders = [tmp_path / f"{number}" for number in range(9)]
    for number, folder in enumerate(folders):
        folder.mkdir()
        write_series(folder, 1, series_uid=f"1.2.3.{number}", series_number=number)
    with qtbot.waitSignal(window.session.predicted):
        window.session.open(folders)

    listed = window.series_list
    qtbot.waitUntil(listed.verticalScrollBar().isVisible)
    assert listed.count() == 9
    qtbot.waitUntil(
        lambda: listed.visualItemRect(listed.item(0)).right() < listed.viewport().width()
    )
    assert not listed.horizontalScrollBar().isVisible()


def test_the_list_marks_the_series_that_is_shown_whatever_was_clicked_or_passed_by_keys(
    qtbot: QtBot, open_window: MainWindow, two_series: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "empty.dcm").write_bytes(b"")
    with qtbot.waitSignal(open_window.session.refused):
        open_window.session.open([*two_series, tmp_path / "empty.dcm"])
    listed = open_window.series_list
    shown = open_window.session.all_series.index(open_window.session.series)
    assert listed.item(3).text().startswith("✕ empty.dcm")

    place = listed.visualItemRect(listed.item(3)).center()
    qtbot.mouseClick(listed.viewport(), mouse_and_keys.LEFT, pos=place)  # type: ignore[no-untyped-call]
    assert listed.item(shown).isSelected()

    listed.setFocus()
    press(qtbot, listed, Key.Key_Up)
    open_window.original.setFocus()
    assert listed.currentRow() == shown
    assert listed.item(shown).isSelected()
