"""An export dialog stays true while other files are read, or a series plays, behind it."""

from pathlib import Path

import pydicom
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.dialogs.test_export_dialog import names, open_dialog
from tests.ui.support import mouse_and_keys


@pytest.mark.parametrize("is_whole", [False, True])
def test_what_is_written_is_of_the_slice_that_the_dialog_was_opened_for(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path, is_whole: bool
) -> None:
    """Another patient, dropped before the dialog was opened, is read and shown while it is."""
    session, out = open_window.session, tmp_path / "out"
    out.mkdir()
    other = write_ct(tmp_path / "other.dcm", patient_name="Other^One", patient_id="2")
    with qtbot.waitSignal(session.predicted):
        mouse_and_keys.drop(open_window.original, [other])
        dialog = open_dialog(qtbot, open_window)
    assert session.series is not None
    assert len(session.series) == 1
    assert dialog.this_slice.text() == "this one: slice 3 of 5"

    for box in (dialog.cloud, dialog.picture):
        box.setChecked(False)
    dialog.derived.setChecked(True)
    dialog.series.setChecked(is_whole)
    dialog.folder.setText(str(out))
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    numbers = range(5) if is_whole else (2,)
    assert names(out) == [f"image-{one:04d}_slice{one + 1}_of_5.denoised.dcm" for one in numbers]
    for path in out.iterdir():
        assert str(pydicom.dcmread(path).PatientName) != "Other^One"


def test_a_series_that_plays_waits_at_its_slice_while_a_dialog_is_open(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    session, cine = open_window.session, open_window.slice_controller.cine
    qtbot.keyClick(open_window, Qt.Key.Key_C)  # type: ignore[no-untyped-call]
    with qtbot.waitSignals([session.predicted] * 3):
        assert cine.plays
    with qtbot.waitSignal(session.predicted):
        pass
    dialog, index = open_dialog(qtbot, open_window), session.index
    with qtbot.waitSignals([cine.clock.timeout] * 3):
        pass
    assert session.index == index

    dialog.reject()
    qtbot.waitUntil(lambda: session.index != index)
