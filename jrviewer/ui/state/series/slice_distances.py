"""How far off the clouds of a series' slices are, each as soon as it and the measured surface are
known, so that the strip beside the cloud tells it of every slice.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from weakref import WeakKeyDictionary

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Cloud, Series, Slice
from jrviewer.imaging.measured_surface import Nearest
from jrviewer.ui.jobs.worker_thread import Ticket, WorkerThread
from jrviewer.ui.state.surface import SurfaceState

LANE = "distances of slices"
AT_ONCE = 8  # clouds of 1024 points, 6 ms each: nobody waits long for their turn

Known = Callable[[], Mapping[Slice, Prediction]]


class SliceDistances(QObject):
    """Looks for clouds that were not compared whenever the worker has finished something."""

    compared = Signal()  # more of them are known

    def __init__(
        self, worker_thread: WorkerThread, surface: SurfaceState, known: Known, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._worker_thread, self._surface, self._known = worker_thread, surface, known
        self._medians: WeakKeyDictionary[Cloud, float] = WeakKeyDictionary()  # NaN: not measured
        self._now: tuple[Ticket, Series, list[Cloud]] | None = None
        worker_thread.finished.connect(self._take)
        worker_thread.crashed.connect(self._break)
        surface.changed.connect(self.resume)

    def by_slice(self) -> dict[Slice, float]:
        """Of the shown series: the median distance in millimetres of a cloud's points."""
        medians = {one: self._medians.get(cloud, np.nan) for one, cloud in self._clouds().items()}
        return {one: median for one, median in medians.items() if np.isfinite(median)}

    @Slot()
    def resume(self) -> None:
        """Compare what was not compared, if anything can be."""
        series, nearest = self._surface.series, self._surface.nearest
        if self._now is not None and self._now[1] is not series:
            self._worker_thread.cancel(LANE)
            self._now = None
        if self._now is not None or series is None or nearest is None:
            return
        new = [cloud for cloud in self._clouds().values() if cloud not in self._medians][:AT_ONCE]
        if new:
            job = partial(_medians, nearest, new)
            self._now = self._worker_thread.submit(LANE, job), series, new

    def _clouds(self) -> dict[Slice, Cloud]:
        series, known = self._surface.series, self._known()
        found = ((one, known[one].cloud) for one in series or () if one in known)
        return {one: cloud for one, cloud in found if cloud is not None and cloud.unit == "mm"}

    @Slot(object, object)
    def _take(self, ticket: Ticket, result: list[float]) -> None:
        if self._now is not None and ticket is self._now[0]:
            self._medians.update(zip(self._now[2], result, strict=True))
            self._now = None
            self.compared.emit()
        self.resume()

    @Slot(object)
    def _break(self, ticket: Ticket) -> None:
        """A bug, which was reported: these clouds are not tried again."""
        if self._now is not None and ticket is self._now[0]:
            self._medians.update(dict.fromkeys(self._now[2], np.nan))
            self._now = None


def _medians(nearest: Nearest, clouds: Sequence[Cloud], report: Report) -> list[float]:
    found = []
    for cloud in clouds:
        distances = nearest.distances(cloud.points, report)
        known = distances[np.isfinite(distances)]
        found.append(float(np.median(known)) if len(known) else np.nan)
    return found
