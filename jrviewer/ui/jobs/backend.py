"""Work for the worker thread: the only calls from ui into reading, prediction and export.

Heavy modules are imported inside the functions, so that they load in the worker thread after the
window is shown. Knows neither Qt nor the session.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jrviewer.core.errors import (
    DeviceError,
    DeviceMemoryError,
    ExportError,
    InputRefusedError,
    JRViewerError,
)
from jrviewer.core.prediction import Prediction, SeriesNoise
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Series, Slice, VoiLut, Window
from jrviewer.core.strength import Strength

if TYPE_CHECKING:
    from jrviewer.diagnostics.low_dose_demonstration import Demonstration
    from jrviewer.dicom import Opened
    from jrviewer.export.writer import ExportRequest
    from jrviewer.model.devices import Device
    from jrviewer.model.joint_model import JointModel

Outcome = Prediction | JRViewerError
Share = Callable[[Slice], None]
ReadPaths = Callable[[Sequence[Path], Report, Share], "Opened"]
LoadModel = Callable[["Device"], "JointModel"]


def read_paths(paths: Sequence[Path], report: Report, share: Share) -> "Opened":
    """Read files and folders; shares the first slice as soon as it is read."""
    from jrviewer import dicom

    shares = [share]

    def share_first(chosen: Slice) -> None:
        if shares:
            shares.pop()(chosen)

    return dicom.read(paths, report, on_slice=share_first)


def load_model(device: "Device") -> "JointModel":
    """Load the bundled model on a device, or on the best one that passes a trial."""
    from jrviewer.model.load import load_model

    return load_model(device)


def list_graphics() -> tuple[str, ...]:
    """The names of this computer's graphics processors."""
    from jrviewer.model import devices

    return devices.graphics()


def import_torch() -> None:
    """Load torch now: on Windows its DLLs must come before Qt's (pytorch#166628)."""
    import jrviewer.model.network  # noqa: F401


def no_series(chosen: Slice) -> Series | None:
    """Of slices that nobody has opened."""
    return None


@dataclass(frozen=True, slots=True)
class Written:
    """Result of an export: file names, and messages about what was not written."""

    names: tuple[str, ...]
    failures: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass
