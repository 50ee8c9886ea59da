"""The bundled phantom's truth, and how near a prediction of it comes: measured here, on this
computer, not quoted.

`resources/truth/phantom.npz`, made by `python -m training sample`, holds the slice without noise
and points on the phantom's own surfaces. Of no other slice is the truth known.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.resources import resource
from jrviewer.imaging.body_masks import body_mask
from jrviewer.imaging.metrics import chamfer, nearest, psnr, ssim, to_window

FILE = "truth/phantom.npz"
WINDOW = (-600.0, 1500.0)  # centre and width in HU: PSNR and SSIM of a chest as evaluation has them
POINTS_PER_MM = 10.0  # the file holds points as whole tenths of a millimetre


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What the bundled slice really is."""

    pixels_sha256: str  # of the slice that it is the truth of
    pixels: FloatArray  # (rows, columns) HU without noise
    points_mm: FloatArray  # (M, 3) patient LPS, on the surfaces within the cloud's box


@dataclass(frozen=True, slots=True)
class Score:
    """How near the acquired slice, the denoised one and the cloud come to the truth.

    PSNR in dB and SSIM inside the body, in the lung window; `chamfer_mm` is None without a cloud in
    millimetres.
    """

    psnr_before: float
    psnr_after: float
    ssim_before: float
    ssim_after: float
    chamfer_mm: float | None


def score(prediction: Prediction) -> Score | None:
    """How near a prediction comes to the truth; None for a slice whose truth is unknown.

    Raises JRViewerError where this installation lacks the bundled truth.
    """
    known = bundled()
    if prediction.slice.source.pixels_sha256 != known.pixels_sha256:
        return None
    mask = body_mask(known.pixels, "HU", prediction.slice.plane.spacing_mm)
    true = to_window(known.pixels, WINDOW)
    before, after = (
        to_window(pixels, WINDOW) for pixels in (prediction.slice.pixels, prediction.denoised)
    )
    cloud, chamfer_mm = prediction.cloud, None
    if cloud is not None and cloud.unit == "mm":
        there = nearest(cloud.points, known.points_mm)
        chamfer_mm = chamfer(there, nearest(known.points_mm, cloud.points))
    return Score(
        psnr(before, true, mask),
        psnr(after, true, mask),
        ssim(before, true, mask),
        ssim(after, true, mask),
        chamfer_mm,
    )


@lru_cache(maxsize=1)
def bundled() -> Truth:
    """The truth that comes with the app. Raises JRViewerError where it is missing."""
    with np.load(resource(FILE)) as file:
        return Truth(
            str(file["pixels_sha256"]),
            file["pixels"].astype(np.float32),
            file["points"].astype(np.float32) / np.float32(POINTS_PER_MM),
        )
