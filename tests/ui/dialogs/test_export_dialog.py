"""The export dialog, driven by input events, and the files that it writes."""

import json
from pathlib import Path

import pytest
import trimesh
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer import dicom
from jrviewer.core.errors import InputRefusedError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.export.provenance import verify
from jrviewer.export.writer import SHOWS_TEXT
from jrviewer.imaging.measured_surface import SurfaceMeasurement
from jrviewer.ui.dialogs.export_dialog import ExportDialog
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.support.series_factory import make_ball
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys


@pytest.fixture
def dialog(qtbot: QtBot, open_window: MainWindow, tmp_path: Path) -> ExportDialog:
    """Opened by its key, pointed to an empty folder."""
    dialog = open_dialog(qtbot, open_window)
    (tmp_path / "out").mkdir()
    dialog.folder.setText(str(tmp_path / "out"))
    return dialog


def open_dialog(qtbot: QtBot, window: MainWindow) -> ExportDialog:
    with qtbot.waitActive(window):
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_E, mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]
    dialog = window.app_menu.dialog
    assert isinstance(dialog, ExportDialog)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_slice_is_written_as_everything_that_is_ticked(
    qtbot: QtBot, open_window: MainWindow, dialog: ExportDialog, tmp_path: Path
) -> None:
    for box, wanted in ((dialog.cloud, True), (dialog.picture, True), (dialog.derived, True)):
        box.setChecked(wanted)
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    assert names(tmp_path / "out") == [
        "image-0002_slice3_of_5.denoised.dcm",
        "image-0002_slice3_of_5.ply",
        "image-0002_slice3_of_5.png",
    ]
    opened = dicom.read([tmp_path / "out" / "image-0002_slice3_of_5.denoised.dcm"])
    assert len(opened.series) == 1
    assert "image-0002_slice3_of_5.ply" in open_window.message_bar.text


