"""How strong a slice's own noise is, judged where its tissue is calmest. Arrays in, numbers out.

The local standard deviation in 9 × 9 pixels, over the calmest quarter of soft tissue; its median is
the slice's noise. A region is chosen once, on the slice as it came, and asked again after
denoising.
"""

import numpy as np
import numpy.typing as npt

from jrviewer.core.filters import gaussian, running_mean
from jrviewer.core.geometry import FloatArray
from jrviewer.core.morphology import eroded
from jrviewer.core.records import Unit
from jrviewer.core.strength import SLOW_REACH, Noise, Residual

BoolArray = npt.NDArray[np.bool_]
IndexArray = npt.NDArray[np.intp]

WINDOW = 9  # pixels of the square that a local standard deviation is of
SOFT_HU = (0.0, 120.0)
SOFT_SHARE = (0.15, 1.0)  # of the 99.5th percentile, where values are no HU
SMOOTH_PIXELS = 3.0  # the Gaussian before tissue is told by its value
GAUSSIAN_REACH = 12  # pixels: its four standard deviations
ERODED_PIXELS = 6
CALM_SHARE = 0.25
FEWEST_PIXELS = 150  # fewer calm pixels say nothing
MOST_PIXELS = 4000  # more say nothing more


def measure(pixels: FloatArray, removed: Residual, unit: Unit) -> Noise | None:
    """The noise of a slice (rows, columns) and of what the network removed from it; None where the
    slice shows too little calm tissue.
    """
    return measure_in(calm_region(pixels, unit), pixels, removed, unit)


def measure_in(calm: BoolArray, pixels: FloatArray, removed: Residual, unit: Unit) -> Noise | None:
    """The same where the calm region (rows, columns) is known already."""
    if not calm.any():
        return None
    rows, columns = np.nonzero(calm)
    some = slice(None, None, -(-len(rows) // MOST_PIXELS))
    corners = rows[some] - WINDOW // 2, columns[some] - WINDOW // 2  # eroded: all inside
    patches = [_patches(image, corners) for image in (pixels, removed.fine, removed.slow)]
    found = np.empty((3, 3, len(corners[0])), dtype=np.float32)
    for one in range(3):
        for other in range(one, 3):
            covariance = np.einsum("nk,nk->n", patches[one], patches[other]) / WINDOW**2
            found[one, other] = found[other, one] = covariance
    return Noise(found, unit)


def _patches(image: FloatArray, corners: tuple[IndexArray, IndexArray]) -> FloatArray:
    """The squares below and right of N corners (N, WINDOW²), each without its mean."""
    squares = np.lib.stride_tricks.sliding_window_view(image, (WINDOW, WINDOW))[corners]
    patches = squares.reshape(len(squares), -1).astype(np.float32)
    patches -= patches.mean(axis=1, keepdims=True)
    return patches


def soft_tissue(pixels: FloatArray, unit: Unit) -> BoolArray:
    """Where a slice (rows, columns) shows soft tissue, away from its borders."""
    low, high = SOFT_HU
    if unit != "HU":
        low, high = (share * float(np.percentile(pixels, 99.5)) for share in SOFT_SHARE)
    soft = np.zeros(pixels.shape, dtype=bool)
    # Beyond what the Gaussian sees of anything brighter, nothing is smoothed to more than `low`.
    part = _box_around(pixels > low, GAUSSIAN_REACH)
    smooth = gaussian(pixels[part].astype(np.float32), SMOOTH_PIXELS)
    inside = (smooth > low) & (smooth < high)
    soft[part] = eroded(inside, ERODED_PIXELS)
    return soft


def calm_region(pixels: FloatArray, unit: Unit) -> BoolArray:
    """The calmest quarter of the soft tissue; empty where there is too little of it."""
    soft = soft_tissue(pixels, unit)
    if soft.sum() * CALM_SHARE < FEWEST_PIXELS:
        return np.zeros(soft.shape, dtype=bool)
    part = _box_around(soft, WINDOW // 2)
    some, inside = pixels[part], soft[part]
    variance = local_covariance(some, some)
    calm = np.zeros(soft.shape, dtype=bool)
    calm[part] = inside & (variance <= np.quantile(variance[inside], CALM_SHARE))
    return calm


def around(calm: BoolArray) -> tuple[slice, ...]:
    """The rows and columns on which the noise measured in a region (rows, columns) depends."""
    return _box_around(calm, WINDOW // 2 + SLOW_REACH)


def _box_around(mask: BoolArray, margin: int) -> tuple[slice, ...]:
    """The rows and columns that hold all of a mask, and a margin around it as far as there is one;
    everything where it is empty.
    """
    if not mask.any():
        return slice(None), slice(None)
    found = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return tuple(slice(max(0, one[0] - margin), one[-1] + margin + 1) for one in found)


def noise_sd(pixels: FloatArray, where: BoolArray) -> float:
    """Median local standard deviation over a region, in the slice's unit; NaN where it is empty."""
    if not where.any():
        return float("nan")
    variance = float(np.median(local_covariance(pixels, pixels)[where]))
    return max(variance, 0.0) ** 0.5


def local_covariance(one: FloatArray, other: FloatArray) -> FloatArray:
    """Covariance of two images (rows, columns) in the square around each pixel."""
    is_variance = one is other
    one, other = (image.astype(np.float64) for image in (one, other))
    mean = running_mean(one, WINDOW)
    other_mean = mean if is_variance else running_mean(other, WINDOW)
    covariance: FloatArray = running_mean(one * other, WINDOW) - mean * other_mean
    return covariance
