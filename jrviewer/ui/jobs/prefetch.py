"""Prefetching: predicts the neighbours of a slice, or the whole series, before they are shown.

Works on a few slices at a time, so that other requests soon have their turn; a slice that the user
goes to comes first. Knows neither the session nor what is shown.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.errors import JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Series, Slice
from jrviewer.ui.jobs.worker_thread import Ticket, WorkerThread

LANE = "ahead"
BATCH_SIZE = 6  # slices per ticket: half a second of work on two cores
REACH = 5  # neighbours on either side
IN_PROGRESS = 2  # the first ones of a ticket are in progress or next

Outcome = Prediction | JRViewerError
PredictAll = Callable[[Sequence[Slice], Report, Callable[[Outcome], None]], None]


@dataclass(frozen=True, slots=True)
class Busy:
    """What the worker is doing for the user."""

    what: str
    fraction: float = 0.0
    elapsed_s: float = 0.0

    @property
    def left_s(self) -> float | None:
        """Estimated remaining seconds; None if unknown."""
        if self.fraction <= 0.02 or self.elapsed_s < 1:
            return None
        return self.elapsed_s * (1 - self.fraction) / self.fraction


def neighbours(series: Series, index: int) -> list[Slice]:
    """The slices around one, the nearest first and the following one before the previous."""
    steps = (sign * step for step in range(1, REACH + 1) for sign in (1, -1))
    places = (index + step for step in steps)
    return [series[place] for place in places if 0 <= place < len(series)]


class Prefetcher(QObject):
    """A queue of slices. A newer request replaces it, but neighbours never replace a series."""

    predicted = Signal(object)  # Prediction
    skipped = Signal(object)  # a Slice that was refused
    progressed = Signal()  # `busy` has changed
    series_done = Signal(int, int)  # predicted, refused

    def __init__(
        self, worker_thread: WorkerThread, predict_all: PredictAll, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._worker_thread = worker_thread
        self._predict_all = predict_all
        self._queue: list[Slice] = []
        self._running: list[Slice] = []  # slices of the ticket without an outcome
        self._ticket: Ticket | None = None
        self._is_paused = False
        self._total = 0  # of a whole series; 0: neighbours only
        self._refused = 0
        self.known = 0  # slices of the series that had a result before
        self._since = 0.0
        worker_thread.shared.connect(self._take)
        worker_thread.finished.connect(self._finish)
        worker_thread.refused.connect(self._refuse)
        worker_thread.crashed.connect(self._break)

    @property
    def busy(self) -> Busy | None:
        """Progress of a whole series. None while only neighbours are prefetched (not reported)."""
        if not self._total:
            return None
        done = self._total - len(self._queue) - len(self._running)
        what = self.tr("whole series: {} of {} slices").format(done, self._total)
        return Busy(what, done / self._total, time.monotonic() - self._since)

    @property
    def is_busy(self) -> bool:
        """Whether anything is being predicted in advance."""
        return self._ticket is not None

    def is_predicting(self, chosen: Slice) -> bool:
        """Whether this slice is being predicted or is next."""
        return any(one is chosen for one in self._running[:IN_PROGRESS])

    def prefetch(self, slices: Iterable[Slice]) -> None:
        """Predict these next, unless a whole series is being predicted."""
        if not self._total:
            self._queue = [one for one in slices if one not in self._running]
            self._next()

    def run_series(self, slices: Iterable[Slice], *, known: int = 0) -> None:
        """Predict all of these and report progress; `known` slices have a result already."""
        self.stop()
        self.known = known
        self._queue = list(slices)
        self._total, self._refused = len(self._queue), 0
        self._since = time.monotonic()
        self.progressed.emit()
        if not self._total:
            self.series_done.emit(0, 0)
        self._next()

    def forget(self, slices: frozenset[Slice]) -> None:
        """Stop if any of these slices, which were closed, is being predicted or waits."""
        if not slices.isdisjoint((*self._running, *self._queue)):
            self.stop()
            self.progressed.emit()

    def stop(self) -> None:
        """Forget everything."""
        self._worker_thread.cancel(LANE)
        self._queue, self._running, self._ticket, self._total = [], [], None, 0

    def pause(self) -> None:
        """Stop for now: something that the user waits for comes first."""
        self._is_paused = True
        if self._ticket is not None:
            self._worker_thread.cancel(LANE)
            self._queue = self._running + self._queue
            self._running, self._ticket = [], None

    def resume(self) -> None:
        """Continue."""
        self._is_paused = False
        self._next()

    def _next(self) -> None:
        if self._is_paused or self._ticket is not None:
            return
        if self._queue:
            self._running, self._queue = self._queue[:BATCH_SIZE], self._queue[BATCH_SIZE:]
            job = partial(self._predict_all, tuple(self._running))
            self._ticket = self._worker_thread.submit(LANE, job, shares=True)
        elif self._total:
            done, self._total = self._total - self._refused, 0
            self.series_done.emit(done, self._refused)
            self.progressed.emit()

    @Slot(object, object)
    def _take(self, ticket: Ticket, outcome: Outcome) -> None:
        if ticket is not self._ticket:
            return
        chosen = self._running.pop(0)
        if isinstance(outcome, Prediction):
            self.predicted.emit(outcome)
        else:
            self._skip([chosen])
        self.progressed.emit()

    @Slot(object, object)
    def _finish(self, ticket: Ticket, _: object) -> None:
        if ticket is self._ticket:
            self._ticket = None
            self._next()

    @Slot(object, object)
    def _refuse(self, ticket: Ticket, error: JRViewerError) -> None:
        """The ticket as a whole failed, e.g. as there is no model: skip its slices."""
        if ticket is self._ticket:
            left, self._running, self._ticket = self._running, [], None
            self._skip(left)
            self.progressed.emit()
            self._next()

    def _skip(self, slices: Iterable[Slice]) -> None:
        for one in slices:
            self._refused += 1
            self.skipped.emit(one)

    @Slot(object)
    def _break(self, ticket: Ticket) -> None:
        if ticket is self._ticket:
            self.stop()
            self.progressed.emit()
