"""The whole app in a process of its own with the weights that ship, driven by events alone.

`python -m tests.ui.support.whole_app FOLDER FIRST DROPPED…`: starts with FIRST, drops the others
on the three panes in turn, turns the cloud, exports it into FOLDER, saves a picture of every state
beside it and closes. The exit code is the app's own; 3 where a state did not come in time.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from jrviewer.ui.app import Application, StartUp, create_application
from jrviewer.ui.dialogs.export_dialog import ExportDialog
from tests.ui.support import mouse_and_keys
from tests.ui.support.signal_log import Watcher

LOOK_EVERY_MS = 50
PATIENCE_LOOKS = 3600  # three minutes a state: a busy machine renders in software
LATE = 3

State = Callable[[], bool]


class Tour(Watcher):
    """Goes on with its steps as soon as the state that the last one waits for is there."""

    def __init__(
        self, application: Application, start: StartUp, files: list[Path], folder: Path
    ) -> None:
        super().__init__(application, start, LOOK_EVERY_MS)
        self.clock.timeout.connect(self.look)
        self.folder = folder
        self.steps = self._steps(files)
        self.awaited: State = lambda: True

    @Slot()
    def look(self) -> None:
        """Take the next step, or give up."""
        self.looks += 1
        if self.awaited():
            self.looks = 0
            self.awaited = next(self.steps)
        elif self.looks > PATIENCE_LOOKS:
            self._give_up()

    def _steps(self, files: list[Path]) -> Iterator[State]:
        window, session = self.start.window, self.start.session
        yield lambda: session.prediction is not None and window.cloud.interactor is not None
        window.activateWindow()
        yield window.isActiveWindow
        self._picture("first")
        assert window.cloud.interactor is not None
        canvas: QWidget = window.cloud.interactor
        panes = (window.original, window.denoised, canvas)
        for number, (pane, file) in enumerate(zip(panes, files, strict=True), start=1):
            known = session.prediction
            if not mouse_and_keys.drop(pane, [file]):
                self._give_up()
            yield lambda known=known: session.prediction not in (None, known)  # type: ignore[misc]
            self._picture(f"dropped-{number}")
        before = seen(window.cloud)
        mouse_and_keys.drag(canvas, (150, 150), (230, 190))
        yield lambda: not np.array_equal(seen(window.cloud), before)
        self._picture("turned")
        QTest.keyClick(window, Qt.Key.Key_E, mouse_and_keys.CTRL)
        yield lambda: isinstance(window.app_menu.dialog, ExportDialog)
        dialog = window.app_menu.dialog
        assert isinstance(dialog, ExportDialog)
        dialog.folder.setText(str(self.folder))
        dialog.go.click()
        yield lambda: any(self.folder.glob("*.ply"))
        self._picture("exported")
        window.close()
        yield lambda: False

    def _give_up(self) -> None:
        self._picture("late")
        self.start.window.close()
        self.application.exit(LATE)

    def _picture(self, name: str) -> None:
        self.start.window.grab().save(str(self.folder / f"{name}.png"))


def seen(widget: QWidget) -> npt.NDArray[np.uint8]:
    """What is on screen of a widget, grey (rows, columns)."""
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : image.width()].copy()


def main(folder: Path, files: list[Path]) -> int:
    """Run the tour; the app's exit code."""
    application = create_application()
    start = StartUp(files[:1])
    tour = Tour(application, start, files[1:], folder)
    start.begin()
    code = application.exec()
    tour.clock.stop()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]]))
