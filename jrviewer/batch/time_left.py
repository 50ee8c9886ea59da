"""How much of a long run is done, and about how long the rest takes."""

import time
from collections.abc import Callable

from jrviewer.core.progress import Report

LOOKING = 0.05  # share of the progress that looking for files gets
ENOUGH = 3  # slices after which a rate means something


class TimeLeft:
    """Counts slices and reports them. Those of an earlier run take no time."""

    def __init__(
        self, report: Report, total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._report, self._total, self._clock = report, max(total, 1), clock
        self._started = clock()
        self._passed, self._worked = 0, 0

    def skip(self, slices: int) -> None:
        """So many were done before."""
        self._passed += slices

    def count(self) -> None:
        """One more is done."""
        self._worked += 1
        self.tick()

    def tick(self) -> None:
        """Report again, so that a long step can be cancelled."""
        number = min(self._passed + self._worked, self._total)
        said = f"slice {number:,} of {self._total:,}".replace(",", " ")
        if left := self._left(number):
            said = f"{said}, about {left} left"
        self._report(LOOKING + (1 - LOOKING) * number / self._total, said)

    def _left(self, number: int) -> str:
        if self._worked < ENOUGH or number >= self._total:
            return ""
        seconds = (self._clock() - self._started) / self._worked * (self._total - number)
        return in_words(seconds)


def in_words(seconds: float) -> str:
    """A duration as people say it: “40 s”, “12 min”, “3 h 20 min”, “2 d 4 h”."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 36:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
