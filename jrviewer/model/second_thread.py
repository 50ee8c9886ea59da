"""A second thread for what can go on beside the first, where there is a processor for it.

Knows nothing of slices.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from jrviewer.core.geometry import FloatArray

Result = TypeVar("Result")


class Near(NamedTuple):
    """The points nearest to M places, each (M,) for one of them and (M, count) for several."""

    distances: FloatArray
    indices: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SecondThread:
    """Does work on its thread, one after the other; without one, or where it has not come to it
    yet, the work is done by who asks for the result.
    """

    thread: Executor | None = None

    def begin(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """What gives the work's result, once, or raises what it raised."""
        if self.thread is None:
            return work
        begun = self.thread.submit(work)
        return lambda: work() if begun.cancel() else begun.result()

    def nearest(self, points: FloatArray, places: FloatArray, count: int = 1) -> Near:
        """Of each place (M, 3) the `count` nearest points (N, 3), sought exactly."""
        tree = cKDTree(points, compact_nodes=False)
        half = len(places) // 2 if self.thread else 0
        others = self.begin(lambda: tree.query(places[:half], count))
        mine = tree.query(places[half:], count)
        both = others(), mine
        return Near(*(np.concatenate([one[kind] for one in both]) for kind in range(2)))


ALONE = SecondThread()


@contextmanager
def second_thread() -> Iterator[SecondThread]:
    """One whose thread ends with the block; none where this thread has a single processor to
    itself, as a pool's has.
    """
    if torch.get_num_threads() == 1:
        yield ALONE
        return
    with ThreadPoolExecutor(1) as thread:
        yield SecondThread(thread)
