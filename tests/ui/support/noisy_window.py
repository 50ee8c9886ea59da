"""A window on noisy slices, whose denoiser is made up and can be told every strength."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QThread
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction, Removed
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.core.strength import HIGH, LOW, STANDARD
from jrviewer.imaging.noise_level import measure
from jrviewer.imaging.residual_check import check_removed
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.conftest import FakeBackend

ALT = Qt.KeyboardModifier.AltModifier
KEYS = {LOW: Qt.Key.Key_1, STANDARD: Qt.Key.Key_2, HIGH: Qt.Key.Key_3}
CUSTOM_KEY = Qt.Key.Key_4
SIDE, SD = 160, 20.0


def tissue() -> FloatArray:
    """Soft tissue of 50 HU in air."""
    clean = np.full((SIDE, SIDE), -1000, np.float32)
    clean[20:-20, 20:-20] = 50
    return clean


class NoisyBackend(FakeBackend):
    """Removes nine tenths of the noise, and notes which threads judge what was removed."""

    def __init__(self) -> None:
        super().__init__()
        self.judged_in: list[QThread] = []
        self.measures = True  # the noise

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        made = super().predict(chosen, report)
        clean = tissue()
        fully = clean + np.float32(0.1) * (chosen.pixels - clean)
        noise = None
        if self.measures:
            noise = measure(chosen.pixels, fully, chosen.unit)
        return replace(made, fully_denoised=fully, noise=noise, check_residual=self._judge)

    def _judge(self, chosen: Slice, denoised: FloatArray) -> Removed:
        self.judged_in.append(QThread.currentThread())
        return check_removed(chosen, denoised)


def write_noisy(folder: Path, count: int = 3) -> None:
    """Slices of tissue, each with its own noise."""
    for number in range(count):
        noise = np.random.default_rng(number).normal(0, SD, (SIDE, SIDE))
        pixels = np.rint(tissue() + noise)
        place = (0.0, 0.0, 5.0 * number)
        path = folder / f"{number}.dcm"
        write_ct(path, pixels, signed=True, position=place, instance=number + 1)


def open_noisy(qtbot: QtBot, window: MainWindow, folder: Path) -> MainWindow:
    """The window on three noisy slices, denoised at the standard strength and judged."""
    folder.mkdir()
    write_noisy(folder)
    window.session.strength.choose(STANDARD)
    with qtbot.waitSignal(window.session.residuals.analysed):
        window.session.open([folder])
    return window


def shown(window: MainWindow) -> Prediction:
    assert window.session.prediction is not None
    return window.session.prediction


def seen(window: MainWindow) -> QImage:
    return window.denoised.grab().toImage()


def button_name(window: MainWindow) -> str:
    return window.slice_controller.actions_.strength.button.accessibleName()


def checked(window: MainWindow) -> str:
    action = window.slice_controller.actions_.strength.group.checkedAction()
    assert action is not None
    return action.text().split("  ")[0]


def badge(window: MainWindow) -> str:
    label = window.denoised_pane.findChild(QLabel, "badge")
    assert label is not None
    return label.text()


def left(window: MainWindow) -> float:
    """The share of the noise that is left in the slice shown."""
    before, after = shown(window).noise_before, shown(window).noise_after
    assert before is not None
    assert after is not None
    return after / before
