"""The demonstration: a slice at a share of its dose, denoised, beside the slice itself.

The slice was acquired, so it has noise of its own: the figures say how near denoising comes to it,
not to the truth.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Slice
from jrviewer.core.strength import Strength
from jrviewer.imaging.body_masks import body_mask
from jrviewer.imaging.low_dose import QUARTER, simulated
from jrviewer.imaging.metrics import psnr, ssim, to_window

if TYPE_CHECKING:
    from jrviewer.model.joint_model import JointModel

WINDOW = (40.0, 400.0)  # centre and width in HU: soft tissue


@dataclass(frozen=True, slots=True)
class Likeness:
    """PSNR in dB and SSIM against the acquired slice, in its body and the soft tissue window."""

    psnr_before: float
    psnr_after: float
    ssim_before: float
    ssim_after: float


@dataclass(frozen=True, slots=True, eq=False)
class Demonstration:
    """The acquired slice, and the prediction of its noisy twin, which is `twin.slice`."""

    acquired: Slice
    twin: Prediction

    def at(self, strength: Strength) -> "Demonstration":
        """The same at another strength, without inference."""
        return replace(self, twin=self.twin.at(strength))

    def likeness(self) -> Likeness:
        """How near the twin comes to the acquired slice, before and after denoising."""
        pixels = self.acquired.pixels
        mask = body_mask(pixels, "HU", self.acquired.plane.spacing_mm)
        true = to_window(pixels, WINDOW)
        noisy, denoised = (
            to_window(one, WINDOW) for one in (self.twin.slice.pixels, self.twin.denoised)
        )
        return Likeness(
            psnr(noisy, true, mask),
            psnr(denoised, true, mask),
            ssim(noisy, true, mask),
            ssim(denoised, true, mask),
        )


def demonstrate(
    model: "JointModel", prediction: Prediction, report: Report = silent, dose: float = QUARTER
) -> Demonstration:
    """Simulate a share of a prediction's dose and denoise it at the prediction's strength.

    Raises JRViewerError where the slice's own noise is unknown, and what `predict` raises.
    """
    from jrviewer.model.predict import predict

    report(0.0, "Simulating a lower dose")
    noisy = simulated(prediction, dose)
    anyway = prediction.overridden
    twin = predict(model, noisy, report, run_anyway=anyway, strength=prediction.strength)
    return Demonstration(prediction.slice, twin)
