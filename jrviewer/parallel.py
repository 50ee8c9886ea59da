"""Several pieces of work at once, their results in order."""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    width: int,
    prepare: Callable[[], object],
) -> Generator[Result]:
    """`work` of every item, `width` of them at a time, each in a thread that began with `prepare`.

    No more than `width` results wait. Closed early, it begins no further item and ends once those
    at work are done; what `work` raises is raised in its turn.
    """
    with ThreadPoolExecutor(width, initializer=prepare) as pool:
        begun: deque[Future[Result]] = deque()
        coming = iter(items)
        try:
            while begun or len(begun) < width:
                begun.extend(pool.submit(work, one) for one in islice(coming, width - len(begun)))
                if not begun:
                    return
                yield begun.popleft().result()
        finally:
            for waiting in begun:
                waiting.cancel()
