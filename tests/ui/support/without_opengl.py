"""The window where no OpenGL is to be had, in a process of its own.

`QT_XCB_GL_INTEGRATION=none python -m tests.ui.support.without_opengl FILE`; the exit code is 0 once
the screen shows the slices, 3 where it stays dark.
"""

import sys
from pathlib import Path

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QGuiApplication, QImage

from jrviewer.ui.app import Application, StartUp, create_application
from jrviewer.ui.jobs.backend import Backend
from tests.ui.conftest import FakeBackend
from tests.ui.support.signal_log import Watcher

LOOK_EVERY_MS = 100
PATIENCE_LOOKS = 600
DARK = 3
LIT_SHARE = 0.05  # of the window's pixels; a title line and a toolbar alone have more


class Watch(Watcher):
    """Looks at the screen until the window is on it."""

    def __init__(self, application: Application, start: StartUp) -> None:
        super().__init__(application, start, LOOK_EVERY_MS)
        self.clock.timeout.connect(self.look)

    @Slot()
    def look(self) -> None:
        """End with what is there, or give up."""
        self.looks += 1
        window = self.start.window
        is_done = "OpenGL" in window.cloud.message.text() and self.start.session.prediction
        if is_done and lit_share(window.geometry().getRect()) > LIT_SHARE:
            self._end(0)
        elif self.looks > PATIENCE_LOOKS:
            self._end(DARK)

    def _end(self, code: int) -> None:
        self.clock.stop()
        self.start.window.close()
        self.application.exit(code)


def lit_share(place: object) -> float:
    """The share of a screen's part that is not black, as it is on screen."""
    picture = QGuiApplication.primaryScreen().grabWindow(0, *place)  # type: ignore[misc]
    image = picture.toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return float((lines[:, : image.width()] > 20).mean())


def main(file: Path) -> int:
    """Run it."""
    application = create_application()
    backend: Backend = FakeBackend()
    start = StartUp([file], backend)
    watch = Watch(application, start)
    start.begin()
    code = application.exec()
    Backend.close(backend)  # the made up one leaves the decoding process to the next test
    watch.clock.stop()
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
