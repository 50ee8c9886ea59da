"""A result under a reservation is framed wherever it is shown, and only there."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Finding, Slice
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.conftest import FakeBackend
from tests.ui.support.cloud_pane import needs_opengl
from tests.ui.support.mouse_and_keys import press
from tests.ui.support.surface_pane import canvas_of


class IdleWorker(FakeBackend):
    """Gives every slice back as it is."""

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        made = super().predict(chosen, report)
        return replace(made, fully_denoised=chosen.pixels.copy())


class DoubtingWorker(FakeBackend):
    """Doubts every slice that has no spacing."""

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        made = super().predict(chosen, report)
        if chosen.spacing_source != "missing":
            return made
        return replace(made, findings=(Finding("amber", "The file states no spacing."),))


@pytest.fixture
def backend() -> FakeBackend:
    return DoubtingWorker()


def amber_in_frame(widget: QWidget) -> float:
    """Which share of the outermost seven points at the left is more red than blue."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    shape = image.height(), image.width(), 4
    seen = np.array(image.constBits(), dtype=np.uint8).reshape(shape).astype(int)
    strip = seen[30:-30, :7]
    return float((strip[..., 2] - strip[..., 0] > 60).mean())


def open_one(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([path])


def test_slice_and_cloud_of_an_amber_check_are_framed_until_a_green_one_comes(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, ct_file: Path
) -> None:
    open_one(qtbot, window, write_ct(tmp_path / "doubted.dcm", spacing=None))
    assert amber_in_frame(window.denoised) > 0.1
    assert amber_in_frame(window.cloud.stack) > 0.1
    assert amber_in_frame(window.original) == 0

    open_one(qtbot, window, ct_file)
    assert amber_in_frame(window.denoised) == 0
    assert amber_in_frame(window.cloud.stack) == 0


@pytest.mark.vtk
@needs_opengl
def test_the_frame_lies_over_the_3d_picture(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.cloud.prepare()
    window.cloud.create()
    with qtbot.waitActive(window):
        window.activateWindow()
    open_one(qtbot, window, write_ct(tmp_path / "doubted.dcm", spacing=None))

    picture = canvas_of(window)
    assert window.cloud.stack.currentWidget() is picture
    above = window.cloud.stack.children()
    assert above.index(window.cloud.hatching) > above.index(picture)
    assert amber_in_frame(window.cloud.stack) > 0.1
    window.cloud.close_interactor()


def test_the_ai_pane_says_that_its_window_is_the_original_s(
    qtbot: QtBot, window: MainWindow, ct_file: Path
) -> None:
    open_one(qtbot, window, ct_file)

    assert "same window (locked)" in window.denoised.corners.bottom_left
    assert "same window (locked)" not in window.original.corners.bottom_left


def test_what_was_removed_is_not_said_to_be_in_the_slices_window(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    press(qtbot, open_window, Qt.Key.Key_D)

    lines = open_window.denoised.corners.bottom_left
    assert not any(line.startswith("W ") or "locked" in line for line in lines)
    assert any(re.fullmatch(r"Own colours: ±\d+ HU", line) for line in lines)

    press(qtbot, open_window, Qt.Key.Key_D)
    assert "same window (locked)" in open_window.denoised.corners.bottom_left


@pytest.mark.parametrize("backend", [IdleWorker()])
def test_where_next_to_nothing_was_removed_the_window_says_so(
    qtbot: QtBot, window: MainWindow, ct_file: Path
) -> None:
    open_one(qtbot, window, ct_file)
    qtbot.waitUntil(
        lambda: window.slice_controller.residual_button.text() == "Removed: almost nothing"
    )

    press(qtbot, window, Qt.Key.Key_D)

    qtbot.waitUntil(lambda: "almost nothing removed: SD 0.0 HU" in window.denoised.corners.top_left)
    assert "this slice is nearly unchanged" in window.denoised.corners.top_left
