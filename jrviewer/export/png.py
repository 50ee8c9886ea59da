"""Original and denoised slice as a PNG file that says how it was made, and not of whom."""

from pathlib import Path

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import VoiLut, Window
from jrviewer.export.comparison_image import draw_comparison
from jrviewer.export.guarded_write import write_guarded
from jrviewer.export.provenance import describe, sealed


def write_png(
    prediction: Prediction, path: Path, window: Window | VoiLut, *, blend: int = 100
) -> None:
    """Write original and denoised slice side by side in one window, at native resolution.

    With a `blend` below 100 the second picture holds only that much of the AI slice, in per cent,
    and says so. Raises ExportError, and
    writes nothing, when the name is taken, the place cannot be written to or a text in it names the
    patient.
    """
    lines = describe(prediction)
    if blend != 100:
        lines = (*lines, f"blend_percent={blend}")
    content, text = draw_comparison(prediction, window, lines, blend)
    write_guarded(sealed(content), text, path, prediction)
