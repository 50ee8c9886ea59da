import os
import sys
import threading

import pytest

from jrviewer.core.errors import Cancelled
from jrviewer.core.progress import Report
from jrviewer.model.slice_pool import MOST_EARLY, NICENESS, SPARE, OneByOne, SlicePool

PATIENCE_S = 10


def nothing() -> None:
    pass


def square(number: int, report: Report) -> int:
    return number * number


class Noted:
    """Work that remembers what it was given."""

    def __init__(self) -> None:
        self.begun: list[int] = []

    def __call__(self, number: int, report: Report) -> int:
        self.begun.append(number)
        return -number


def test_results_come_in_the_order_of_the_items_whoever_is_done_first() -> None:
    second_done = threading.Event()

    def work(number: int, report: Report) -> int:
        if number == 0:
            assert second_done.wait(PATIENCE_S)
        if number == 1:
            second_done.set()
        return number * number

    with SlicePool(work, 2, nothing) as pool:
        assert list(pool.results(range(6))) == [0, 1, 4, 9, 16, 25]


def test_little_more_is_begun_than_there_are_threads() -> None:
    work = Noted()
    with SlicePool(work, 3, nothing) as pool:
        next(pool.results(range(100)))

    assert len(work.begun) <= 3 + SPARE


def test_what_was_begun_early_is_not_done_twice_whatever_the_order() -> None:
    work = Noted()
    with SlicePool(work, 2, nothing) as pool:
        for number in (3, 1, 2):
            pool.begin(number)
        assert list(pool.results([1, 2, 3, 4])) == [-1, -2, -3, -4]

    assert sorted(work.begun) == [1, 2, 3, 4]


def test_not_everything_is_begun_early_as_its_results_have_to_be_kept() -> None:
    work = Noted()
    with SlicePool(work, 2, nothing) as pool:
        for number in range(10 * MOST_EARLY):
            pool.begin(number)
        early = list(pool.results(range(MOST_EARLY)))
        assert len(early) == MOST_EARLY

    assert len(work.begun) <= MOST_EARLY + 2 + SPARE


def test_an_error_is_raised_in_its_turn() -> None:
    def work(number: int, report: Report) -> int:
        return 1 // number

    with SlicePool(work, 2, nothing) as pool:
        results = pool.results([1, 0, 2])
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)


def test_every_thread_is_prepared() -> None:
    prepared: set[int] = set()
    used: set[int] = set()

    def work(number: int, report: Report) -> None:
        used.add(threading.get_ident())

    with SlicePool(work, 4, lambda: prepared.add(threading.get_ident())) as pool:
        list(pool.results(range(20)))

    assert used
    assert used <= prepared


def test_at_its_end_what_is_at_work_hears_of_it_and_nothing_more_is_begun() -> None:
    at_work, over = threading.Event(), threading.Event()
    heard: list[int] = []
    begun: list[int] = []

    def work(number: int, report: Report) -> None:
        begun.append(number)
        at_work.set()
        assert over.wait(PATIENCE_S)
        try:
            while True:
                report(0.5, "")
        except Cancelled:
            heard.append(number)
            raise

    with SlicePool(work, 1, nothing) as pool:
        pool.begin(1)
        pool.begin(2)
        assert at_work.wait(PATIENCE_S)
        over.set()

    assert heard == begun == [1]


def test_nothing_gives_nothing() -> None:
    with SlicePool(square, 2, nothing) as pool:
        assert list(pool.results([])) == []


def niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def niceness_of_threads() -> set[int]:
    """Of the threads of a pool that the calling thread makes."""

    def work(item: int, report: Report) -> int:
        return niceness()

    with SlicePool(work, 2, nothing) as pool:
        return set(pool.results(range(4)))


only_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="one niceness per process elsewhere"
)


@only_linux
def test_the_pool_gives_way_to_the_thread_that_made_it() -> None:
    own = niceness()

    assert niceness_of_threads() == {max(own, NICENESS)}
    assert niceness() == own


@only_linux
def test_a_pool_made_by_a_thread_of_low_priority_does_not_raise_it() -> None:
    found: list[set[int]] = []

    def make_pool() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS + 5)
        found.append(niceness_of_threads())

    thread = threading.Thread(target=make_pool)
    thread.start()
    thread.join(PATIENCE_S)

    assert found == [{NICENESS + 5}]


def test_one_by_one_works_on_the_callers_thread_and_only_when_asked() -> None:
    threads: list[int] = []
    prepared: list[int] = []

    def work(number: int, report: Report) -> int:
        threads.append(threading.get_ident())
        return -number

    with OneByOne(work, lambda: prepared.append(threading.get_ident())) as pool:
        pool.begin(1)
        assert threads == []
        results = pool.results([1, 2])
        assert next(results) == -1
        assert len(threads) == 1
        assert list(results) == [-2]
    assert [*prepared, *threads] == [threading.get_ident()] * 3
