"""The measured surface of the shown series, and the distances of clouds to it, computed in the
worker while the user waits for nothing. Knows no widget.
"""

from collections.abc import Iterable
from functools import partial
from typing import cast
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.core.records import Cloud, Series, SurfaceMesh
from jrviewer.imaging.coronal import CoronalPicture, coronal_picture
from jrviewer.imaging.measured_surface import Nearest, SurfaceMeasurement
from jrviewer.imaging.structures import surface_shows_head
from jrviewer.ui.jobs.worker_thread import Ticket, WorkerThread

LANE, DISTANCES = "measured", "distances"
MOST_KEPT = 4  # surfaces

_Kept = tuple[SurfaceMesh, Nearest, CoronalPicture | None, bool]


class SurfaceState(QObject):
    """The surface of the shown series. Work starts when the worker is idle, pauses while the user
    waits for something else, and then continues. The last few surfaces stay with their series.
    """

    changed = Signal()  # the surface, the progress or the reason
    compared = Signal()  # the distances of another cloud are known

    def __init__(self, worker_thread: WorkerThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker_thread = worker_thread
        self.series: Series | None = None
        self.mesh: SurfaceMesh | None = None
        self.shows_head = False  # the surface, once it is measured
        self.coronal: CoronalPicture | None = None  # once the surface is measured
        self.reason = ""  # why there is no surface
        self.fraction = 0.0  # of the work done
        self._work: SurfaceMeasurement | None = None  # on the surface
        self._nearest: Nearest | None = None
        self._ticket: Ticket | None = None
        self._comparing: tuple[Ticket, Cloud] | None = None
        # Of the series measured last, the newest last.
        self._kept: dict[Series, _Kept] = {}
        self._distances: WeakKeyDictionary[Cloud, FloatArray] = WeakKeyDictionary()
        worker_thread.finished.connect(self._take)
        worker_thread.refused.connect(self._refuse)
        worker_thread.progressed.connect(self._progress)
        worker_thread.crashed.connect(self._break)

    def set_series(self, series: Series | None) -> None:
        """Measure another series, unless its surface is known."""
        if series is self.series:
            return
        self._stop()
        self.series, self.reason, self.fraction = series, "", 0.0
        kept = None if series is None else self._kept.get(series)
        self.mesh, self._nearest, self.coronal, self.shows_head = kept or (None, None, None, False)
        is_known = series is None or kept is not None
        self._work = None if is_known or series is None else SurfaceMeasurement(series)
        self.changed.emit()

    @Slot(object)
    def forget(self, closed: Iterable[Series]) -> None:
        """Keep nothing of series that were closed."""
        for one in closed:
            self._kept.pop(one, None)

    @Slot()
    def pause(self) -> None:
        """Stop for now: the user waits for something else."""
        if self._ticket is not None:
            self._worker_thread.cancel(LANE)
            self._ticket = None

    @Slot()
    def resume(self) -> None:
        """Start or continue."""
        if self._work is not None and self._ticket is None:
            self._ticket = self._worker_thread.submit(LANE, partial(_measured, self._work))

    @property
    def nearest(self) -> Nearest | None:
        """What measures distances to the surface, in the worker alone; None until it is known."""
        return self._nearest

    def distances_of(self, cloud: Cloud | None) -> FloatArray | None:
        """Millimetres (N,) from a cloud's points to the measured surface, NaN where nothing is
        measured; None while they are not known.
        """
        return None if cloud is None else self._distances.get(cloud)

    def compare(self, cloud: Cloud | None) -> None:
        """Compute a cloud's distances; an older request that has not started is dropped."""
        if self._nearest is None or cloud is None or cloud.unit != "mm":
            return
        is_asked = self._comparing is not None and self._comparing[1] is cloud
        if cloud not in self._distances and not is_asked:
            job = partial(self._nearest.distances, cloud.points)
            self._comparing = self._worker_thread.submit(DISTANCES, job), cloud

    def _stop(self) -> None:
        self.pause()
        self._worker_thread.cancel(DISTANCES)
        self._comparing = None

    @Slot(object, float, str)
    def _progress(self, ticket: Ticket, fraction: float, what: str) -> None:
        if ticket is self._ticket:
            self.fraction = fraction
            self.changed.emit()

    @Slot(object, object)
    def _take(self, ticket: Ticket, result: object) -> None:
        if ticket is self._ticket:
            assert self._work is not None
            self.mesh, self.shows_head = cast("tuple[SurfaceMesh, bool]", result)
            self._nearest, self.coronal = Nearest(self.mesh), coronal_picture(self._work)
            self._ticket = self._work = None
            if self.series is not None:
                known = self.mesh, self._nearest, self.coronal, self.shows_head
                self._kept[self.series] = known
            for oldest in list(self._kept)[:-MOST_KEPT]:
                del self._kept[oldest]
            self.changed.emit()
        elif self._comparing is not None and ticket is self._comparing[0]:
            self._distances[self._comparing[1]] = result  # type: ignore[assignment]  # its lane's
            self._comparing = None
            self.compared.emit()

    @Slot(object, object)
    def _refuse(self, ticket: Ticket, error: JRViewerError) -> None:
        if ticket is self._ticket:
            self._fail(str(error))

    @Slot(object)
    def _break(self, ticket: Ticket) -> None:
        if ticket is self._ticket:
            self._fail(self.tr("No measured surface: internal error."))
        elif self._comparing is not None and ticket is self._comparing[0]:
            self._comparing = None

    def _fail(self, reason: str) -> None:
        self._ticket = self._work = None
        self.reason = reason
        self.changed.emit()


def _measured(work: SurfaceMeasurement, report: Report) -> tuple[SurfaceMesh, bool]:
    """The surface, and whether its skin may show a face, which takes as long as some slices."""
    mesh = work(report)
    return mesh, surface_shows_head(mesh)
