"""A simulated quarter of the dose: labelled everywhere, never exported, and left for the scan."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.diagnostics.low_dose_demonstration import Demonstration
from jrviewer.imaging.low_dose import simulated
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_mr
from tests.ui.state.test_nothing_is_kept import alive, kept_of
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press
from tests.ui.support.noisy_window import NoisyBackend, open_noisy, shown
from tests.ui.support.surface_pane import words

Key = Qt.Key
LABEL = "SIMULATED 25 % DOSE"


class Demonstrating(NoisyBackend):
    """Simulates as the app does; its denoiser is made up."""

    def demonstrate(self, prediction: Prediction, report: Report) -> Demonstration:
        noisy = simulated(prediction)
        twin = self.predict(noisy, report).at(prediction.strength)
        return Demonstration(prediction.slice, twin)


@pytest.fixture
def backend() -> Demonstrating:
    return Demonstrating()


@pytest.fixture
def noisy_window(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> MainWindow:
    """On the middle of three noisy slices."""
    return open_noisy(qtbot, window, tmp_path / "noisy")


@pytest.fixture
def twin_window(qtbot: QtBot, noisy_window: MainWindow) -> MainWindow:
    """The same at a simulated quarter of the dose, compared with the scan."""
    with qtbot.waitSignal(noisy_window.session.demonstrations.analysed):
        press(qtbot, noisy_window, Key.Key_D, mouse_and_keys.CTRL)
    return noisy_window


def titles(window: MainWindow) -> list[str]:
    labels = window.findChildren(QLabel, "paneTitle")
    return [one.text() for one in labels]


def test_every_pane_says_that_the_dose_is_simulated(twin_window: MainWindow) -> None:
    assert len(titles(twin_window)) == 3
    assert all(LABEL in one for one in titles(twin_window))
    assert "ORIGINAL" not in titles(twin_window)
    assert twin_window.original.corners.top_left[0] == LABEL
    assert twin_window.denoised.corners.top_left[0] == LABEL
    assert twin_window.original.corners.top_left.count(LABEL) == 1
    assert LABEL in twin_window.series_list.item(1).text()
    assert twin_window.message_bar.text == ""


def test_a_reveal_waits_for_the_scan_without_a_word(qtbot: QtBot, twin_window: MainWindow) -> None:
    qtbot.waitUntil(lambda: twin_window.session.surface.reason != "")

    twin_window.cloud.toolbar.measured.trigger()

    assert not twin_window.cloud.toolbar.measured.isChecked()
    assert words(twin_window) == ""


def test_going_there_and_back_moves_no_pane(qtbot: QtBot, noisy_window: MainWindow) -> None:
    def sizes() -> list[int]:
        QApplication.processEvents()
        return [noisy_window.original.height(), noisy_window.denoised.height()]

    before = sizes()
    with qtbot.waitSignal(noisy_window.session.demonstrations.analysed):
        press(qtbot, noisy_window, Key.Key_D, mouse_and_keys.CTRL)
    assert noisy_window.presenter.leave_twin.isVisible()
    assert sizes() == before


@pytest.mark.parametrize("key", [Key.Key_S, Key.Key_K, Key.Key_D])
def test_the_label_stays_however_the_two_are_compared(
    qtbot: QtBot, twin_window: MainWindow, key: Qt.Key
) -> None:
    press(qtbot, twin_window, key)

    assert all(LABEL in one for one in titles(twin_window))
    assert twin_window.denoised.corners.top_left[0] == LABEL


def test_the_twin_is_noisier_and_the_corner_says_how_near_denoising_comes_to_the_scan(
    twin_window: MainWindow,
) -> None:
    twin, scan = shown(twin_window), twin_window.session.demonstrations.acquired
    assert scan is not None
    centre = (slice(40, 120), slice(40, 120))
    assert twin.slice.pixels[centre].std() > 1.7 * scan.pixels[centre].std()

    lines = twin_window.denoised.corners.top_right
    assert "Compared with the acquired slice:" in lines
    likeness = twin_window.session.demonstrations.of(twin)
    assert likeness is not None
    assert likeness.psnr_after > likeness.psnr_before + 1
    assert f"PSNR {likeness.psnr_before:.1f} → {likeness.psnr_after:.1f} dB" in lines
    assert any(line.startswith("SSIM ") for line in lines)


def test_another_strength_is_compared_anew(qtbot: QtBot, twin_window: MainWindow) -> None:
    before = twin_window.denoised.corners.top_right
    with qtbot.waitSignal(twin_window.session.demonstrations.analysed):
        press(qtbot, twin_window, Key.Key_1, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: any("PSNR" in one for one in twin_window.denoised.corners.top_right))

    assert twin_window.denoised.corners.top_right != before


def test_nothing_of_it_leaves_the_window(
    qtbot: QtBot, twin_window: MainWindow, tmp_path: Path
) -> None:
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("before")
    assert not twin_window.actions_.export.isEnabled()
    assert not twin_window.actions_.copy.isEnabled()
    assert not twin_window.cloud.toolbar.picture.isEnabled()
    press(qtbot, twin_window, Key.Key_E, mouse_and_keys.CTRL)
    press(qtbot, twin_window, Key.Key_C, mouse_and_keys.CTRL)
    assert twin_window.app_menu.dialog is None
    assert clipboard.text() == "before"

    with qtbot.waitSignal(twin_window.session.failed) as failed:  # the last line of defence
        twin_window.app_menu.export_controller.copy()
    assert failed.args is not None
    assert "simulated dose" in failed.args[0]


@pytest.mark.parametrize("way", ["key", "button", "menu", "cross"])
def test_leaving_it_returns_to_the_scan_with_its_exports(
    qtbot: QtBot, twin_window: MainWindow, way: str
) -> None:
    session, scan = twin_window.session, twin_window.session.demonstrations.acquired
    if way == "key":
        press(qtbot, twin_window, Key.Key_D, mouse_and_keys.CTRL)
    elif way == "button":
        mouse_and_keys.click(twin_window.presenter.leave_twin)
    elif way == "menu":
        assert twin_window.actions_.demonstrate.text() == "Back to the scan"
        twin_window.actions_.demonstrate.trigger()
    else:
        session.close_series(1)

    assert session.slice is scan
    assert len(session.all_series) == 1
    assert session.demonstrations.acquired is None
    assert not twin_window.presenter.leave_twin.isVisible()
    assert "ORIGINAL" in titles(twin_window)
    assert not any(LABEL in one for one in titles(twin_window))
    assert twin_window.actions_.export.isEnabled()
    assert twin_window.cloud.toolbar.picture.isEnabled()


def test_it_closes_with_the_series_that_it_was_made_of_and_nothing_is_kept(
    qtbot: QtBot, twin_window: MainWindow, backend: Demonstrating
) -> None:
    session = twin_window.session
    references = kept_of(session)
    backend.asked.clear()

    session.close_series(0)
    with qtbot.waitSignal(session.worker_thread.finished):
        session.worker_thread.submit("test", lambda report: None)

    assert session.all_series == ()
    assert twin_window.welcome.isVisible()
    assert alive(references) == []


def test_it_is_offered_for_ct_whose_noise_is_known_alone(
    qtbot: QtBot, noisy_window: MainWindow, tmp_path: Path
) -> None:
    assert noisy_window.actions_.demonstrate.isEnabled()
    stored = np.full((160, 160), 300, np.uint16)
    with qtbot.waitSignal(noisy_window.session.predicted):
        noisy_window.session.open([write_mr(tmp_path / "mr.dcm", stored)])

    assert not noisy_window.actions_.demonstrate.isEnabled()


def test_whoever_goes_on_meanwhile_is_not_called_back_by_it(
    qtbot: QtBot, noisy_window: MainWindow
) -> None:
    session = noisy_window.session
    with qtbot.waitSignal(session.residuals.analysed):
        press(qtbot, noisy_window, Key.Key_D, mouse_and_keys.CTRL)
        press(qtbot, noisy_window, Key.Key_Down)
    qtbot.waitUntil(lambda: not session.foreground.is_busy)

    assert session.index == 2
    assert session.demonstrations.series is None
    assert len(session.all_series) == 1
    with qtbot.waitSignal(session.demonstrations.analysed):
        press(qtbot, noisy_window, Key.Key_D, mouse_and_keys.CTRL)
    assert LABEL in titles(noisy_window)


def test_another_one_takes_its_place(qtbot: QtBot, twin_window: MainWindow) -> None:
    session = twin_window.session
    session.choose_series(0)
    with qtbot.waitSignal(session.predicted):
        session.show(0)
    with qtbot.waitSignal(session.demonstrations.analysed):
        press(qtbot, twin_window, Key.Key_D, mouse_and_keys.CTRL)

    assert len(session.all_series) == 2
    assert session.series is not None
    assert session.demonstrations.acquired is session.all_series[0][0]
