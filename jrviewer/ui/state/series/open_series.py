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

    opened = Signal(object)  # all that are open: tuple[Series, ...]
    read = Signal(object)  # the Series to show now
    closed = Signal(object)  # tuple[Series, ...]
    slices_closed = Signal(object)  # frozenset[Slice]: nothing may keep them
    refused = Signal(str, str)  # files that were not opened, with reasons; the reasons alone
    made_room = Signal(str)  # series were closed for want of memory
    passed_over = Signal(str, str)  # the same of files that are no images, as on every patient's CD

    def __init__(self, foreground: Foreground, backend: Backend, parent: QObject) -> None:
        super().__init__(parent)
        self._foreground, self._backend = foreground, backend
        self.shelf = SeriesShelf()
        self.paths: tuple[Path, ...] = ()  # of the last request to open
        self.refused_files: tuple[Refused, ...] = ()  # of the last reading: what should have opened
        self.is_partial = False  # only the first slice of what is being read is here
        self.is_passing = False
        foreground.shared.connect(self._show_first_slice)

    def open(self, paths: Sequence[Path], *, is_passing: bool = False) -> None:
        """Read files and folders in the background; the newest request wins. `is_passing`: what is
        in them is closed when something else is opened, like the sample.
        """
        self.paths, self.is_passing = tuple(paths), is_passing
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
        if self.shelf.is_part(series):
            self._foreground.discard(LANE)
            self.end_part()
        self.shelf.close(series)
        self._tell_closed([series])

    def end_part(self) -> None:
        """The reading has ended, or was cancelled: what is there of it stays."""
        self.is_partial = False
        self.shelf.end_part()

    def refuse(self, error: JRViewerError) -> None:
        """Say why nothing could be read."""
        self.end_part()
        self.refused.emit(f"{opened_name(self.paths)}: {error}", str(error))

    @Slot(str, object)
    def _show_first_slice(self, lane: str, part: object) -> None:
        """Show the first slice before the rest is read; the model runs after that."""
        if lane == LANE and isinstance(part, Slice):
            self.is_partial = True
            self._show(*self.shelf.begin(part))

    def _take(self, found: Opened) -> None:
        self.is_partial = False
        self.refused_files = _broken(found)
        if found.series:
            self._show(*self.shelf.add(found.series, is_passing=self.is_passing))
            self._tell_crowded_out(len(self.shelf.crowded_out))
        self.end_part()
        self._tell_refused(found)

    def _tell_crowded_out(self, count: int) -> None:
        if count:
            self.made_room.emit(
                self.tr(
                    "Closed to save memory, with all results: {} series, left longest ago. Open "
                    "the files again to see them."
                ).format(count)
            )

    def _tell_refused(self, found: Opened) -> None:
        """Beside images that opened, other files are no error; a broken image always is."""
        broken = self.refused_files
        others = [one for one in found.refused if one not in broken]
        if others:
            self.passed_over.emit(passed_over(others), reasons(others))
        if broken or not found.series:
            self.refused.emit(refusals(broken, self.paths), reasons(broken))

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
    return tuple(one for one in found.refused if not found.series or one.status not in NO_IMAGES)
