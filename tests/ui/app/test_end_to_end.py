"""From a real file to a turned cloud and an export, by events alone, through a real network: a
small one with seeded weights.
"""

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import trimesh
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jrviewer.model.devices import Device
from jrviewer.model.joint_model import JointModel
from jrviewer.ui.app import StartUp
from jrviewer.ui.dialogs.export_dialog import ExportDialog
from jrviewer.ui.jobs.backend import Backend
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import body_image
from tests.support.small_network import small_net
from tests.ui.support import mouse_and_keys

BLIND = os.environ.get("QT_QPA_PLATFORM") == "offscreen"
PATIENCE_MS = 60_000

pytestmark = [
    pytest.mark.vtk,
    pytest.mark.skipif(BLIND, reason="no OpenGL on the offscreen platform"),
]


@pytest.fixture
def begun(qtbot: QtBot, tmp_path: Path) -> StartUp:
    """A window on a first slice, its cloud on screen."""
    backend = Backend(load=_load_small_model)
    begun = StartUp([_slice_file(tmp_path / "first.dcm", 0.0)], backend)
    qtbot.addWidget(begun.window)
    with qtbot.waitExposed(begun.window):
        begun.begin()
    with qtbot.waitActive(begun.window):
        begun.window.activateWindow()
    qtbot.waitUntil(lambda: begun.session.prediction is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: begun.window.cloud.interactor is not None, timeout=PATIENCE_MS)
    return begun


def test_a_slice_dropped_on_any_pane_becomes_a_cloud_that_turns_and_is_exported(
    qtbot: QtBot, begun: StartUp, tmp_path: Path
) -> None:
    window, session = begun.window, begun.session
    qtbot.waitUntil(lambda: window.cloud.interactor is not None, timeout=PATIENCE_MS)
    assert window.cloud.interactor is not None
    canvas: QWidget = window.cloud.interactor
    for number, pane in enumerate((window.original, window.denoised, canvas), start=1):
        with qtbot.waitSignal(session.predicted, timeout=PATIENCE_MS):
            assert mouse_and_keys.drop(
                pane, [_slice_file(tmp_path / f"{number}.dcm", 10.0 * number)]
            )
        assert session.slice is not None
        assert session.slice.plane.origin_mm[2] == 10.0 * number
    known = session.prediction
    assert known is not None
    assert known.cloud is not None
    assert len(known.cloud) == 1024

    before = _seen(window.cloud)
    mouse_and_keys.drag(canvas, (150, 150), (230, 190))
    assert np.abs(_seen(window.cloud).astype(int) - before).max() > 50

    qtbot.keyClick(window, Qt.Key.Key_E, mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]
    dialog = window.app_menu.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.folder.setText(str(tmp_path))
    with qtbot.waitSignal(window.app_menu.export_controller.exported, timeout=PATIENCE_MS):
        dialog.go.click()
    path = tmp_path / "3.ply"
    read = trimesh.load(path)
    assert isinstance(read, trimesh.PointCloud)
    assert len(read.vertices) > 0
    assert window.close()


def test_the_keypad_turns_the_cloud_and_the_digits_choose_windows(
    qtbot: QtBot, begun: StartUp
) -> None:
    window = begun.window
    qtbot.waitUntil(lambda: window.cloud.interactor is not None, timeout=PATIENCE_MS)
    assert window.cloud.interactor is not None
    window.cloud.interactor.setFocus()
    own, before = begun.session.view.now.window, _seen(window.cloud)
    keypad = Qt.KeyboardModifier.KeypadModifier

    qtbot.keyClick(window.cloud.interactor, Qt.Key.Key_3, keypad)  # type: ignore[no-untyped-call]
    assert begun.session.view.now.window == own
    assert not np.array_equal(_seen(window.cloud), before)
    qtbot.keyClick(window.cloud.interactor, Qt.Key.Key_3)  # type: ignore[no-untyped-call]
    assert begun.session.view.now.window.name == "Mediastinum"


def _load_small_model(device: Device) -> JointModel:
    return JointModel("Small 0", "0" * 64, "CPU fp32", small_net(), sharpness=1.0)


def _slice_file(path: Path, position_mm: float) -> Path:
    body = body_image(160, 160)
    return write_ct(path, body, position=(0, 0, position_mm), spacing=(2.5, 2.5))


def _seen(cloud: QWidget) -> npt.NDArray[np.uint8]:
    """What is on screen of the 3D view, grey (rows, columns)."""
    image = cloud.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : image.width()].copy()
