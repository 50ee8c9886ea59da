"""What the worker does for the window: the only calls from ui into reading, inference and export.

Heavy modules are imported inside the functions, so that they load in the worker after the window
is on screen. Knows neither Qt nor the session.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jrviewer.progress import Report
from jrviewer.records import Prediction, Slice, VoiLut, Window

if TYPE_CHECKING:
    from jrviewer.dicom import Opened
    from jrviewer.inference import Device, Model

ReadPaths = Callable[[Sequence[Path], Report], "Opened"]
LoadModel = Callable[["Device"], "Model"]


def read_paths(paths: Sequence[Path], report: Report) -> "Opened":
    """The series in files and folders, and what was refused."""
    from jrviewer import dicom

    return dicom.read(paths, report)


def load_model(device: "Device") -> "Model":
    """The bundled model on the best device that passes a real kernel."""
    from jrviewer import inference

    return inference.load_model(device)


def import_torch() -> None:
    """Load torch now: on Windows its DLLs must come before Qt's (pytorch#166628)."""
    import jrviewer.network  # noqa: F401


@dataclass
class Worker:
    """The worker's own memory: the model, loaded at its first use. Touched by its thread alone."""

    read: ReadPaths = read_paths
    load: LoadModel = load_model
    device: "Device" = "auto"
    model: "Model | None" = None

    def close(self) -> None:
        """End the decoding process, if reading has started one."""
        if (decoding := sys.modules.get("jrviewer.dicom.decoding")) is not None:
            decoding.stop()

    def ready(self, report: Report) -> str:
        """Load the model and name its device, e.g. "CPU fp32"."""
        return self._loaded(report).device

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        """Denoised slice and cloud of one slice."""
        from jrviewer import inference

        return inference.predict(self._loaded(report), chosen, report, run_anyway=run_anyway)

    def _loaded(self, report: Report) -> "Model":
        if self.model is None:
            report(0.0, "loading the model")
            self.model = self.load(self.device)
        return self.model


def export_ply(prediction: Prediction, path: Path, report: Report) -> Path:
    """Write the cloud as PLY."""
    from jrviewer import export

    report(0.0, "writing the cloud")
    export.write_ply(prediction, path)
    return path


def export_png(
    prediction: Prediction, path: Path, window: Window | VoiLut, blend: int, report: Report
) -> Path:
    """Write original and denoised slice side by side, the latter with `blend` per cent of AI."""
    from jrviewer import export

    report(0.0, "writing the picture")
    export.write_png(prediction, path, window, blend=blend)
    return path
