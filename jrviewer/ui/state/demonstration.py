"""The demonstration: the open slice as if at a quarter of its dose, denoised, beside the truth.

The twin is a series of its own that is never exported; it goes when it is left, or when the slice
that it was made of is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Series
from jrviewer.core.records import Slice as Image
from jrviewer.ui.jobs.backend import Backend
from jrviewer.ui.jobs.foreground import Foreground
from jrviewer.ui.jobs.worker_thread import WorkerThread
from jrviewer.ui.state.analyses import Analysis
from jrviewer.ui.state.captions import number

if TYPE_CHECKING:
    from jrviewer.diagnostics.low_dose_demonstration import Demonstration, Likeness

LANE = "demonstration"


class Demonstrations(Analysis):
    """At most one twin at a time, and how near its predictions come to the slice itself."""

    made = Signal(object, object)  # the twin's Series, its Prediction
    ended = Signal(object)  # the twin's Series, whose slice was closed

    lane = "likeness"

    def __init__(
        self,
        worker_thread: WorkerThread,
        foreground: Foreground,
        backend: Backend,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(worker_thread, parent)
        self._foreground, self._backend = foreground, backend
        self._source: Image | None = None  # whose twin is being made
        self._now: Demonstration | None = None
        self.series: Series | None = None  # of the twin
        self._scores: WeakKeyDictionary[Prediction, Likeness] = WeakKeyDictionary()

    @property
    def acquired(self) -> Image | None:
        """The slice that the twin was made of."""
        return None if self._now is None else self._now.acquired

    def start(self, prediction: Prediction) -> None:
        """Make the twin of a prediction's slice."""
        what = self.tr("simulating a lower dose")
        self._source = prediction.slice
        job = partial(self._backend.demonstrate, prediction)
        self._foreground.start(LANE, what, job, self._take_demonstration)

    def of(self, prediction: Prediction) -> Likeness | None:
        """How near a twin's prediction comes to the slice; None where it is not known."""
        return self._scores.get(prediction)

    def leave(self) -> None:
        """Forget the twin; its series is closed by others."""
        self._now = self.series = None

    @Slot(object)
    def forget(self, slices: Collection[Image]) -> None:
        """End with the slice that the twin was made of, or with the twin itself."""
        super().forget(slices)
        if self._source in slices:
            self._source = None
            self._foreground.discard(LANE)
        if self._now is None or self.series is None:
            return
        series, is_orphan = self.series, self._now.acquired in slices
        if is_orphan or self._now.twin.slice in slices:
            self.leave()
        if is_orphan:
            self.ended.emit(series)

    @Slot(object)
    def show(self, chosen: Image) -> None:
        """Another slice is shown: nobody waits for the twin of the one that was left."""
        if self._source is not None and self._source is not chosen:
            self._source = None
            self._foreground.discard(LANE)

    def _take_demonstration(self, made: Demonstration) -> None:
        self._now, self._source = made, None
        title = dose_name(made.twin.slice)
        self.series = Series((made.twin.slice,), title=title)
        self.made.emit(self.series, made.twin)

    def _is_known(self, prediction: Prediction) -> bool:
        is_twin = self._now is not None and prediction.slice is self._now.twin.slice
        return not is_twin or prediction in self._scores

    def _job(self, prediction: Prediction) -> Callable[[Report], object]:
        assert self._now is not None
        return partial(_likeness, self._now, prediction)

    def _keep(self, prediction: Prediction, result: object) -> None:
        self._scores[prediction] = result  # type: ignore[assignment]  # of `_likeness`


def _likeness(shown: Demonstration, prediction: Prediction, report: Report) -> Likeness:
    report(0.0, "comparing with the acquired slice")
    return shown.at(prediction.strength).likeness()


def dose_name(chosen: Image) -> str:
    """What a simulated slice is called wherever it is shown; "" for an acquired one."""
    if chosen.simulated_dose is None:
        return ""
    return _tr("SIMULATED {} % DOSE").format(number(100 * chosen.simulated_dose))


def likeness_lines(likeness: Likeness | None) -> tuple[str, ...]:
    """How near original and AI slice come to the acquired one."""
    if likeness is None:
        return ()
    return (
        _tr("Compared with the acquired slice:"),
        _tr("PSNR {} → {} dB").format(
            number(likeness.psnr_before, 1), number(likeness.psnr_after, 1)
        ),
        _tr("SSIM {} → {}").format(number(likeness.ssim_before, 3), number(likeness.ssim_after, 3)),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("demonstration", text)
