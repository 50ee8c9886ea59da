"""Where a denoising strength is chosen or stated: its own dialog, export, settings."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer import dicom
from jrviewer.core.strength import HIGH, LOW, STANDARD
from jrviewer.ui import app
from jrviewer.ui.dialogs.export_dialog import ExportDialog
from jrviewer.ui.dialogs.settings_dialog import SettingsDialog
from jrviewer.ui.dialogs.strength_dialog import StrengthDialog
from jrviewer.ui.state import settings
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press
from tests.ui.support.noisy_window import (
    ALT,
    CUSTOM_KEY,
    KEYS,
    SD,
    NoisyBackend,
    badge,
    button_name,
    checked,
    left,
    open_noisy,
    shown,
    tissue,
)

Key = Qt.Key


@pytest.fixture
def backend() -> NoisyBackend:
    return NoisyBackend()


@pytest.fixture
def noisy_window(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> MainWindow:
    return open_noisy(qtbot, window, tmp_path / "noisy")


@pytest.fixture
def dialog(qtbot: QtBot, noisy_window: MainWindow) -> StrengthDialog:
    """The dialog for a strength of one's own, opened by its key."""
    press(qtbot, noisy_window, CUSTOM_KEY, ALT)
    dialog = noisy_window.app_menu.dialog
    assert isinstance(dialog, StrengthDialog)
    qtbot.waitUntil(dialog.isVisible)
    return dialog


def test_a_target_is_met_and_every_field_and_view_follows_as_it_is_typed(
    qtbot: QtBot, noisy_window: MainWindow, dialog: StrengthDialog
) -> None:
    before = shown(noisy_window).noise_before
    assert before is not None
    dialog.target.selectAll()
    qtbot.keyClicks(dialog.target, "6")  # type: ignore[no-untyped-call]

    assert shown(noisy_window).noise_after == pytest.approx(6.0, abs=0.1)
    assert dialog.percent.value() == round(100 * (1 - 6 / before))
    assert checked(noisy_window) == "Custom…"
    press(qtbot, dialog, Key.Key_Return)
    assert shown(noisy_window).noise_after == pytest.approx(6.0, abs=0.1)
    assert badge(noisy_window) == str(shown(noisy_window).strength)


def test_a_share_is_met_and_one_that_has_a_name_is_called_by_it(
    qtbot: QtBot, noisy_window: MainWindow, dialog: StrengthDialog
) -> None:
    for text, name in (("40", "40 %"), ("30", "Low")):
        dialog.percent.selectAll()
        qtbot.keyClicks(dialog.percent, text)  # type: ignore[no-untyped-call]
        assert left(noisy_window) == pytest.approx(1 - int(text) / 100, abs=0.01)
        assert button_name(noisy_window) == f"Denoising strength: {name}"


def test_cancelling_returns_to_the_strength_that_there_was(
    qtbot: QtBot, noisy_window: MainWindow, dialog: StrengthDialog
) -> None:
    assert checked(noisy_window) == "Standard"
    press(qtbot, dialog.percent, Key.Key_Up)
    assert checked(noisy_window) == "Custom…"
    press(qtbot, dialog, Key.Key_Escape)

    assert shown(noisy_window).strength == STANDARD
    assert checked(noisy_window) == "Standard"


def test_without_a_measured_noise_no_target_can_be_named(
    qtbot: QtBot, noisy_window: MainWindow, backend: NoisyBackend
) -> None:
    backend.measures = False
    with qtbot.waitSignal(noisy_window.session.predicted):
        press(qtbot, noisy_window, Key.Key_Return)
    assert noisy_window.status_bar.noise.text() == "Noise could not be measured"
    press(qtbot, noisy_window, CUSTOM_KEY, ALT)
    dialog = noisy_window.app_menu.dialog
    assert isinstance(dialog, StrengthDialog)

    assert not dialog.target.isEnabled()
    assert dialog.percent.isEnabled()
    assert any("could not be measured" in one.text() for one in dialog.findChildren(QLabel))


def test_the_dialog_tells_the_noise_of_the_slice_that_is_shown_when_other_files_arrive(
    qtbot: QtBot, noisy_window: MainWindow, tmp_path: Path
) -> None:
    """Dropped before the dialog was opened, read while it is."""
    session = noisy_window.session
    calm = write_ct(
        tmp_path / "calm.dcm",
        np.rint(tissue() + np.random.default_rng(9).normal(0, SD / 4, tissue().shape)),
        signed=True,
    )
    with qtbot.waitSignal(session.predicted):
        mouse_and_keys.drop(noisy_window.original, [calm])
        press(qtbot, noisy_window, CUSTOM_KEY, ALT)
        dialog = noisy_window.app_menu.dialog
        assert isinstance(dialog, StrengthDialog)
        first = f"noise is {shown(noisy_window).noise_before:.1f} HU"
        assert any(first in one.text() for one in dialog.findChildren(QLabel))

    before = shown(noisy_window).noise_before
    assert before is not None
    assert before < SD / 2
    words = [one.text() for one in dialog.findChildren(QLabel)]
    assert any(f"noise is {before:.1f} HU" in one for one in words)
    assert dialog.target.maximum() == pytest.approx(before, abs=0.1)
    assert dialog.target.value() == pytest.approx(before / 2, abs=0.1)
    assert session.strength.now == STANDARD  # nobody has asked for another


