"""Showing what changes often at the pace that an eye follows.

Whatever is painted anew, the whole window is put together anew with its 3D pane: 10 to 15 ms on a
computer without a graphics processor, for which nobody's key is heard.
"""

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer

PACE_MS = 250

Shown = TypeVar("Shown")


class Paced(QObject, Generic[Shown]):
    """Shows the first thing at once, and of those that follow the newest, every PACE_MS; all that
    are paced at the same moments, so that they are painted together.
    """

    def __init__(self, show: Callable[[Shown], object], parent: QObject) -> None:
        super().__init__(parent)
        self._show = show
        self._waiting: list[Shown] = []
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def give(self, one: Shown) -> None:
        """Show this when its time has come."""
        if self._timer.isActive():
            self._waiting = [one]
        else:
            self.show_now(one)

    def show_now(self, one: Shown) -> None:
        """Show this at once, instead of what is waiting."""
        self._waiting = []
        self._show(one)
        self._timer.start(PACE_MS - int(1e3 * time.monotonic()) % PACE_MS)

    def _tick(self) -> None:
        if self._waiting:
            self.show_now(self._waiting[0])
