"""The denoising strength, by real keys on a window whose denoiser is made up."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QThread, QTimer
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer.core.strength import HIGH, LOW, STANDARD, Strength
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press
from tests.ui.support.noisy_window import (
    ALT,
    KEYS,
    NoisyBackend,
    badge,
    button_name,
    checked,
    left,
    open_noisy,
    seen,
    shown,
)

Key = Qt.Key


@pytest.fixture
def backend() -> NoisyBackend:
    return NoisyBackend()


@pytest.fixture
def noisy_window(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> MainWindow:
    return open_noisy(qtbot, window, tmp_path / "noisy")


@pytest.mark.parametrize("strength", [LOW, HIGH])
def test_a_key_shows_the_slice_at_another_strength_without_inference(
    qtbot: QtBot, noisy_window: MainWindow, backend: NoisyBackend, strength: Strength
) -> None:
    window, before = noisy_window, seen(noisy_window)
    cloud = shown(window).cloud
    name = strength.name.capitalize()

    press(qtbot, window, KEYS[strength], ALT)

    assert shown(window).strength == strength
    assert left(window) == pytest.approx(1 - strength.reduction, abs=0.01)
    assert seen(window) != before
    assert shown(window).cloud is cloud
    assert len(backend.asked) == 1
    assert button_name(window) == f"Denoising strength: {name}"
    assert window.slice_controller.actions_.strength.button.text() == name
    assert checked(window) == name
    assert badge(window) == name  # the title says AI

    press(qtbot, window, KEYS[STANDARD], ALT)
    assert seen(window) == before


def test_the_button_s_menu_is_used_without_a_mouse(qtbot: QtBot, noisy_window: MainWindow) -> None:
    button = noisy_window.slice_controller.actions_.strength.button
    menu = button.menu()
    assert menu is not None
    assert [one.text().split("  ")[0] for one in menu.actions()] == [
        *("Low", "Standard", "High", "Custom…")
    ]

    def choose_the_first() -> None:
        press(qtbot, menu, Key.Key_Down)
        press(qtbot, menu, Key.Key_Return)

    menu.aboutToShow.connect(lambda: QTimer.singleShot(0, choose_the_first))
    button.setFocus(Qt.FocusReason.TabFocusReason)
    press(qtbot, button, Key.Key_Space)

    qtbot.waitUntil(lambda: shown(noisy_window).strength == LOW)


def test_the_status_bar_says_what_became_of_the_noise(
    qtbot: QtBot, noisy_window: MainWindow
) -> None:
    label = noisy_window.status_bar.noise
    for strength, key in KEYS.items():
        press(qtbot, noisy_window, key, ALT)
        assert label.isVisible()
        assert label.text() == shown(noisy_window).noise_sentence
        assert f"(−{100 * strength.reduction:.0f} %)" in label.text()
        assert strength.name.capitalize() in label.toolTip()


def test_what_was_removed_is_shown_and_judged_anew_but_never_in_the_window_s_own_thread(
    qtbot: QtBot, noisy_window: MainWindow, backend: NoisyBackend
) -> None:
    window = noisy_window
    press(qtbot, window, Key.Key_D)
    before = shown(window).removed
    assert before is not None
    residual = seen(window)

    with qtbot.waitSignal(window.session.residuals.analysed):
        press(qtbot, window, KEYS[LOW], ALT)

    after = shown(window).removed
    assert after is not None
    assert after.noise < 0.7 * before.noise
    assert seen(window) != residual
    assert len(backend.judged_in) == 2
    assert QThread.currentThread() not in backend.judged_in


def test_region_and_value_under_the_pointer_follow(qtbot: QtBot, noisy_window: MainWindow) -> None:
    window = noisy_window
    press(qtbot, window, Key.Key_O)
    middle = window.original.width() // 2, window.original.height() // 2
    mouse_and_keys.drag(window.original, middle, (middle[0] + 60, middle[1] + 60))
    window.presenter.show_probe((80.0, 80.0))
    texts = set()
    for strength, key in KEYS.items():
        press(qtbot, window, key, ALT)
        readout = window.slice_controller.roi_readout.text()
        before, after = _sds(readout)
        assert after / before == pytest.approx(1 - strength.reduction, abs=0.06)
        assert f"AI {shown(window).denoised[80, 80]:.0f}" in window.status_bar.probe.text()
        texts.add(readout)
    assert len(texts) == 3


def _sds(readout: str) -> tuple[float, float]:
    """From “ROI SD 20.1 → AI 10.0 …”."""
    words = readout.split()
    return float(words[2]), float(words[5])


def test_other_slices_are_shown_at_the_same_strength_and_none_is_inferred_twice(
    qtbot: QtBot, noisy_window: MainWindow, backend: NoisyBackend
) -> None:
    session = noisy_window.session
    with qtbot.waitSignal(session.predicted):
        press(qtbot, noisy_window, Key.Key_Down)
    press(qtbot, noisy_window, KEYS[HIGH], ALT)
    press(qtbot, noisy_window, Key.Key_Up)

    assert shown(noisy_window).strength == HIGH
    assert badge(noisy_window) == "High"
    assert left(noisy_window) == pytest.approx(0.25, abs=0.01)
    assert len(backend.asked) == 2


@pytest.mark.parametrize("key", [Key.Key_S, Key.Key_K, Key.Key_D])
def test_the_longest_name_leaves_the_pane_s_title_whole_and_ai_is_said_once(
    qtbot: QtBot, noisy_window: MainWindow, key: Qt.Key
) -> None:
    press(qtbot, noisy_window, key)
    assert badge(noisy_window) == "Standard"
    title = noisy_window.denoised_pane.findChild(QLabel, "paneTitle")
    assert title is not None
    assert title.text().split().count("AI") == 1

    qtbot.waitUntil(lambda: title.width() >= title.sizeHint().width())