def test_exports_have_the_strength_that_is_shown_also_of_slices_not_seen_yet(
    qtbot: QtBot, noisy_window: MainWindow, tmp_path: Path
) -> None:
    window = noisy_window
    press(qtbot, window, KEYS[HIGH], ALT)
    press(qtbot, window, Key.Key_E, mouse_and_keys.CTRL)
    dialog = window.app_menu.dialog
    assert isinstance(dialog, ExportDialog)
    assert "Denoising strength, as shown: High" in [
        label.text() for label in dialog.findChildren(QLabel)
    ]
    out = tmp_path / "out"
    out.mkdir()
    dialog.folder.setText(str(out))
    dialog.cloud.setChecked(False)
    dialog.picture.setChecked(False)
    dialog.derived.setChecked(True)
    dialog.series.setChecked(True)
    with qtbot.waitSignal(window.app_menu.export_controller.exported):
        mouse_and_keys.click(dialog.go)

    (series,) = dicom.read([out]).series
    assert len(series) == 3
    for one in series:
        calm = (one.pixels - tissue())[40:-40, 40:-40]
        assert calm.std() == pytest.approx(0.25 * SD, rel=0.1)


@pytest.fixture
def user_preferences(tmp_path: Path) -> Preferences:
    return Preferences(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def own_window(qtbot: QtBot, user_preferences: Preferences) -> Iterator[MainWindow]:
    """A window with preferences that outlast it."""
    window = app.create_window(Session(NoisyBackend()), user_preferences)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    yield window
    window.close()


def test_the_standard_strength_is_the_first_one(own_window: MainWindow) -> None:
    assert own_window.session.strength.now == STANDARD
    assert button_name(own_window) == "Denoising strength: Standard"
    assert checked(own_window) == "Standard"


def test_a_strength_chosen_in_the_settings_is_used_at_once_and_in_the_next_run(
    qtbot: QtBot, own_window: MainWindow, user_preferences: Preferences
) -> None:
    press(qtbot, own_window, Key.Key_Comma, mouse_and_keys.CTRL)
    dialog = own_window.app_menu.dialog
    assert isinstance(dialog, SettingsDialog)
    dialog.pages.setCurrentIndex(1)
    press(qtbot, dialog.strength, Key.Key_H)
    press(qtbot, dialog, Key.Key_Return)

    assert own_window.session.strength.now == HIGH
    assert settings.load(user_preferences).strength == "high"
    following = app.create_window(Session(NoisyBackend()), user_preferences)
    qtbot.addWidget(following)
    assert button_name(following) == "Denoising strength: High"
    following.close()


def test_other_settings_leave_the_strength_of_the_toolbar_alone(
    qtbot: QtBot, own_window: MainWindow
) -> None:
    press(qtbot, own_window, KEYS[LOW], ALT)
    press(qtbot, own_window, Key.Key_Comma, mouse_and_keys.CTRL)
    dialog = own_window.app_menu.dialog
    assert isinstance(dialog, SettingsDialog)
    dialog.ahead.click()
    press(qtbot, dialog, Key.Key_Return)

    assert own_window.session.strength.now == LOW


@pytest.mark.parametrize("stored", ["much", "101", "nan", ""])
def test_a_strength_that_is_none_is_replaced_by_the_standard_one(
    user_preferences: Preferences, stored: str
) -> None:
    user_preferences.put("settings/strength", stored)

    assert settings.load(user_preferences).strength == "standard"


def test_a_target_that_the_model_cannot_reach_is_said_to_be_out_of_reach(
    qtbot: QtBot, noisy_window: MainWindow, dialog: StrengthDialog
) -> None:
    dialog.target.setValue(6)
    assert dialog.reached.text() == ""

    dialog.target.setValue(0.5)  # the made-up model leaves a tenth of 20 HU

    left_over = shown(noisy_window).noise_after
    assert left_over is not None
    assert left_over > 1
    assert dialog.reached.text().endswith(f"the model leaves noise of {left_over:.1f} HU.")
    dialog.percent.setValue(50)
    assert dialog.reached.text() == ""


def test_the_strength_chosen_on_the_toolbar_is_that_of_the_next_start(
    qtbot: QtBot, noisy_window: MainWindow
) -> None:
    press(qtbot, noisy_window, KEYS[HIGH], ALT)
    assert settings.load(noisy_window.preferences).strength == "high"

    again = app.create_window(Session(NoisyBackend()), noisy_window.preferences)
    qtbot.addWidget(again)
    assert again.session.strength.now == HIGH
    again.close()
