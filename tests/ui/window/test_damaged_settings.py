"""Whatever the settings file holds, the window opens, with defaults for what is no value."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from pytestqt.qtbot import QtBot

from jrviewer.ui import app
from jrviewer.ui.dialogs.export_dialog import ExportDialog
from jrviewer.ui.state import settings
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.recent_files import RecentFiles
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys

RECENT, PRESETS = "recent", "settings/presets"
DAMAGED = [
    (RECENT, "[1, 2]"),
    (RECENT, "[[]]"),
    (RECENT, "[[null], {}, [[1]]]"),
    (RECENT, json.dumps([["/a\0b"], [""]])),
    ("window/geometry", json.dumps("Ä")),
    ("window/slices", json.dumps("☃")),
    ("window/panes beside", json.dumps("AAAA")),
    ("settings/theme", "[" * 100_000),
    ("settings/text_size", "1" * 5000),
    (PRESETS, f"[{','.join(['[NaN, NaN]'] * 7)}]"),
    (PRESETS, f"[{','.join(['[Infinity, -Infinity]'] * 7)}]"),
    (PRESETS, f"[{','.join(['[1e308, 1e308]'] * 7)}]"),
    (PRESETS, f"[{','.join(['[true, false]'] * 7)}]"),
]


@pytest.fixture
def stored(tmp_path: Path) -> QSettings:
    """A settings file as the app reads it."""
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.mark.parametrize(("name", "value"), DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_value_keeps_no_window_from_opening(
    qtbot: QtBot, session: Session, stored: QSettings, name: str, value: str
) -> None:
    stored.setValue("settings/keeps_recent", "true")
    stored.setValue(name, value)
    window = app.create_window(session, Preferences(stored))
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    window.app_menu.list_recent()

    assert window.app_menu.recent_files.paths == []
    assert window.app_menu.settings == settings.Settings(keeps_recent=True)


def test_an_entry_that_is_no_path_is_passed_over_beside_one_that_is(stored: QSettings) -> None:
    stored.setValue("settings/keeps_recent", "true")
    stored.setValue(RECENT, json.dumps([7, ["/a.dcm"], []]))
    preferences = Preferences(stored)

    assert RecentFiles(preferences, keeps=True).paths == [(Path("/a.dcm"),)]


@pytest.mark.parametrize("place", ["99", "-1", "99999999999999999999", '"two"'])
def test_a_choice_that_is_none_is_the_first_one(
    qtbot: QtBot, open_window: MainWindow, place: str
) -> None:
    names = ("format", "sheet kind", "mesh kind")
    for name in names:
        open_window.preferences._values[f"export/{name}"] = place
    qtbot.keyClick(open_window, Qt.Key.Key_E, mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]
    dialog = open_window.app_menu.dialog
    assert isinstance(dialog, ExportDialog)

    choices = (dialog.format, dialog.sheet_kind, dialog.mesh_kind)
    assert [choice.currentIndex() for choice in choices] == [0, 0, 0]
