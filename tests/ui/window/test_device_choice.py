"""The device in the settings: every graphics processor by its name, though no test machine has one.

What torch would report is made up; the network that is loaded is real and small.
"""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.core.errors import DeviceError
from jrviewer.core.progress import silent
from jrviewer.model import kept_choice
from jrviewer.model.joint_model import JointModel
from jrviewer.ui.app import create_window
from jrviewer.ui.dialogs.help import PageWindow
from jrviewer.ui.dialogs.settings_dialog import SettingsDialog
from jrviewer.ui.jobs.backend import Backend
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.main_window import MainWindow
from tests.support.small_network import small_net
from tests.ui.support import mouse_and_keys

TWO = ("NVIDIA A2", "NVIDIA L4")


class Doctored(Backend):
    """A computer with two graphics processors; the second one fails its trial."""

    def __init__(self) -> None:
        super().__init__(load=self.load_there, list_graphics=lambda: TWO)
        self.loaded: list[str] = []

    def close(self) -> None:
        """The decoding process stays for the next test."""

    def load_there(self, device: str) -> JointModel:
        self.loaded.append(device)
        if device == "cuda:1":
            raise DeviceError("The graphics processor cannot run the model.")
        return JointModel("Small 0", "0" * 64, f"{device} fp32", small_net(), sharpness=1.0)


def make_window(qtbot: QtBot, remembered: str) -> tuple[MainWindow, Doctored]:
    """A window whose settings remember a device; its model is not loaded yet."""
    backend, preferences = Doctored(), Preferences()
    preferences.put("settings/device", remembered)
    window = create_window(Session(backend), preferences)
    qtbot.addWidget(window)
    window.show()
    with qtbot.waitActive(window):
        window.activateWindow()
    return window, backend


def load(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.session.device_known):
        window.session.allow_predictions()


def open_settings(qtbot: QtBot, window: MainWindow) -> SettingsDialog:
    qtbot.keyClick(window, Qt.Key.Key_Comma, mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]
    dialog = window.app_menu.dialog
    assert isinstance(dialog, SettingsDialog)
    dialog.pages.setCurrentIndex(1)
    return dialog


def offered(dialog: SettingsDialog) -> list[str]:
    return [dialog.device.itemText(index) for index in range(dialog.device.count())]


def test_every_graphics_processor_is_offered_by_its_name(qtbot: QtBot) -> None:
    window, _ = make_window(qtbot, "auto")
    load(qtbot, window)
    dialog = open_settings(qtbot, window)

    assert offered(dialog) == [
        *("automatic", "processor (CPU)", "NVIDIA A2  (cuda:0)", "NVIDIA L4  (cuda:1)")
    ]
    assert dialog.device.currentText() == "automatic"


def test_one_chosen_by_keys_is_loaded_and_remembered_by_its_name(qtbot: QtBot) -> None:
    window, backend = make_window(qtbot, "auto")
    load(qtbot, window)
    dialog = open_settings(qtbot, window)
    for _ in range(2):
        qtbot.keyClick(dialog.device, Qt.Key.Key_Down)  # type: ignore[no-untyped-call]
    with qtbot.waitSignal(window.session.device_known):
        qtbot.keyClick(dialog, Qt.Key.Key_Return)  # type: ignore[no-untyped-call]

    assert backend.loaded == ["auto", "cuda:0"]
    assert window.preferences.get("settings/device", "") == "NVIDIA A2"
    assert window.status_bar.device.text() == "cuda:0 fp32"
    assert not window.message_bar.text


def test_settings_opened_before_the_model_is_there_are_filled_in_when_it_is(qtbot: QtBot) -> None:
    window, _ = make_window(qtbot, "NVIDIA A2")
    dialog = open_settings(qtbot, window)
    assert offered(dialog) == ["automatic", "processor (CPU)", "NVIDIA A2"]
    assert dialog.device.currentText() == "NVIDIA A2"
    load(qtbot, window)

    assert dialog.device.currentText() == "NVIDIA A2  (cuda:0)"
    assert dialog.device.count() == 4


def test_one_that_has_gone_is_replaced_and_said_in_amber_but_stays_chosen(qtbot: QtBot) -> None:
    window, backend = make_window(qtbot, "NVIDIA H100")
    load(qtbot, window)

    assert backend.loaded == ["auto"]
    assert "NVIDIA H100, is not there" in window.message_bar.text
    assert window.message_bar.property("kind") == "warning"
    assert "not found, using automatic" in open_settings(qtbot, window).device.currentText()
    assert window.app_menu.settings.device == "NVIDIA H100"


def test_one_that_cannot_run_the_model_gives_way_to_the_cpu_and_says_so(qtbot: QtBot) -> None:
    window, backend = make_window(qtbot, "NVIDIA L4")
    load(qtbot, window)

    assert backend.loaded == ["cuda:1", "cpu"]
    assert "the CPU is used instead" in window.message_bar.text
    assert window.message_bar.property("kind") == "warning"
    backend.ready(silent)
    assert backend.loaded == ["cuda:1", "cpu"]


@pytest.mark.parametrize("told", ["cuda", ""])
def test_a_choice_of_an_earlier_version_becomes_automatic(qtbot: QtBot, told: str) -> None:
    window, _ = make_window(qtbot, told)

    assert window.app_menu.settings.device == "auto"


def test_the_precision_is_chosen_anew_only_where_that_is_asked_for(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_choice, "path", lambda: tmp_path / kept_choice.FILE)
    kept_choice.keep("0" * 64, "fp32")
    window, backend = make_window(qtbot, "cpu")
    load(qtbot, window)
    dialog = open_settings(qtbot, window)
    assert dialog.runs_on.text() == "cpu fp32"
    assert kept_choice.recall("0" * 64) == "fp32"

    with qtbot.waitSignal(window.session.device_known):
        qtbot.mouseClick(dialog.anew, Qt.MouseButton.LeftButton)  # type: ignore[no-untyped-call]
        assert not dialog.anew.isEnabled()

    assert kept_choice.recall("0" * 64) is None
    assert backend.loaded == ["cpu", "cpu"]
    assert (dialog.runs_on.text(), dialog.anew.isEnabled()) == ("cpu fp32", True)


def test_about_says_where_the_model_runs(qtbot: QtBot) -> None:
    window, _ = make_window(qtbot, "cpu")
    load(qtbot, window)

    window.app_menu.about.trigger()

    dialog = window.app_menu.dialog
    assert isinstance(dialog, PageWindow)
    assert "runs on cpu fp32" in dialog.page.toPlainText()
