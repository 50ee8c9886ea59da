"""Checks what was removed from every slice that has a result, while nobody waits for anything, so
that the map of the series shows where structure may be missing.
"""

from collections.abc import Callable, Collection
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.ui.jobs.worker_thread import Ticket, WorkerThread

LANE = "marks"

NextPrediction = Callable[[], Prediction | None]


class MarksAhead(QObject):
    """One slice after the other; `following` names the next prediction that was not checked."""

    checked = Signal(object)  # the Prediction

    def __init__(
        self, worker_thread: WorkerThread, following: NextPrediction, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._worker_thread, self._following = worker_thread, following
        self._now: tuple[Ticket, Prediction] | None = None
        worker_thread.finished.connect(self._take)
        worker_thread.crashed.connect(self._break)

    @Slot()
    def resume(self) -> None:
        """Go on: nobody waits."""
        if self._now is None and (prediction := self._following()) is not None:
            ticket = self._worker_thread.submit(LANE, partial(_check, prediction))
            self._now = ticket, prediction

    @Slot()
    def pause(self) -> None:
        """Stop for now: something that the user waits for comes first."""
        if self._now is not None:
            self._worker_thread.cancel(LANE)
            self._now = None

    @Slot(object)
    def forget(self, slices: Collection[Slice]) -> None:
        """Stop with a slice that was closed."""
        if self._now is not None and self._now[1].slice in slices:
            self.pause()

    @Slot(object, object)
    def _take(self, ticket: Ticket, result: object) -> None:
        if self._now is not None and ticket is self._now[0]:
            prediction, self._now = self._now[1], None
            self.checked.emit(prediction)
        self.resume()

    @Slot(object)
    def _break(self, ticket: Ticket) -> None:
        """A bug, which was reported: it is not tried again, for it would come again."""
        if self._now is not None and ticket is self._now[0]:
            self._now = None


def _check(prediction: Prediction, report: Report) -> object:
    report(0.0, "checking what was removed")
    return prediction.compute_removed()
