"""Work on several threads, or on the caller's own: its results come in the order of the items."""

import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Generic, Self, TypeVar

from jrviewer.core import malloc
from jrviewer.core.errors import Cancelled
from jrviewer.core.progress import Report, silent

Item = TypeVar("Item", bound=Hashable)
Result = TypeVar("Result")

SPARE = 2  # queued beyond the threads, so that none waits while a result is used
NICENESS = 10  # of Linux's 19; the least that every thread of the pool has
MOST_EARLY = 32  # queued before results are asked for, as results are kept until then


class OneByOne(Generic[Item, Result]):
    """Runs `work(item, report)` on the caller's thread when its result is asked for: for a process
    that has one processor to itself, where a second thread would only take turns with the first.
    """

    def __init__(
        self, work: Callable[[Item, Report], Result], prepare: Callable[[], object]
    ) -> None:
        self._work, self._prepare = work, prepare

    def begin(self, item: Item) -> None:
        """Nothing is done in advance."""

    def results(self, items: Iterable[Item]) -> Iterator[Result]:
        """The results of all items, in their order; what `work` raises is raised in its turn."""
        for item in items:
            yield self._work(item, silent)

    def __enter__(self) -> Self:
        self._prepare()
        return self

    def __exit__(self, *raised: object) -> None:
        malloc.trim()


class SlicePool(Generic[Item, Result]):
    """Runs `work(item, report)` on `width` threads of low priority, each after one call of
    `prepare`.

    A context manager: on exit nothing more starts, `report` raises Cancelled in what is running,
    and freed memory goes back to the system.
    """

    def __init__(
        self,
        work: Callable[[Item, Report], Result],
        width: int,
        prepare: Callable[[], object],
    ) -> None:
        self._work = work
        self._width = width
        self._pool = ThreadPoolExecutor(width, initializer=self._start, initargs=(prepare,))
        self._begun: dict[Item, Future[Result]] = {}
        self._is_over = threading.Event()

    def begin(self, item: Item) -> None:
        """Start on an item whose result will be asked for, unless many are queued already."""
        if len(self._begun) < MOST_EARLY:
            self._submit(item)

    def results(self, items: Iterable[Item]) -> Iterator[Result]:
        """The results of all items, in their order; what `work` raises is raised in its turn."""
        waiting = deque(items)
        while waiting:
            for one in islice(waiting, self._width + SPARE):
                self._submit(one)
            yield self._begun.pop(waiting.popleft()).result()

    def _submit(self, item: Item) -> None:
        if item not in self._begun:
            self._begun[item] = self._pool.submit(self._work, item, self._go_on)

    @staticmethod
    def _start(prepare: Callable[[], object]) -> None:
        if sys.platform == "linux":  # where every thread has a niceness of its own
            thread = threading.get_native_id()
            # Never below its own, which a user without privileges may not undercut.
            niceness = max(os.getpriority(os.PRIO_PROCESS, thread), NICENESS)
            os.setpriority(os.PRIO_PROCESS, thread, niceness)
        prepare()

    def _go_on(self, fraction: float, what: str) -> None:
        if self._is_over.is_set():
            raise Cancelled

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._is_over.set()
        self._pool.shutdown(cancel_futures=True)
        malloc.trim()
