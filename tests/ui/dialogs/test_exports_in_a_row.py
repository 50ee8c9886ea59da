"""Exports that follow each other faster than they are written, and ones that are stopped."""

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.export.provenance import verify
from jrviewer.ui.dialogs.export_dialog import ExportDialog
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys


def export(qtbot: QtBot, window: MainWindow, folder: Path, *, series: bool) -> None:
    """Ask for pictures and derived DICOM, and wait for nothing."""
    folder.mkdir()
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_E, mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]
    dialog = window.app_menu.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.folder.setText(str(folder))
    dialog.cloud.setChecked(False)
    dialog.derived.setChecked(True)
    (dialog.series if series else dialog.this_slice).setChecked(True)
    dialog.go.click()


def test_an_export_takes_no_other_s_place(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    controller = open_window.app_menu.export_controller
    told: list[str] = []
    controller.exported.connect(told.append)

    export(qtbot, open_window, tmp_path / "first", series=True)
    export(qtbot, open_window, tmp_path / "second", series=False)
    qtbot.waitUntil(lambda: len(told) == 2)

    assert len(list((tmp_path / "first").iterdir())) == 10
    assert len(list((tmp_path / "second").iterdir())) == 2
    assert told[0].endswith("6 more files")


def test_an_export_that_is_stopped_says_so_and_leaves_whole_files(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    export(qtbot, open_window, tmp_path / "out", series=True)
    open_window.actions_.cancel.trigger()

    assert "The export was stopped" in open_window.message_bar.text
    qtbot.waitUntil(lambda: not open_window.session.foreground.is_busy)
    done: list[bool] = []
    # What is asked for next begins when the worker has let go of the export.
    open_window.session.foreground.start(
        "after", "after", lambda report: True, lambda result: done.append(result)
    )
    qtbot.waitUntil(lambda: done == [True])
    left = list((tmp_path / "out").iterdir())
    assert len(left) < 10
    assert all(verify(path).status in ("ok", "other_weights") for path in left)
