"""Opens and closes series: what is read is added to what is open. Refused files change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.errors import JRViewerError
from jrviewer.core.records import Series, Slice
from jrviewer.ui.jobs.backend import Backend
from jrviewer.ui.jobs.foreground import Foreground
from jrviewer.ui.state.series.refusals import NO_IMAGES, opened_name, passed_over, reasons, refusals
from jrviewer.ui.state.series.series_shelf import SeriesShelf

if TYPE_CHECKING:
    from jrviewer.dicom import Opened, Refused

LANE = "open"


class OpenSeries(QObject):
    """The series of one window."""

    asked = Signal()  # to open something
    opened = Signal(object)  # all that are open: tuple[Series, ...]
    read = Signal(object)  # the Series to show now
    closed = Signal(object)  # tuple[Series, ...]
    part_ended = Signal()  # nothing more is read of the first slice's series
    slices_closed = Signal(object)  # frozenset[Slice]: nothing may keep them
    refused = Signal(str, str)  # files that were not opened, with reasons; the reasons alone
    made_room = Signal(str)  # series were closed for want of memory
    passed_over = Signal(str, str)  # the same of files that are no images, as on every patient's CD

    def __init__(self, foreground: Foreground, backend: Backend, parent: QObject) -> None:
        super().__init__(parent)
        self._foreground, self._backend = foreground, backend
        self.shelf = SeriesShelf()
        self.paths: tuple[Path, ...] = ()  # what is being read, or was read last
        self._waiting: list[tuple[Path, ...]] = []  # what is read after that
        self.refused_files: tuple[Refused, ...] = ()  # of the last reading: what should have opened
        self._passed_over: tuple[Refused, ...] = ()  # and what need not have
        self._empty: tuple[Path, ...] = ()  # where nothing was found
        self._tells_later = False  # more is being read: what was refused is told in the end
        self.is_partial = False  # only the first slice of what is being read is here
        self.is_passing = False
        foreground.shared.connect(self._show_first_slice)
        foreground.crashed.connect(self._break)

    def open(self, paths: Sequence[Path], *, is_passing: bool = False) -> None:
        """Read files and folders in the background, after what is being read. `is_passing`: what is
        in them is closed when something else is opened, like the sample.
        """
        self.asked.emit()
        if self._foreground.is_running(LANE):
            if tuple(paths) not in (self.paths, *self._waiting):
                self._waiting.append(tuple(paths))
            return
        self._tells_later = False
        self._begin(tuple(paths), is_passing=is_passing)

    def _begin(self, paths: tuple[Path, ...], *, is_passing: bool) -> None:
        self.paths, self.is_passing = paths, is_passing
        self.is_partial = False
        job = partial(self._backend.read, self.paths)
        self._foreground.start(LANE, self.tr("reading files"), job, self._take, shares=True)

    def put(self, series: Series) -> None:
        """Add a series that was not read from files, and show it."""
        self.shelf.all = (*self.shelf.all, series)
        self.opened.emit(self.shelf.all)
        self.read.emit(series)

    def close(self, series: Series) -> None:
        """Close a series. If it is still being read, the reading ends."""
        is_part = self.shelf.is_part(series)
        if is_part:
            self._foreground.discard(LANE)
            self.is_partial = False
        self.shelf.close(series)
        self._tell_closed([series])
        if is_part:
            self._read_next()

    def cancel(self) -> str:
        """Read nothing more; what is there stays. Returns what was not read, "" for nothing."""
        was_partial, was_waiting = self.is_partial, bool(self._waiting)
        self._waiting.clear()
        self._foreground.discard(LANE)
        self._end_part()
        if was_waiting:
            return self.tr(
                "Reading was cancelled. Files that waited were not read: open them again."
            )
        if was_partial:
            return self.tr("Reading was cancelled: only the first slice was read.")
        return ""

    def _end_part(self) -> None:
        was_partial, self.is_partial = self.is_partial, False
        self.shelf.end_part()
        if was_partial:
            self.part_ended.emit()

    def _read_next(self) -> None:
        self._tells_later = bool(self._waiting)
        if self._waiting:
            self._begin(self._waiting.pop(0), is_passing=False)

    def refuse(self, error: JRViewerError) -> None:
        """Say why nothing could be read."""
        self._end_part()
        self.refused.emit(f"{opened_name(self.paths)}: {error}", str(error))
        self._read_next()

    @Slot(str)
    def _break(self, lane: str) -> None:
        """A bug, which was reported."""
        if lane == LANE:
            self._end_part()
            self._read_next()

    @Slot(str, object)
    def _show_first_slice(self, lane: str, part: object) -> None:
        """Show the first slice before the rest is read; the model runs after that."""
        if lane == LANE and isinstance(part, Slice):
            self.is_partial = True
            self._show(*self.shelf.begin(part))

    def _take(self, found: Opened) -> None:
        self._note_refused(found)
        if found.series:
            self.is_partial = False
            self._show(*self.shelf.add(found.series, is_passing=self.is_passing))
            self._tell_crowded_out(len(self.shelf.crowded_out))
        self._end_part()
        if not self._waiting:
            self._tell_refused()
        self._read_next()

    def _note_refused(self, found: Opened) -> None:
        """Beside images that opened, other files are no error; a broken image always is."""
        if not self._tells_later:
            self.refused_files = self._passed_over = self._empty = ()
        broken = _broken(found)
        self.refused_files += broken
        self._passed_over += tuple(one for one in found.refused if one not in broken)
        if not found.series and not broken:
            self._empty += self.paths[:1]

    def _tell_crowded_out(self, count: int) -> None:
        if count:
            self.made_room.emit(
                self.tr(
                    "Closed to save memory, with all results: {} series, left longest ago. Open "
                    "the files again to see them."
                ).format(count)
            )

    def _tell_refused(self) -> None:
        if self._passed_over:
            self.passed_over.emit(passed_over(self._passed_over), reasons(self._passed_over))
        if self.refused_files or self._empty:
            self.refused.emit(
                refusals(self.refused_files, self._empty), reasons(self.refused_files, self._empty)
            )

    def _show(self, chosen: Series, gone: Sequence[Series]) -> None:
        self.opened.emit(self.shelf.all)
        self.read.emit(chosen)
        self._tell_closed(gone)

    def _tell_closed(self, gone: Sequence[Series]) -> None:
        if not gone:
            return
        slices = (one for series in gone for one in series)
        self.slices_closed.emit(frozenset(one for one in slices if not self.shelf.hold(one)))
        self.closed.emit(tuple(gone))


def _broken(found: Opened) -> tuple[Refused, ...]:
    """What should have opened: without a single image, everything."""
    return tuple(
        one
        for one in found.refused
        if not found.series or one.is_missing or one.status not in NO_IMAGES
    )
