"""One visit of the window: takes its steps as soon as what the last one waits for is there."""

from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QGuiApplication

from jrviewer.ui.app import Application, StartUp
from tests.tour.mouse_and_keys import MouseAndKeys

LOOK_EVERY_MS = 40
PATIENCE_LOOKS = 1500  # a minute a step: a busy machine renders in software
CALM_LOOKS = 8  # a menu has opened, a button is no longer lit
LATE = 3

Step = Callable[[], bool] | None  # what to wait for; None: the window's turn, no more


class Guide(QObject):
    """Runs one scene; ends the application with 0, or with LATE where a state did not come."""

    def __init__(self, application: Application, start: StartUp, folder: Path) -> None:
        super().__init__()
        self.application, self.start, self.folder = application, start, folder
        self.window, self.session = start.window, start.session
        self.mouse = MouseAndKeys()
        self.taken: list[str] = []
        self._steps: Iterator[Step] = iter(())
        self._awaited: Step = None
        self._looks = 0
        self.clock = QTimer(self)
        self.clock.timeout.connect(self.look)

    def follow(self, steps: Iterator[Step]) -> None:
        """Begin."""
        self._steps = steps
        self.clock.start(LOOK_EVERY_MS)

    @Slot()
    def look(self) -> None:
        """Take the next step, or give up."""
        self._looks += 1
        if self._awaited is None or self._awaited():
            self._looks = 0
            try:
                self._awaited = next(self._steps)
            except StopIteration:
                self._end(0)
        elif self._looks > PATIENCE_LOOKS:
            self.picture("late")
            self._end(LATE)

    def calm(self) -> Iterator[Step]:
        """Let whatever was begun be painted."""
        yield from (None for _ in range(CALM_LOOKS))

    def shot(self, name: str) -> Iterator[Step]:
        """A picture once the screen is calm."""
        yield from self.calm()
        self.picture(name)

    def picture(self, name: str) -> None:
        """The whole screen, as a person sees it."""
        self.taken.append(name)
        screen = QGuiApplication.primaryScreen()
        screen.grabWindow(0).save(str(self.folder / f"{name}.png"))

    def _end(self, code: int) -> None:
        self.clock.stop()
        self.window.close()
        self.application.exit(code)
