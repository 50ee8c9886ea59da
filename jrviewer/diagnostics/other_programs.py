"""Other programs on this computer: one to measure beside, and how much they take meanwhile."""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

NICENESS = 10  # of the busy process: that of a virus scanner or a backup
PATIENCE_S = 30.0
DISTURBED = 0.1  # cores: more than a quiet computer's own housekeeping
STAT = Path("/proc/stat")


@contextmanager
def busy_process() -> Iterator[None]:
    """Keep one core busy from another session, as another program would; within a session Linux
    shares cores out differently.
    """
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_spin, args=(begun,), daemon=True)
    process.start()
    try:
        if not begun.wait(PATIENCE_S):
            raise TimeoutError("the busy process did not start")
        yield
    finally:
        process.kill()
        process.join()


class OtherPrograms:
    """How many cores other programs used from its creation on."""

    def __init__(self) -> None:
        self._begun, self._busy, self._own = time.perf_counter(), _busy_s(), _own_s()

    def cores(self) -> float | None:
        """Their average; None where the system does not say."""
        busy = _busy_s()
        if busy is None or self._busy is None:
            return None
        theirs = busy - self._busy - (_own_s() - self._own)
        return round(max(0.0, theirs) / max(time.perf_counter() - self._begun, 1e-9), 2)


def note_on(cores: float | None) -> str:
    """A sentence for figures that other programs spoilt; "" where they did not."""
    if cores is None or cores <= DISTURBED:
        return ""
    return (
        f"Other programs took {cores} of {os.cpu_count()} cores meanwhile: this computer is faster "
        "than these figures say."
    )


def _spin(begun: Event) -> None:
    if sys.platform != "win32":
        os.setsid()
        os.nice(NICENESS)
    begun.set()
    while True:
        pass


def _busy_s() -> float | None:
    """Seconds that all cores have worked, and waited for a host that gave them to another guest."""
    if sys.platform == "win32" or not STAT.is_file():
        return None
    user, nice, system, _, _, irq, softirq, steal = map(
        int, STAT.read_text("ascii").split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_s() -> float:
    """Seconds that this process, and those of its own that have ended, have worked."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
