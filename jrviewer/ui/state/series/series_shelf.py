"""Which series are open: they stay until they are closed, or until newer ones need their memory."""

from collections.abc import Sequence

from jrviewer.core.records import Series, Slice
from jrviewer.ui.state.view import View

KEPT_PIXELS = 2000 * 512**2  # of all open series; a slice of 512² takes half a megabyte

Place = tuple[int, View]  # the slice that was shown last, and how


class SeriesShelf:
    """The open series in the order of opening, and where each was left."""

    def __init__(self) -> None:
        self.all: tuple[Series, ...] = ()
        self._part: Series | None = None  # the first slice of what is being read
        self._torn: tuple[Series, ...] = ()  # first slices whose others were never read
        self._places: dict[Series, Place] = {}  # the one that was left last comes last
        self._passing: tuple[Series, ...] = ()
        self.crowded_out: tuple[Series, ...] = ()  # closed by the last `add` for want of memory

    def begin(self, first: Slice) -> tuple[Series, list[Series]]:
        """Add the first slice of what is being read; `add` replaces it by the whole. Returns it,
        and the first slice of an older reading that never came to its end, which is closed.
        """
        closed = [one for one in self.all if one is self._part]
        self._part = Series((first,))
        self.all = (*(one for one in self.all if one not in closed), self._part)
        return self._part, closed

    def add(self, new: Sequence[Series], *, is_passing: bool) -> tuple[Series, list[Series]]:
        """Add series. Returns the longest of the new ones, and those that are closed for it: the
        part, what another reading of the same files replaces, series that were only passing, and
        the ones left longest ago where there is too much. `is_passing`: they go when others come.

        A series that is open already, unchanged, stays as it is with its results.
        """
        before = [one for one in self.all if one is not self._part]
        known = {_content_of(one): one for one in before}
        added = [known.get(_content_of(one), one) for one in new]
        sources = {_sources_of(one) for one in added}
        read = {source for sources_of_one in sources for source in sources_of_one}
        kept = [
            one
            for one in before
            if one in added
            or not (
                _sources_of(one) in sources
                or one in self._passing
                or (one in self._torn and read.issuperset(_sources_of(one)))
            )
        ]
        now = list(dict.fromkeys((*kept, *added)))
        self.crowded_out = tuple(self._surplus(now, added))
        for oldest in self.crowded_out:
            now.remove(oldest)
        closed = [one for one in self.all if one not in now]
        self.all, self._part = tuple(now), None
        self._passing = tuple(added) if is_passing else ()
        for one in closed:
            self._places.pop(one, None)
        return max(added, key=len), closed

    def close(self, series: Series) -> None:
        """Close one."""
        self.all = tuple(one for one in self.all if one is not series)
        self._places.pop(series, None)
        if series is self._part:
            self._part = None

    @property
    def parts(self) -> tuple[Series, ...]:
        """Open series of which only the first slice is read, until now or for good."""
        return tuple(one for one in self.all if one is self._part or self.is_torn(one))

    def is_torn(self, series: Series) -> bool:
        """Whether a series is a first slice whose others were never read."""
        return any(one is series for one in self._torn)

    def is_part(self, series: Series) -> bool:
        """Whether a series is the first slice of what is being read."""
        return series is self._part

    def end_part(self) -> None:
        """Nothing is being read any more: what is there of it stays."""
        if self._part is not None:
            self._torn = (*(one for one in self._torn if one in self.all), self._part)
        self._part = None

    def leave(self, series: Series, index: int, view: View) -> None:
        """Remember which slice of a series was shown, and how."""
        if series in self.all:
            self._places.pop(series, None)
            self._places[series] = index, view

    def place_of(self, series: Series) -> Place | None:
        """Where a series was left; None if it was not shown before."""
        return self._places.get(series)

    def hold(self, chosen: Slice) -> bool:
        """Whether a slice belongs to an open series."""
        return any(chosen in one.slices for one in self.all)

    def series_of(self, chosen: Slice) -> Series | None:
        """The open series that a slice belongs to; None while no more of it is read."""
        whole = (one for one in self.all if one is not self._part and chosen in one.slices)
        return next(whole, None)

    def _surplus(self, now: Sequence[Series], added: Sequence[Series]) -> list[Series]:
        """The series to close so that the others are not too much: those never looked at, then
        those left longest ago; never a new one.
        """
        pixels = sum(map(_pixels_of, now))
        order = list(self._places)
        others = [one for one in now if one not in added]
        others.sort(key=lambda one: order.index(one) if one in order else -1)
        surplus = []
        for one in others:
            if pixels <= KEPT_PIXELS:
                break
            pixels -= _pixels_of(one)
            surplus.append(one)
        return surplus


def _pixels_of(series: Series) -> int:
    return sum(one.shape[0] * one.shape[1] for one in series)


def _sources_of(series: Series) -> tuple[object, ...]:
    """Which files and frames a series was read from."""
    return tuple((one.source.path, one.source.member, one.source.frame) for one in series)


def _content_of(series: Series) -> tuple[object, ...]:
    """The same, with what the files held; of files without a hash nothing is the same."""
    held = (
        (one.source.pixels_sha256 or object(), one.plane.spacing_mm, one.windows, one.unit)
        for one in series
    )
    return series.title, series.warnings, _sources_of(series), *held
