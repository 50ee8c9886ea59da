"""What the worker finds out about each prediction as soon as there is one: what was removed, and,
of the bundled phantom, how near it comes to the truth.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.progress import Report
from jrviewer.core.records import Prediction
from jrviewer.diagnostics.phantom_truth import Score
from jrviewer.imaging import residual_check
from jrviewer.ui.jobs.worker_thread import Ticket, WorkerThread

KEPT = 64


class _Analysis(QObject):
    """Remembers what was found out; tells when there is a new one."""

    analysed = Signal(object)  # the Prediction that was judged

    def __init__(
        self,
        background: WorkerThread,
        lane: str,
        analyse: Callable[[Prediction, Report], Any],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._lane, self._analyse = background, lane, analyse
        self._known: dict[Prediction, Any] = {}
        self._ticket: Ticket | None = None
        self._analysing: Prediction | None = None
        background.finished.connect(self._take)

    @Slot()
    def clear(self) -> None:
        """Forget everything: other series were opened, and a prediction holds its slice."""
        self._known.clear()
        self._ticket = self._analysing = None

    @Slot(object)
    def analyse(self, prediction: Prediction) -> None:
        """Judge a prediction; one that waits for its turn is dropped."""
        if prediction in self._known:
            self.analysed.emit(prediction)
            return
        self._analysing = prediction
        self._ticket = self._background.submit(self._lane, partial(self._analyse, prediction))

    @Slot(object, object)
    def _take(self, ticket: Ticket, found: object) -> None:
        if ticket is not self._ticket or self._analysing is None:
            return
        while len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        self._known[self._analysing] = found
        self.analysed.emit(self._analysing)


class ResidualAnalysis(_Analysis):
    """What was removed from each slice."""

    def __init__(self, background: WorkerThread, parent: QObject | None = None) -> None:
        super().__init__(background, "removed", _check_residual, parent)

    def of(self, prediction: Prediction | None) -> residual_check.Removed | None:
        """The judgement on a prediction; None while there is none."""
        return None if prediction is None else self._known.get(prediction)


class PhantomScores(_Analysis):
    """How near predictions of the bundled phantom come to its truth."""

    def __init__(self, background: WorkerThread, parent: QObject | None = None) -> None:
        super().__init__(background, "truth", _score, parent)

    def of(self, prediction: Prediction) -> Score | None:
        """The score of a prediction; None while there is none, and of every other slice."""
        return self._known.get(prediction)


def _check_residual(prediction: Prediction, report: Report) -> residual_check.Removed:
    report(0.0, "looking at what was removed")
    return residual_check.of(prediction)


def _score(prediction: Prediction, report: Report) -> Score | None:
    from jrviewer.diagnostics import phantom_truth

    report(0.0, "looking whether the truth is known")
    return phantom_truth.score(prediction)