def test_points_format_and_skin_are_as_chosen(
    qtbot: QtBot, open_window: MainWindow, dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.picture.setChecked(False)
    dialog.points.setCurrentText("4096")
    dialog.format.setCurrentIndex(1)
    dialog.skin.setCurrentIndex(1)
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    path = tmp_path / "out" / "image-0002_slice3_of_5.ply"
    assert b"format ascii" in path.read_bytes()[:40]
    cloud = trimesh.load(path)
    assert isinstance(cloud, trimesh.PointCloud)
    assert len(cloud.vertices) == 4096


def test_a_whole_series_is_written_slice_by_slice(
    qtbot: QtBot, open_window: MainWindow, dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.series.setChecked(True)
    dialog.cloud.setChecked(False)
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    assert names(tmp_path / "out") == [
        f"image-{number:04d}_slice{number + 1}_of_5.png" for number in range(5)
    ]
    assert "1 more files" in open_window.message_bar.text


def test_what_is_in_the_folder_already_is_kept(
    qtbot: QtBot, open_window: MainWindow, dialog: ExportDialog, tmp_path: Path
) -> None:
    (tmp_path / "out" / "image-0002_slice3_of_5.ply").write_text("mine")
    dialog.picture.setChecked(False)
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    assert (tmp_path / "out" / "image-0002_slice3_of_5.ply").read_text() == "mine"
    assert len(names(tmp_path / "out")) == 2


def test_refused_slices_of_a_series_are_said_beside_what_was_written(
    qtbot: QtBot,
    open_window: MainWindow,
    dialog: ExportDialog,
    backend: FakeBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        raise InputRefusedError("The model was not run. No body was found in this slice.")

    monkeypatch.setattr(backend, "predict", refuse)
    dialog.series.setChecked(True)
    with qtbot.waitSignal(open_window.session.failed):
        dialog.go.click()

    assert open_window.message_bar.text.startswith("2 files written, 4 slices incomplete: ")


def test_an_export_to_nowhere_says_why(
    qtbot: QtBot, open_window: MainWindow, dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.folder.setText(str(tmp_path / "absent"))
    with qtbot.waitSignal(open_window.session.failed):
        dialog.go.click()

    assert "folder" in open_window.message_bar.text
    assert str(tmp_path) not in open_window.message_bar.text


def test_the_choice_is_remembered_but_for_the_skin(
    qtbot: QtBot, open_window: MainWindow, dialog: ExportDialog, tmp_path: Path
) -> None:
    dialog.picture.setChecked(False)
    dialog.points.setCurrentText("1000")
    dialog.format.setCurrentIndex(1)
    dialog.skin.setCurrentIndex(1)
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    again = open_dialog(qtbot, open_window)
    assert not again.picture.isChecked()
    assert again.points.currentText() == "1000"
    assert again.format.currentIndex() == 1
    assert again.skin.currentIndex() == 0
    assert again.folder.text() == str(tmp_path / "out")
    assert str(tmp_path) not in json.dumps(open_window.preferences._values)
    again.reject()


def test_the_dialog_says_that_the_derived_dicom_keeps_the_identity(dialog: ExportDialog) -> None:
    said = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "keeps the patient's identity unless it is removed here" in said
    dialog.reject()


def test_nothing_ticked_cannot_be_exported(dialog: ExportDialog) -> None:
    for box in (dialog.cloud, dialog.picture, dialog.derived):
        box.setChecked(False)
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_the_picture_goes_to_the_clipboard(qtbot: QtBot, open_window: MainWindow) -> None:
    with qtbot.waitSignal(open_window.app_menu.export_controller.copied):
        qtbot.keyClick(open_window, Qt.Key.Key_C, mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]

    picture = QGuiApplication.clipboard().image()
    assert picture.width() >= 2 * 64
    assert "clipboard" in open_window.message_bar.text
    QGuiApplication.clipboard().clear()


def test_copying_an_image_that_shows_text_warns_of_it(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    source = write_ct(tmp_path / "a.dcm", extra={"BurnedInAnnotation": "YES"})
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([source])

    with qtbot.waitSignal(window.app_menu.export_controller.warned) as warned:
        window.actions_.copy.trigger()

    assert warned.args == [SHOWS_TEXT]
    QGuiApplication.clipboard().clear()


@pytest.mark.parametrize(("index", "ending"), [(2, "vtp"), (3, "csv")])
def test_the_cloud_is_written_in_the_format_that_is_chosen(
    qtbot: QtBot,
    open_window: MainWindow,
    dialog: ExportDialog,
    tmp_path: Path,
    index: int,
    ending: str,
) -> None:
    dialog.picture.setChecked(False)
    dialog.format.setCurrentIndex(index)
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    assert names(tmp_path / "out") == [f"image-0002_slice3_of_5.{ending}"]


@pytest.mark.parametrize(("index", "ending"), [(0, "pdf"), (1, "png")])
def test_an_evidence_sheet_is_written_and_verifies(
    qtbot: QtBot,
    open_window: MainWindow,
    dialog: ExportDialog,
    tmp_path: Path,
    index: int,
    ending: str,
) -> None:
    dialog.picture.setChecked(False)
    dialog.cloud.setChecked(False)
    dialog.sheet.click()
    dialog.sheet_kind.setCurrentIndex(index)
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    path = tmp_path / "out" / f"image-0002_slice3_of_5.evidence.{ending}"
    assert verify(path).status == "other_weights"  # the fake backend's


def test_a_surface_that_is_not_measured_is_not_offered(dialog: ExportDialog) -> None:
    assert not dialog.surface.isEnabled()
    assert dialog.surface.toolTip().startswith("Not measured yet")


def test_the_measured_surface_is_written_beside_the_slices_files(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    open_window.session.surface.mesh = SurfaceMeasurement(make_ball()[0])()
    dialog = open_dialog(qtbot, open_window)
    dialog.folder.setText(str(tmp_path / "out"))
    (tmp_path / "out").mkdir()
    dialog.picture.setChecked(False)
    dialog.surface.click()
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    assert names(tmp_path / "out") == ["image-0002_slice3_of_5.ply", "measured-surface.stl"]
    mesh = trimesh.load(tmp_path / "out" / "measured-surface.stl")
    assert isinstance(mesh, trimesh.Trimesh)
    assert len(mesh.faces) > 100
    assert verify(tmp_path / "out" / "measured-surface.stl").ok


def test_the_folder_is_shown_afterwards_if_that_is_ticked(
    qtbot: QtBot,
    open_window: MainWindow,
    dialog: ExportDialog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    dialog.opens.click()
    with qtbot.waitSignal(open_window.app_menu.export_controller.folder_shown):
        dialog.go.click()

    assert opened == [str(tmp_path / "out")]
