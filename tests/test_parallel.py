import threading
from contextlib import closing

import pytest

from jrviewer.parallel import in_order


def nothing() -> None:
    pass


def test_results_come_in_the_order_of_the_items_whoever_is_done_first() -> None:
    second_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second_done.wait(10)
        if number == 1:
            second_done.set()
        return number * number

    assert list(in_order(work, range(6), 2, nothing)) == [0, 1, 4, 9, 16, 25]


def test_no_more_is_begun_than_the_width_allows() -> None:
    begun: list[int] = []
    with closing(in_order(begun.append, range(100), 3, nothing)) as results:
        next(results)

    assert len(begun) <= 3


def test_an_error_is_raised_in_its_turn() -> None:
    results = in_order(lambda number: 1 // number, [1, 0, 1], 2, nothing)

    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_every_thread_is_prepared() -> None:
    prepared: set[int] = set()
    used: set[int] = set()
    list(
        in_order(
            lambda _: used.add(threading.get_ident()),
            range(20),
            4,
            lambda: prepared.add(threading.get_ident()),
        )
    )

    assert used <= prepared


def test_nothing_gives_nothing() -> None:
    assert list(in_order(str, [], 2, nothing)) == []
