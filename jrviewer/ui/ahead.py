"""What the worker predicts before anybody looks: the neighbours of a slice, or the whole series.

One slice at a time, so that a slice the user goes to never waits for more than one other. Knows
neither the session nor what is shown.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.errors import JRViewerError
from jrviewer.progress import Report
from jrviewer.records import Prediction, Slice
from jrviewer.ui.background import Background, Ticket

LANE = "ahead"

Predict = Callable[[Slice, Report], Prediction]


@dataclass(frozen=True, slots=True)
class Busy:
    """What the worker is doing for the user."""

    what: str
    fraction: float = 0.0
    elapsed_s: float = 0.0

    @property
    def left_s(self) -> float | None:
        """Seconds that it may still take; None while nobody can say."""
        if self.fraction <= 0.02 or self.elapsed_s < 1:
            return None
        return self.elapsed_s * (1 - self.fraction) / self.fraction


class Ahead(QObject):
    """A queue of slices; a newer wish replaces it, but neighbours never replace a series."""

    made = Signal(object)  # Prediction
    missed = Signal(object)  # a Slice that was refused
    progressed = Signal()  # `busy` is another
    series_done = Signal(int, int)  # predicted, refused

    def __init__(self, background: Background, predict: Predict, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background
        self._predict = predict
        self._waiting: list[Slice] = []
        self._current: Slice | None = None
        self._ticket: Ticket | None = None
        self._is_paused = False
        self._total = 0  # of a whole series; 0: neighbours only
        self._refused = 0
        self._since = 0.0
        background.finished.connect(self._finish)
        background.refused.connect(self._refuse)
        background.broke.connect(self._break)

    @property
    def busy(self) -> Busy | None:
        """How far a whole series is; None for neighbours, which are nobody's business."""
        if not self._total:
            return None
        done = self._total - len(self._waiting) - (self._current is not None)
        what = self.tr("whole series: {} of {} slices").format(done, self._total)
        return Busy(what, done / self._total, time.monotonic() - self._since)

    def is_making(self, chosen: Slice) -> bool:
        """Whether this slice is being predicted just now."""
        return self._current is chosen

    def expect(self, slices: Iterable[Slice]) -> None:
        """Predict these next, unless a whole series is on its way."""
        if not self._total:
            self._waiting = [one for one in slices if one is not self._current]
            self._next()

    def run_series(self, slices: Iterable[Slice]) -> None:
        """Predict all of these and tell how far it is."""
        self.stop()
        self._waiting = list(slices)
        self._total, self._refused = len(self._waiting), 0
        self._since = time.monotonic()
        self.progressed.emit()
        self._next()

    def stop(self) -> None:
        """Forget everything."""
        self._background.cancel(LANE)
        self._waiting, self._current, self._ticket, self._total = [], None, None, 0

    def pause(self) -> None:
        """Make room: something that the user waits for comes first."""
        self._is_paused = True
        if self._current is not None:
            self._background.cancel(LANE)
            self._waiting.insert(0, self._current)
            self._current = self._ticket = None

    def resume(self) -> None:
        """Go on."""
        self._is_paused = False
        self._next()

    def _next(self) -> None:
        if self._is_paused or self._current is not None:
            return
        if self._waiting:
            self._current = self._waiting.pop(0)
            self._ticket = self._background.submit(LANE, partial(self._predict, self._current))
        elif self._total:
            done, self._total = self._total - self._refused, 0
            self.series_done.emit(done, self._refused)
            self.progressed.emit()

    @Slot(object, object)
    def _finish(self, ticket: Ticket, prediction: Prediction) -> None:
        if ticket is self._ticket:
            self._current = self._ticket = None
            self.made.emit(prediction)
            self.progressed.emit()
            self._next()

    @Slot(object, object)
    def _refuse(self, ticket: Ticket, error: JRViewerError) -> None:
        if ticket is self._ticket and self._current is not None:
            missed = self._current
            self._current = self._ticket = None
            self._refused += 1
            self.missed.emit(missed)
            self.progressed.emit()
            self._next()

    @Slot(object)
    def _break(self, ticket: Ticket) -> None:
        if ticket is self._ticket:
            self.stop()
            self.progressed.emit()
