"""What was removed from each slice, judged in the worker as soon as there is a prediction."""

from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer import removed
from jrviewer.progress import Report
from jrviewer.records import Prediction
from jrviewer.ui.background import Background, Ticket

KEPT = 64


class Removal(QObject):
    """Remembers the judgements; tells when there is a new one."""

    judged = Signal(object)  # the Prediction that was judged

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._known: dict[Prediction, removed.Removed] = {}
        self._ticket: Ticket | None = None
        self._judging: Prediction | None = None
        background.finished.connect(self._take)

    def of(self, prediction: Prediction | None) -> removed.Removed | None:
        """The judgement on a prediction; None while there is none."""
        return None if prediction is None else self._known.get(prediction)

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
        self._ticket = self._background.submit("removed", partial(_judge, prediction))

    @Slot(object, object)
    def _take(self, ticket: Ticket, found: removed.Removed) -> None:
        if ticket is not self._ticket or self._judging is None:
            return
        while len(self._known) >= KEPT:
            del self._known[next(iter(self._known))]
        self._known[self._judging] = found
        self.judged.emit(self._judging)


def _judge(prediction: Prediction, report: Report) -> removed.Removed:
    report(0.0, "looking at what was removed")
    return removed.of(prediction)
