"""What the 3D view hides and what an export writes agree, or the dialog says where they differ."""

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Structure
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.dialogs.test_export_dialog import open_dialog

SKIN, BONE, AIR = Structure.SKIN, Structure.BONE, Structure.AIR


def show(window: MainWindow, *structures: Structure) -> None:
    window.cloud.toolbar.legend.choose_structures(structures)


def test_a_hidden_skin_is_not_written_unless_chosen(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path
) -> None:
    show(open_window, BONE, AIR)
    dialog = open_dialog(qtbot, open_window)
    assert dialog.skin.currentText() == "without skin"
    assert not dialog.difference.isVisible()

    dialog.picture.setChecked(False)
    dialog.folder.setText(str(tmp_path))
    with qtbot.waitSignal(open_window.app_menu.export_controller.exported):
        dialog.go.click()

    header = next(tmp_path.glob("*.ply")).read_bytes()[:4000]
    assert b"SKIN=left out" in header
    assert open_window.session.prediction is not None
    dense = open_window.session.prediction.compute_dense_cloud()
    assert dense is not None
    count = int((dense.labels != SKIN).sum())
    assert f"element vertex {count}".encode() in header


@pytest.mark.parametrize(
    ("shown", "chosen", "said"),
    [
        ((SKIN, BONE, AIR), 0, ""),
        ((SKIN, BONE, AIR), 1, ""),
        ((SKIN, BONE, AIR), 2, "▲ The 3D view shows the skin; the file leaves it out."),
        ((BONE, AIR), 1, "▲ The 3D view hides the skin; the file holds it."),
        ((SKIN, AIR), 0, "▲ The 3D view hides bone; the file holds it."),
        (
            (SKIN,),
            2,
            "▲ The 3D view shows the skin; the file leaves it out.\n"
            "▲ The 3D view hides bone; the file holds it.\n"
            "▲ The 3D view hides air in the body; the file holds it.",
        ),
    ],
)
def test_a_difference_is_said_before_the_export(
    qtbot: QtBot, open_window: MainWindow, shown: tuple[Structure, ...], chosen: int, said: str
) -> None:
    show(open_window, *shown)
    dialog = open_dialog(qtbot, open_window)

    dialog.skin.setCurrentIndex(chosen)
    assert dialog.difference.text() == said
    assert dialog.difference.isVisible() is bool(said)

    dialog.cloud.setChecked(False)
    assert not dialog.difference.isVisible()
    dialog.close()
