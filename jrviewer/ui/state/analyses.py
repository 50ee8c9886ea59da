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
from jrviewer.ui.jobs.worker_thread import Background, Ticket

KEPT = 64


class _Judgements(QObject):
    """Remembers what was found out; tells when there is a new one."""

    judged = Signal(object)  # the Prediction that was judged

    def __init__(
        self,
        background: Background,
        lane: str,
        judge: Callable[[Prediction, Report], Any],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._lane, self._judge = background, lane, judge
        self._known: dict[Prediction, Any] = {}
        self._ticket: Ticket | None = None
        self._judging: Prediction | None = None
        background.finished.connect(self._take)

    @Slot()
    def clear(self) -> None:
        """Forget everything: other series were opened, and a prediction holds its slice."""
        self._known.clear()
        self._ticket = self._judging = None

    @Slot(object)
    def judge(self, prediction: Prediction) -> None:
        """Judge a prediction; one that waits for its turn is dropped."""
        if prediction in self._known:
            self.judged.emit(prediction)
            return
        self._judging = prediction
        self._ticket = self._background.submit(self._lane, partial(self._judge, prediction))

    @Slot(object, object)
    def _take(self, ticket: Ticket, found: object) -> None:
        if ticket is not self._ticket or self._judging is None:
            return
        while len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        self._known[self._judging] = found
        self.judged.emit(self._judging)


class Removal(_Judgements):
    """What was removed from each slice."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(background, "removed", _judge_removed, parent)

    def of(self, prediction: Prediction | None) -> residual_check.Removed | None:
        """The judgement on a prediction; None while there is none."""
        return None if prediction is None else self._known.get(prediction)


class KnownTruth(_Judgements):
    """How near predictions of the bundled phantom come to its truth."""

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(background, "truth", _hold_against_truth, parent)

    def of(self, prediction: Prediction) -> Score | None:
        """The score of a prediction; None while there is none, and of every other slice."""
        return self._known.get(prediction)


def _judge_removed(prediction: Prediction, report: Report) -> residual_check.Removed:
    report(0.0, "looking at what was removed")
    return residual_check.of(prediction)


def _hold_against_truth(prediction: Prediction, report: Report) -> Score | None:
    from jrviewer.diagnostics import phantom_truth

    report(0.0, "looking whether the truth is known")
    return phantom_truth.score(prediction)
