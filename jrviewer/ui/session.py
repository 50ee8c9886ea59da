"""What is open, shown and known. Its signals are facts in the past tense, its methods wishes.

Knows the worker and the records; knows no widget. A refused file leaves what was open as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from jrviewer import windowing
from jrviewer.errors import InputRefusedError, JRViewerError
from jrviewer.progress import Report
from jrviewer.records import Prediction, Series, Slice, Window
from jrviewer.ui import work
from jrviewer.ui.annotations import Annotations
from jrviewer.ui.background import Background, Ticket
from jrviewer.ui.compare import CompareState
from jrviewer.ui.removal import Removal
from jrviewer.ui.view_state import ViewState, shade_of

if TYPE_CHECKING:
    from jrviewer.dicom import Opened

KEPT_PREDICTIONS = 64  # a 512² prediction is about 1 MB
MAX_SENTENCES = 3  # of refused files; the rest is counted


@dataclass(frozen=True, slots=True)
class Busy:
    """What the worker is doing for the user."""

    what: str
    fraction: float = 0.0


class Session(QObject):
    """The state of one window."""

    series_opened = Signal(object)  # tuple[Series, ...]
    series_chosen = Signal(int)
    shown = Signal(object, int, int)  # Slice, its index, how many there are
    predicted = Signal(object)  # Prediction of the slice that is shown
    unpredicted = Signal(object)  # the Slice that is shown has no prediction yet
    withheld = Signal(str)  # the input check is red; the sentence says why
    refused = Signal(str)  # files that were not opened, with reasons
    failed = Signal(str)  # anything else that did not work
    busy_changed = Signal(object)  # Busy or None
    device_known = Signal(str)
    exported = Signal(str)  # file name

    def __init__(self, worker: work.Worker | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.view = ViewState(self)
        self.background = Background(self)
        self.compare = CompareState(self)
        self.annotations = Annotations(self)
        self.removal = Removal(self.background, self)
        self.all_series: tuple[Series, ...] = ()
        self.series: Series | None = None
        self.index = 0
        self._worker = worker or work.Worker()
        self._predictions: dict[Slice, Prediction] = {}
        self._tickets: dict[str, Ticket] = {}
        self._names: dict[str, str] = {}
        self._asked_for: Slice | None = None
        self._may_predict = False
        self.background.progressed.connect(self._progress)
        self.background.finished.connect(self._finish)
        self.background.refused.connect(self._refuse)
        self.background.broke.connect(self._break)

    @property
    def slice(self) -> Slice | None:
        """The slice that is shown."""
        return None if self.series is None else self.series[self.index]

    @property
    def prediction(self) -> Prediction | None:
        """What is known of the slice that is shown."""
        return None if self.slice is None else self._predictions.get(self.slice)

    def open(self, paths: Sequence[Path]) -> None:
        """Read files and folders in the background; the newest request wins."""
        if not paths:
            return
        self._names["open"] = paths[0].name or str(paths[0])
        self._submit("open", self.tr("reading files"), partial(self._worker.read, tuple(paths)))

    def choose_series(self, index: int) -> None:
        """Show another one of the open series, at its middle slice."""
        self.series = self.all_series[index]
        self.series_chosen.emit(index)
        self._reset_view(len(self.series) // 2)

    def show(self, index: int) -> None:
        """Show a slice of the series; beyond its ends, the last one on that side."""
        if self.series is None:
            return
        self.index = min(max(index, 0), len(self.series) - 1)
        chosen = self.series[self.index]
        self.shown.emit(chosen, self.index, len(self.series))
        self._show_prediction(chosen)

    def step(self, slices: int) -> None:
        """Move through the series."""
        if self.series is not None and 0 <= self.index + slices < len(self.series):
            self.show(self.index + slices)
        elif self.series is not None and slices:
            self.show(len(self.series) - 1 if slices > 0 else 0)

    def allow_predictions(self) -> None:
        """Begin with the model: start-up holds it back until the window is complete."""
        self._may_predict = True
        if self.slice is None:
            self._submit("model", self.tr("loading the model"), self._worker.ready)
        elif self.prediction is None:
            self.run()

    def run(self, *, run_anyway: bool = False) -> None:
        """Run the model on the slice that is shown."""
        if (chosen := self.slice) is None or not self._may_predict:
            return
        self._predictions.pop(chosen, None)
        self._asked_for = chosen
        job = partial(self._worker.predict, chosen, run_anyway=run_anyway)
        self._submit("predict", self.tr("denoising and inferring 3D"), job)

    def cancel(self) -> None:
        """Stop what the worker does for the user."""
        for lane in ("open", "predict", "export"):
            self.background.cancel(lane)
            self._tickets.pop(lane, None)
        self._asked_for = None
        self.busy_changed.emit(None)

    def export_ply(self, path: Path) -> None:
        """Write the cloud of the slice that is shown."""
        self._export(path, lambda known: partial(work.export_ply, known, path))

    def export_png(self, path: Path) -> None:
        """Write both pictures of the slice that is shown, with the window and blend shown."""
        view, blend = self.view.now, self.compare.now.blend
        self._export(
            path,
            lambda known: partial(work.export_png, known, path, shade_of(view, known.slice), blend),
        )

    def set_preset(self, window: Window | None) -> None:
        """Show both panes with a window; None stands for the slice's own."""
        if (chosen := self.slice) is not None:
            self.view.change(window=window or windowing.default_window(chosen))

    def set_auto_window(self) -> None:
        """Show both panes with a window computed from the slice's values."""
        if (chosen := self.slice) is not None:
            self.view.change(window=windowing.auto_window(chosen))

    def fit(self) -> None:
        """Show the slice whole and centred."""
        if (chosen := self.slice) is not None:
            self.view.fit(chosen.shape)

    def reset_view(self) -> None:
        """Window, zoom, centre and inversion as when the series was opened."""
        self.fit()
        self.set_preset(None)
        self.view.change(is_inverted=False)

    def close(self) -> None:
        """Stop the worker and wait for it."""
        self.background.stop()
        self._worker.close()

    def _export(
        self, path: Path, job_of: Callable[[Prediction], Callable[[Report], object]]
    ) -> None:
        if (known := self.prediction) is None:
            self.failed.emit(self.tr("There is no result to export yet. Run the model first."))
            return
        self._names["export"] = path.name
        self._submit("export", self.tr("exporting"), job_of(known))

    def _submit(self, lane: str, what: str, job: Callable[[Report], object]) -> None:
        self._tickets[lane] = self.background.submit(lane, job)
        self.busy_changed.emit(Busy(what))

    def _reset_view(self, index: int) -> None:
        assert self.series is not None
        self.index = index
        self.reset_view()
        self.show(index)

    def _show_prediction(self, chosen: Slice) -> None:
        if (known := self._predictions.get(chosen)) is not None:
            self.background.cancel("predict")
            self._end_of("predict")
            self.predicted.emit(known)
            return
        self.unpredicted.emit(chosen)
        if self._asked_for is not chosen or "predict" not in self._tickets:
            self.run()

    def _end_of(self, lane: str) -> None:
        """Forget a lane's ticket."""
        self._tickets.pop(lane, None)
        self._tell_idle()

    def _tell_idle(self) -> None:
        if not self._tickets:
            self.busy_changed.emit(None)

    def _is_own(self, ticket: Ticket) -> bool:
        return self._tickets.get(ticket.lane) is ticket

    @Slot(object, float, str)
    def _progress(self, ticket: Ticket, fraction: float, what: str) -> None:
        if self._is_own(ticket):
            self.busy_changed.emit(Busy(what, fraction))

    @Slot(object, object)
    def _finish(self, ticket: Ticket, result: object) -> None:
        if not self._is_own(ticket):
            return
        del self._tickets[ticket.lane]
        takers: dict[str, Callable[[Any], None]] = {
            "open": self._take_opened,
            "predict": self._take_prediction,
            "model": self.device_known.emit,
            "export": self._take_export,
        }
        takers[ticket.lane](result)
        self._tell_idle()

    @Slot(object, object)
    def _refuse(self, ticket: Ticket, error: JRViewerError) -> None:
        if not self._is_own(ticket):
            return
        self._end_of(ticket.lane)
        if isinstance(error, InputRefusedError):
            self.withheld.emit(str(error))
        elif ticket.lane == "open":
            self.refused.emit(f"{self._names['open']}: {error}")
        else:
            self.failed.emit(str(error))

    @Slot(object)
    def _break(self, ticket: Ticket) -> None:
        if self._is_own(ticket):
            self._end_of(ticket.lane)
            self.failed.emit(
                self.tr("JRViewer met a fault of its own; what was open stays open. Try again.")
            )

    def _take_opened(self, opened: "Opened") -> None:
        if opened.series:
            self.all_series = tuple(opened.series)
            self._predictions.clear()
            self.series_opened.emit(self.all_series)
            largest = max(range(len(self.all_series)), key=lambda i: len(self.all_series[i]))
            self.choose_series(largest)
        if opened.refused or not opened.series:
            self.refused.emit(self._refusals(opened))

    def _refusals(self, opened: "Opened") -> str:
        """File names and reasons, the first few in full."""
        said = [f"{entry.path.name}: {entry.message}" for entry in opened.refused[:MAX_SENTENCES]]
        if more := len(opened.refused) - len(said):
            said.append(self.tr("{} more files were not opened.").format(more))
        if not said:
            sentence = self.tr("no images in here. Drop DICOM files or a folder that has some.")
            said.append(f"{self._names['open']}: {sentence}")
        return "\n".join(said)

    def _take_prediction(self, prediction: Prediction) -> None:
        while len(self._predictions) >= KEPT_PREDICTIONS:
            del self._predictions[next(iter(self._predictions))]
        self._predictions[prediction.slice] = prediction
        self.device_known.emit(prediction.device)
        if prediction.slice is self.slice:
            self.predicted.emit(prediction)

    def _take_export(self, path: Path) -> None:
        self.exported.emit(path.name)
