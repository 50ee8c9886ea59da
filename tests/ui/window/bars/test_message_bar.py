"""What was said stays until somebody has read it, and goes with what it was said of."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct, write_series
from tests.ui.conftest import SlowBackend
from tests.ui.dialogs.test_export_dialog import open_dialog
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press


def test_why_an_export_failed_stays_when_files_dropped_meanwhile_have_been_read(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    session, bar = open_window.session, open_window.message_bar
    dialog = open_dialog(qtbot, open_window)
    dialog.folder.setText(str(tmp_path / "absent"))
    dialog.go.click()
    with qtbot.waitSignal(session.predicted):
        mouse_and_keys.drop(open_window.original, [write_ct(tmp_path / "other.dcm")])

    assert len(session.all_series) == 2
    assert "The folder to export to does not exist" in bar.text


def test_another_request_to_open_ends_what_was_said_of_the_last(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "letter.dcm").write_text("Dear colleague")
    with qtbot.waitSignal(open_window.session.refused):
        mouse_and_keys.drop(open_window.original, [tmp_path / "letter.dcm"])
    assert "letter.dcm" in open_window.message_bar.text

    with qtbot.waitSignal(open_window.session.predicted):
        mouse_and_keys.drop(open_window.original, [write_ct(tmp_path / "other.dcm")])
    assert "letter.dcm" not in open_window.message_bar.text


def test_what_is_done_is_said_below_an_error_for_a_while(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    bar = open_window.message_bar
    bar.show_message("error", "It is broken.")
    bar.show_message("note", "Exported: a.ply")
    assert bar.text == "It is broken.\nExported: a.ply"
    bar.show_message("warning", "It is odd.")
    assert bar.text == "It is broken.\nIt is odd."

    with qtbot.waitSignal(bar._leave.timeout):
        bar._leave.start(1)
    assert bar.text == "It is broken."
    bar.dismiss()
    bar.show_message("note", "Exported: b.ply")
    assert bar.text == "Exported: b.ply"


@pytest.mark.parametrize("is_beside_an_error", [False, True])
def test_the_reasons_of_the_input_check_go_with_their_slice(
    qtbot: QtBot, open_window: MainWindow, is_beside_an_error: bool
) -> None:
    bar, check = open_window.message_bar, open_window.status_bar.check
    if is_beside_an_error:
        bar.show_message("error", "It is broken.")
    open_window.status_bar.show_check("▲ warning …", "This slice is odd.")
    mouse_and_keys.click(check)
    assert "This slice is odd." in bar.text

    press(qtbot, open_window, Qt.Key.Key_Down)
    assert bar.text == ("It is broken." if is_beside_an_error else "")


def test_the_warnings_of_a_series_below_a_refusal_go_with_the_series(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    (folder := tmp_path / "gaps").mkdir()
    write_series(folder, 6, missing=[2], series_uid="1.2.3.77")
    (folder / "broken.dcm").write_bytes(b"")
    with qtbot.waitSignal(open_window.session.refused):
        mouse_and_keys.drop(open_window.original, [folder])
    assert "missing" in open_window.message_bar.text

    open_window.session.choose_series(0)
    assert "broken.dcm" in open_window.message_bar.text
    assert "missing" not in open_window.message_bar.text


@pytest.mark.parametrize("backend", [SlowBackend(300)])
def test_why_an_export_failed_is_not_said_of_the_slice_that_the_model_runs_on(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend, tmp_path: Path
) -> None:
    dialog = open_dialog(qtbot, open_window)
    dialog.folder.setText(str(tmp_path / "absent"))
    dialog.go.click()
    with qtbot.waitSignal(open_window.session.failed):
        press(qtbot, open_window, Qt.Key.Key_Down)

    assert "folder" in open_window.message_bar.text
    assert "folder" not in open_window.denoised.message
    assert "Working on this slice" in open_window.denoised.message
