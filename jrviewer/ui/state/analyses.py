"""What the worker computes of a prediction after it is shown: what was removed, the dense cloud,
and how near the bundled phantom's prediction comes to the truth.
"""

from collections.abc import Callable, Collection
from functools import partial
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.diagnostics.phantom_truth import Score
from jrviewer.ui.jobs.worker_thread import Ticket, WorkerThread


class Analysis(QObject):
    """One kind of analysis, of the newest prediction requested."""

    analysed = Signal(object)  # the Prediction
    lane = ""

    def __init__(self, worker_thread: WorkerThread, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker_thread = worker_thread
        self._ticket: Ticket | None = None
        self._analysing: Prediction | None = None
        worker_thread.finished.connect(self._take)
        worker_thread.crashed.connect(self._break)

    @Slot(object)
    def forget(self, slices: Collection[Slice]) -> None:
        """Cancel the analysis of a slice that was closed."""
        if self._analysing is not None and self._analysing.slice in slices:
            self._worker_thread.cancel(self.lane)
            self._ticket = self._analysing = None

    @Slot(object)
    def analyse(self, prediction: Prediction) -> None:
        """Analyse a prediction; an older request that has not started is dropped."""
        if self._is_known(prediction):
            self.analysed.emit(prediction)
        elif prediction is not self._analysing:
            self._analysing = prediction
            self._ticket = self._worker_thread.submit(self.lane, self._job(prediction))

    def _is_known(self, prediction: Prediction) -> bool:
        raise NotImplementedError

    def _job(self, prediction: Prediction) -> Callable[[Report], object]:
        """What the worker thread shall run."""
        return partial(self._compute, prediction)

    @staticmethod
    def _compute(prediction: Prediction, report: Report) -> object:
        """Compute the result; runs in the worker thread."""
        raise NotImplementedError

    def _keep(self, prediction: Prediction, result: object) -> None:
        """Store the result, unless the prediction itself holds it."""

    @Slot(object, object)
    def _take(self, ticket: Ticket, result: object) -> None:
        if ticket is self._ticket and (analysed := self._analysing) is not None:
            self._ticket = self._analysing = None
            self._keep(analysed, result)
            self.analysed.emit(analysed)

    @Slot(object)
    def _break(self, ticket: Ticket) -> None:
        if ticket is self._ticket:
            self._ticket = self._analysing = None


class ResidualAnalysis(Analysis):
    """What was removed from a slice: fills `Prediction.removed`."""

    lane = "removed"

    def _is_known(self, prediction: Prediction) -> bool:
        return prediction.removed is not None

    @staticmethod
    def _compute(prediction: Prediction, report: Report) -> object:
        report(0.0, "checking what was removed")
        return prediction.compute_removed()


class DenseClouds(Analysis):
    """The cloud of 4096 points: fills `Prediction.dense_cloud`."""

    lane = "dense"

    def _is_known(self, prediction: Prediction) -> bool:
        return prediction.dense_cloud is not None or prediction.cloud is None

    @staticmethod
    def _compute(prediction: Prediction, report: Report) -> object:
        report(0.0, "placing more points")
        return prediction.compute_dense_cloud()


class PhantomScores(Analysis):
    """How near predictions come to the ground truth, where that is known."""

    lane = "truth"

    def __init__(self, worker_thread: WorkerThread, parent: QObject | None = None) -> None:
        super().__init__(worker_thread, parent)
        self._scores: WeakKeyDictionary[Prediction, Score | None] = WeakKeyDictionary()

    def of(self, prediction: Prediction) -> Score | None:
        """The score of a prediction; None if it is not known yet, or there is no ground truth."""
        return self._scores.get(prediction)

    def _is_known(self, prediction: Prediction) -> bool:
        return prediction in self._scores

    @staticmethod
    def _compute(prediction: Prediction, report: Report) -> object:
        from jrviewer.diagnostics import phantom_truth

        report(0.0, "looking for a ground truth")
        return phantom_truth.score(prediction)

    def _keep(self, prediction: Prediction, result: object) -> None:
        self._scores[prediction] = result  # type: ignore[assignment]  # of `_compute`