class Backend:
    """Holds the model, which is loaded at its first use. Used by the worker thread only, except
    `device`, `graphics` and `note`, which are single assignments.
    """

    read: ReadPaths = read_paths
    load: LoadModel = load_model
    list_graphics: Callable[[], tuple[str, ...]] = list_graphics
    device: "Device" = "auto"  # or the name of one of `graphics`
    graphics: tuple[str, ...] | None = None  # None: not known before torch is there
    model: "JointModel | None" = None
    note: str = ""  # why the model runs on another device than requested
    loaded_for: str = ""
    series_of: Callable[[Slice], Series | None] = no_series

    def close(self) -> None:
        """End the decoding process, if reading has started one."""
        if (decoding := sys.modules.get("jrviewer.dicom.decoding.process")) is not None:
            decoding.close()

    def take_note(self) -> str:
        """Return the note about the device, and clear it."""
        note, self.note = self.note, ""
        return note

    def ready(self, report: Report) -> str:
        """Load the model and name its device, e.g. "CPU fp32"."""
        return self._loaded(report).device

    def choose_anew(self, report: Report) -> str:
        """Choose this computer's precision anew, and name the device as `ready` does."""
        from jrviewer.model import kept_choice

        kept_choice.forget()
        self.loaded_for = ""
        return self.ready(report)

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        """Predict one slice; on the CPU if the graphics memory is full."""
        from jrviewer.model.predict import predict

        model = self._loaded(report)
        try:
            return self._in_series(predict(model, chosen, report, run_anyway=run_anyway))
        except DeviceMemoryError:
            self._give_up_graphics()
            return self.predict(chosen, report, run_anyway=run_anyway)

    def demonstrate(self, prediction: Prediction, report: Report) -> "Demonstration":
        """Simulate a lower dose of a prediction's slice, and denoise that."""
        from jrviewer.diagnostics.low_dose_demonstration import demonstrate

        model = self._loaded(report)
        try:
            return demonstrate(model, prediction, report)
        except DeviceMemoryError:
            self._give_up_graphics()
            return self.demonstrate(prediction, report)

    def predict_all(
        self, slices: Sequence[Slice], report: Report, share: Callable[[Outcome], None]
    ) -> None:
        """Predict slices, several at a time, and share each outcome in their order."""
        from jrviewer.model.predict import predict_series

        waiting = list(slices)
        while waiting:
            # If `share` or `report` cancels, the run ends here, not when it is garbage-collected.
            with closing(predict_series(self._loaded(report), waiting, report)) as run:
                for outcome in run:
                    if isinstance(outcome, DeviceMemoryError):
                        self._give_up_graphics()
                        break
                    if isinstance(outcome, Prediction):
                        outcome = self._in_series(outcome)  # noqa: PLW2901 - the same, knowing more
                    share(outcome)
                    waiting = waiting[1:]

    def _in_series(self, prediction: Prediction) -> Prediction:
        """With a cloud that knows the other slices, where they are too sparse to be measured."""
        from jrviewer.model.spliced_cloud import in_series

        series = self.series_of(prediction.slice)
        return prediction if series is None else in_series(prediction, series)

    def _give_up_graphics(self) -> None:
        self.model = self.load("cpu")
        self.note = "The graphics processor's memory is full: the CPU is used from now on."

    def _loaded(self, report: Report) -> "JointModel":
        wanted = self.device
        if self.model is None or self.loaded_for != wanted:
            report(0.0, "loading the model")
            self.graphics = self.list_graphics()
            self.model, self.note = self._load(wanted, self.graphics)
            self.loaded_for = wanted
        return self.model

    def _load(self, wanted: "Device", graphics: tuple[str, ...]) -> "tuple[JointModel, str]":
        """The model, and a note if it does not run on the requested device."""
        from jrviewer.model import devices

        place, gone = devices.resolve(wanted, graphics)
        try:
            model = self.load(place)
        except DeviceError:
            unfit = "The chosen graphics processor cannot run the model: the CPU is used instead."
            return self.load("cpu"), unfit
        return model, " ".join(filter(None, (gone, model.note)))

    def export(
        self,
        series: Series,
        slices: Sequence[Slice],
        known: Mapping[Slice, Prediction],
        request: "ExportRequest",
        strength: Strength,
        report: Report,
    ) -> Written:
        """Write the requested files of every slice at a strength; slices without a known prediction
        are predicted first. Existing files are kept. Raises ExportError if the folder cannot be
        read.
        """
        from jrviewer.export.writer import ExportWriter

        failures: list[str] = []
        names: list[str] = []
        warnings: list[str] = []
        if not request.folder.is_dir():
            raise ExportError(
                "The folder to export to does not exist or may not be read. Choose another one."
            )
        writer, noise = ExportWriter(request, [series]), SeriesNoise()
        for number, chosen in enumerate(slices, start=1):
            report((number - 1) / len(slices), f"exporting slice {number} of {len(slices)}")
            try:
                prediction = known.get(chosen) or self.predict(chosen, silent)
            except InputRefusedError as error:
                failures.append(str(error))
                continue
            if prediction.nearest_noise is None:  # else it is exported as it was shown
                prediction = noise.steady(prediction)
            exported = writer.write(prediction.at(strength))
            names += exported.names.values()
            warnings += exported.warnings
            if not exported.ok:
                failures.append(exported.message)
        return Written(tuple(names), tuple(failures), tuple(dict.fromkeys(warnings)))


def picture(prediction: Prediction, window: Window | VoiLut, blend: int, report: Report) -> bytes:
    """Both slices side by side with the notice, as a PNG file's bytes; nothing of the patient."""
    from jrviewer.export.comparison_image import draw_comparison
    from jrviewer.export.provenance import describe

    report(0.0, "drawing the image")
    return draw_comparison(prediction, window, describe(prediction), blend)[0]
