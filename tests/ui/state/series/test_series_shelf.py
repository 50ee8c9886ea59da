"""Which series stay, which are closed for others, and where each was left."""

from dataclasses import replace
from pathlib import Path

import pytest

from jrviewer.core.records import Series, Source
from jrviewer.ui.state.series.series_shelf import SeriesShelf
from jrviewer.ui.state.view import View
from tests.support.record_factory import make_slice


def series_of(name: str, count: int = 2, *, content: str = "") -> Series:
    sources = [
        Source(Path(f"/{name}/{number}.dcm"), pixels_sha256=f"{content or name} {number}")
        for number in range(count)
    ]
    return Series(tuple(replace(make_slice(), source=one) for one in sources), title=name)


def add(shelf: SeriesShelf, *series: Series, is_passing: bool = False) -> list[Series]:
    """The series that are closed for the new ones."""
    return shelf.add(series, is_passing=is_passing)[1]


def test_what_is_opened_is_added_and_the_longest_of_it_is_shown() -> None:
    shelf = SeriesShelf()
    first, short, long = series_of("a"), series_of("b", 1), series_of("c", 3)
    add(shelf, first)

    chosen, closed = shelf.add([short, long], is_passing=False)

    assert shelf.all == (first, short, long)
    assert chosen is long
    assert closed == []


def test_the_same_files_opened_again_are_the_series_that_is_open() -> None:
    shelf, first, again = SeriesShelf(), series_of("a"), series_of("a")
    add(shelf, first, series_of("b"))

    chosen, closed = shelf.add([again], is_passing=False)

    assert chosen is first
    assert len(shelf.all) == 2
    assert closed == []


def test_files_that_have_changed_replace_what_was_read_of_them_before() -> None:
    shelf, first, changed = SeriesShelf(), series_of("a"), series_of("a", content="other")
    add(shelf, first)

    assert add(shelf, changed) == [first]
    assert shelf.all == (changed,)


def test_the_first_slice_gives_way_to_the_whole_and_to_another_reading() -> None:
    shelf, whole = SeriesShelf(), series_of("a")
    part, _ = shelf.begin(whole[0])
    assert shelf.all == (part,)
    other, closed = shelf.begin(series_of("b")[0])
    assert closed == [part]

    assert add(shelf, whole) == [other]
    assert shelf.all == (whole,)


def test_a_first_slice_whose_reading_was_cancelled_stays() -> None:
    shelf, whole = SeriesShelf(), series_of("a")
    part, _ = shelf.begin(whole[0])
    shelf.end_part()
    add(shelf, series_of("b"))

    assert part in shelf.all


def test_the_sample_goes_when_something_is_opened() -> None:
    shelf, sample, own = SeriesShelf(), series_of("sample"), series_of("own")
    add(shelf, sample, is_passing=True)

    assert add(shelf, own) == [sample]
    assert add(shelf, series_of("third")) == []


def test_a_series_is_found_again_where_it_was_left_until_it_is_closed() -> None:
    shelf, first = SeriesShelf(), series_of("a")
    add(shelf, first)
    assert shelf.place_of(first) is None
    view = View(zoom=3.0)
    shelf.leave(first, 1, view)
    assert shelf.place_of(first) == (1, view)

    shelf.close(first)

    assert shelf.place_of(first) is None
    assert not shelf.hold(first[0])


def test_too_much_closes_what_was_left_longest_ago_but_nothing_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shelf = SeriesShelf()
    rows, columns = make_slice().shape
    monkeypatch.setattr("jrviewer.ui.state.series.series_shelf.KEPT_PIXELS", 5 * rows * columns)
    old, recent, last = series_of("old"), series_of("recent"), series_of("last", 1)
    add(shelf, recent, old, last)
    for one in (old, recent, last):
        shelf.leave(one, 0, View())
    assert len(shelf.all) == 3

    new = series_of("new", 4)
    assert add(shelf, new) == [recent, old]
    assert list(shelf.all) == [last, new]
