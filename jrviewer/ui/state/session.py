"""What is open, shown and known, without widgets. Refused files leave the open series unchanged."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer.core.errors import InputRefusedError, JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Series, Slice
from jrviewer.ui.jobs.backend import Backend
from jrviewer.ui.jobs.prefetch import Busy, neighbours
from jrviewer.ui.state.series.marks_ahead import MarksAhead
from jrviewer.ui.state.series.prediction_cache import PredictionCache
from jrviewer.ui.state.series.slice_distances import SliceDistances
from jrviewer.ui.state.session_parts import SessionParts

__all__ = ["Busy", "Session"]


class Session(SessionParts):
    """The state of one window."""

    series_opened = Signal(object)  # all that are open: tuple[Series, ...]
    series_chosen = Signal(int)
    series_closed = Signal(object)  # tuple[Series, ...]
    emptied = Signal()  # the last series was closed
    shown = Signal(object, int, int)  # Slice, its index, how many there are
    predicted = Signal(object)  # Prediction of the slice that is shown
    unpredicted = Signal(object)  # the Slice that is shown has no prediction yet
    withheld = Signal(str)  # the input check is red; the sentence says why
    refused = Signal(str, str)  # files that were not opened, with reasons; the reasons alone
    failed = Signal(str)  # anything else that did not work
    busy_changed = Signal(object)  # Busy or None
    device_known = Signal(str)
    warned = Signal(str)  # it worked, but not as requested

    def __init__(self, backend: Backend | None = None, parent: QObject | None = None) -> None:
        super().__init__(backend or Backend(), parent)
        self.series: Series | None = None
        self.index = 0
        self.prefetches = False  # whether neighbours are predicted before they are shown
        self._predictions = PredictionCache()
        self._asked_for: Slice | None = None
        self.marks_ahead = MarksAhead(self.worker_thread, self._unchecked, self)
        worker, known = self.worker_thread, self.known_predictions
        self.slice_distances = SliceDistances(worker, self.surface, known, self)
        self._connect_jobs()
        self._connect_state()

    def _connect_jobs(self) -> None:
        """Results and progress of the worker thread."""
        self.prefetcher.predicted.connect(self._take_prediction)
        self.prefetcher.skipped.connect(self._run_skipped)
        self.foreground.busy.connect(self.busy_changed)
        self.foreground.busy.connect(self.prefetcher.pause)
        self.foreground.busy.connect(self.marks_ahead.pause)
        self.foreground.idle.connect(self._resume_prefetch)
        self.foreground.idle.connect(self.marks_ahead.resume)
        self.foreground.refused.connect(self._refuse)
        self.foreground.crashed.connect(self._report_bug)
        self.model_device.known.connect(self.device_known)
        self.model_device.warned.connect(self.warned)

    def _connect_state(self) -> None:
        """The parts of the state to each other: none of this needs a window."""
        opening = self.opening
        opening.opened.connect(self.series_opened)
        opening.read.connect(self._choose)
        opening.closed.connect(self.series_closed)
        opening.refused.connect(self.refused)
        opening.slices_closed.connect(self._forget)
        opening.slices_closed.connect(self.marks_ahead.forget)
        for drawn in (self.history, self.annotations, self.rulers, self.demonstrations):
            self.shown.connect(drawn.show)
        for analysis in (self.residuals, self.phantom_scores, self.demonstrations):
            self.predicted.connect(analysis.analyse)
        self.demonstrations.made.connect(self._show_demonstration)
        self.demonstrations.ended.connect(self._close_twin)
        self.rulers.refused.connect(self.warned)
        self.strength.changed.connect(self._show_again)

    @property
    def all_series(self) -> tuple[Series, ...]:
        """The open series, in the order of opening."""
        return self.opening.shelf.all

    @property
    def is_partial(self) -> bool:
        """Whether only the first slice of what is being read is here."""
        return self.opening.is_partial

    @property
    def slice(self) -> Slice | None:
        """The slice that is shown."""
        return None if self.series is None else self.series[self.index]

    @property
    def prediction(self) -> Prediction | None:
        """The prediction of the shown slice at the current strength, if it is known."""
        return self._predictions.at(self.strength.now, self.slice)

    def open(self, paths: Sequence[Path], *, is_passing: bool = False) -> None:
        """Read files and folders beside what is open; see `OpenSeries.open`."""
        if paths:
            self.opening.open(paths, is_passing=is_passing)

    def choose_series(self, index: int) -> None:
        """Show another open series where it was left, or at its middle slice."""
        if self.all_series[index] is not self.series:
            self._choose(self.all_series[index])

    @Slot(object)
    def _choose(self, series: Series) -> None:
        shelf = self.opening.shelf
        if self.series is not None:
            shelf.leave(self.series, self.index, self.view.now)
        self.series, self.index = series, 0
        self.surface.set_series(series)
        self.series_chosen.emit(self.all_series.index(series))
        place = shelf.place_of(series)
        index, left = (len(series) // 2, None) if place is None else place
        self.view.enter(series[index], left)
        self.show(index)

    def close_series(self, index: int) -> None:
        """Close a series with all results; the next one in the list is shown instead."""
        gone, acquired = self.all_series[index], self.demonstrations.acquired
        if gone is self.series and gone is self.demonstrations.series:
            self._choose(next(one for one in self.all_series if acquired in one.slices))
        if gone is self.series:
            self.foreground.discard("predict")
            self.series = self.view.slice = None
        self.opening.close(gone)
        if self.series is None and self.all_series:
            self._choose(self.all_series[min(index, len(self.all_series) - 1)])
        elif self.series is None:
            self.surface.set_series(None)
            self.emptied.emit()
        self.foreground.check_idle()

    @Slot()
    def toggle_demonstration(self) -> None:
        """Show the slice at a simulated dose, or return to the slice itself."""
        known = self.prediction
        if known is not None and known.slice.simulated_dose is None:
            self._close_twin(self.demonstrations.series)
            self.demonstrations.start(known)
        elif known is not None:
            self._close_twin(self.demonstrations.series)

    @Slot(object, object)
    def _show_demonstration(self, series: Series, twin: Prediction) -> None:
        self._predictions.keep(twin, self.slice)
        self.opening.put(series)

    @Slot(object)
    def _close_twin(self, series: Series | None) -> None:
        if series is not None and series in self.all_series:
            self.close_series(self.all_series.index(series))

    @Slot(object)
    def _forget(self, slices: frozenset[Slice]) -> None:
        """Keep nothing of slices that were closed."""
        self.prefetcher.forget(slices)
        for one in slices:
            self._predictions.pop(one, None)
        self._asked_for = None if self._asked_for in slices else self._asked_for

    def show(self, index: int) -> None:
        """Show a slice of the series; beyond its ends, the last one on that side."""
        if self.series is None:
            return
        self.index = min(max(index, 0), len(self.series) - 1)
        self.view.slice = chosen = self.series[self.index]
        self.shown.emit(chosen, self.index, len(self.series))
        self._show_prediction(chosen)

    def step(self, slices: int) -> None:
        """Move through the series."""
        self.show(self.index + slices)

    def allow_predictions(self) -> None:
        """Start using the model; start-up delays it until the window is complete."""
        self.model_device.is_allowed = True
        if self.slice is None:
            self.model_device.load()
        elif self.prediction is None:
            self._show_prediction(self.slice)

    def run(self, *, run_anyway: bool = False) -> None:
        """Run the model on the slice that is shown; a result of before stays until the new one."""
        if (chosen := self.slice) is None or not self.model_device.is_allowed or self.is_partial:
            return
        self._asked_for = chosen
        job = partial(self.backend.predict, chosen, run_anyway=run_anyway)
        what = self.tr("denoising and inferring 3D")
        self.foreground.start("predict", what, job, self._take_prediction)

    def run_series(self) -> None:
        """Run the model on every slice of the series that has no result yet."""
        if self.series is not None and self.model_device.is_allowed and not self.is_partial:
            new = [one for one in self.series if one not in self._predictions]
            self.prefetcher.run_series(new, known=len(self.series) - len(new))

    def known_predictions(self) -> dict[Slice, Prediction]:
        """All known predictions, at any strength, as a copy that a job may keep."""
        return dict(self._predictions)

    def _unchecked(self) -> Prediction | None:
        """A result of the series whose removed noise was not checked, if nobody waits."""
        if self.series is None or self.foreground.is_busy or self.prefetcher.is_busy:
            return None
        others = (one for one in self.series if one is not self.slice)
        known = (self._predictions.at(self.strength.now, one) for one in others)
        return next((one for one in known if one is not None and one.removed is None), None)

    def cancel(self) -> None:
        """Cancel what the worker does for the user."""
        self.prefetcher.stop()
        self._asked_for = None
        said = self.opening.cancel()
        self.foreground.cancel()
        if said:
            self.warned.emit(said)

    def close(self) -> None:
        """Stop the worker and wait for it."""
        self.worker_thread.stop()
        self.backend.close()

    def _show_prediction(self, chosen: Slice) -> None:
        if (known := self.prediction) is not None:
            self.foreground.discard("predict")
            self.foreground.check_idle()
            self.predicted.emit(known)
            self._prefetch_neighbours()
            return
        self.unpredicted.emit(chosen)
        if self.prefetcher.is_predicting(chosen):
            self._asked_for = None
            self.foreground.discard("predict")
            self.busy_changed.emit(Busy(self.tr("denoising and inferring 3D")))
        elif self._asked_for is not chosen or not self.foreground.is_running("predict"):
            self.run()

    @Slot()
    def _resume_prefetch(self) -> None:
        """The user waits for nothing: resume prefetching and show its progress."""
        self.busy_changed.emit(self.prefetcher.busy)
        self.prefetcher.resume()

    @Slot(str, object)
    def _refuse(self, lane: str, error: JRViewerError) -> None:
        if isinstance(error, InputRefusedError):
            if lane == "predict" and (known := self.prediction) is not None:  # overridden
                del self._predictions[known.slice]
                self.unpredicted.emit(known.slice)
            self.withheld.emit(str(error))
        elif lane == "open":
            self.opening.refuse(error)
        else:
            self.failed.emit(str(error))

    @Slot(str)
    def _report_bug(self, lane: str) -> None:
        self.failed.emit(
            self.tr("Internal error. Your open series is not affected. Please try again.")
        )

    @Slot(object)
    def _take_prediction(self, prediction: Prediction) -> None:
        if not self.opening.shelf.hold(prediction.slice):  # closed meanwhile
            return
        self._predictions.keep(prediction, self.slice)
        self.model_device.tell(prediction.device)
        if prediction.slice is self.slice:
            self.predicted.emit(self.prediction)
            self._prefetch_neighbours()

    def _prefetch_neighbours(self) -> None:
        if self.prefetches and self.series is not None:
            near = neighbours(self.series, self.index)
            self.prefetcher.prefetch(one for one in near if one not in self._predictions)

    @Slot()
    def _show_again(self) -> None:
        """Show the known prediction at another strength: this needs no inference."""
        if (known := self.prediction) is not None:
            self.predicted.emit(known)

    @Slot(object)
    def _run_skipped(self, missed: Slice) -> None:
        """The slice shown was refused while it was prefetched: run it again to show the reason."""
        if missed is self.slice:
            self.run()
