"""The whole app in a process of its own, with a patient in every name that it meets.

`python -m tests.ui.support.telling_window FOLDER`: opens the folder, asks for files in a dialog
that it leaves again, fails with the patient's name in the error, and closes. Prints as JSON what a
desktop, a screen reader or a colleague behind the user could see of it outside its pictures.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from jrviewer.model.devices import Device
from jrviewer.model.joint_model import JointModel
from jrviewer.ui.app import Application, StartUp, create_application, install_crash_log
from jrviewer.ui.crash_log import CrashLog
from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.jobs.backend import Backend
from jrviewer.ui.state.preferences import Preferences
from tests.support.small_network import small_net
from tests.ui.support.signal_log import Watcher

LOOK_EVERY_MS, PATIENCE_LOOKS, LATE = 50, 1200, 3

State = Callable[[], bool]


class Look(Watcher):
    """Goes through what may tell, step by step."""

    def __init__(self, application: Application, start: StartUp, log: CrashLog, told: Path) -> None:
        """`told`: a path whose name is the patient's."""
        super().__init__(application, start, LOOK_EVERY_MS)
        self.log, self.told = log, told
        self.seen: dict[str, object] = {}
        self.steps = self._steps()
        self.awaited: State = lambda: True
        self.clock.timeout.connect(self.look)

    @Slot()
    def look(self) -> None:
        """Take the next step, or give up."""
        self.looks += 1
        if self.looks > PATIENCE_LOOKS:
            self.start.window.close()
            self.application.exit(LATE)
        elif self.awaited():
            self.looks = 0
            self.awaited = next(self.steps)

    def _steps(self) -> Iterator[State]:
        window, session = self.start.window, self.start.session
        yield lambda: session.slice is not None
        window.app_menu.list_recent()
        self.seen["recent"] = [one.text() for one in window.app_menu.recent_menu.actions()]
        QTimer.singleShot(500, leave_dialogs)
        file_dialogs.ask_folder(window)
        self.seen["titles"] = [one.title() for one in QGuiApplication.topLevelWindows()]
        QTimer.singleShot(0, self.fail)
        yield lambda: bool(self.log.last)
        self.seen["crash"] = self.log.last
        self.seen["message"] = window.message_bar.text
        sys.stdout.write(json.dumps(self.seen))
        window.close()
        yield lambda: False

    @Slot()
    def fail(self) -> None:
        """Fail as a bug does whose error names a path."""
        raise ValueError(f"cannot read {self.told}")


@Slot()
def leave_dialogs() -> None:
    """Choose what a file dialog offers, as a user does, and so leave it."""
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QFileDialog):
            widget.accept()


def load_small_model(device: Device) -> JointModel:
    """A network with seeded weights."""
    return JointModel("Small 0", "0" * 64, "CPU fp32", small_net(), sharpness=1.0)


def main(told: Path) -> int:
    """Look at everything; the app's exit code."""
    application = create_application()
    start = StartUp([told], Backend(load=load_small_model), Preferences.of_user())
    log = install_crash_log(application)
    start.window.app_menu.attach_crash_log(log)
    look = Look(application, start, log, told)
    start.begin()
    code = application.exec()
    look.clock.stop()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
