"""How strong a slice's own noise is, judged where its tissue is calmest. Arrays in, numbers out.

The local standard deviation in 9 × 9 pixels, over the calmest quarter of soft tissue; its median is
the slice's noise. A region is chosen once, on the slice as it came, and asked again after
denoising.

Soft tissue may be a rim of muscle in a chest full of contrast medium: then every window of 9 × 9
pixels holds a slope of tissue. In a window, slopes look like the slow noise that a network leaves,
so a surface fitted to them takes both. But what a network leaves is seen elsewhere, too: in the
calmest tenth of all tissue, fat and blood included. What it leaves in the calm region beyond that,
and beyond a third, is tissue, and is no noise. Where even the calmest tissue keeps half of it,
detail is everywhere, as where sulci cross a head's vertex, and the noise is not known.
"""

from dataclasses import replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from jrviewer.core.filters import NINE, mean_of_9_by_9, wide_gaussian
from jrviewer.core.geometry import FloatArray
from jrviewer.core.morphology import box_around, eroded
from jrviewer.core.records import Unit
from jrviewer.core.strength import ALL, PAIRS, SLOW_REACH, Noise, Residual

BoolArray = npt.NDArray[np.bool_]
IndexArray = npt.NDArray[np.intp]

WINDOW = NINE  # pixels of the square that a local standard deviation is of
SOFT_HU = (0.0, 120.0)
SOFT_SHARE = (0.15, 1.0)  # of the 99.5th percentile, where values are no HU
SMOOTH_PIXELS = 3.0  # the Gaussian before tissue is told by its value
GAUSSIAN_REACH = 12  # pixels: its four standard deviations
ERODED_PIXELS = 6
CALM_SHARE = 0.25
FEWEST_PIXELS = 150  # fewer calm pixels say nothing
MOST_PIXELS = 4000  # more say nothing more
TISSUE_HU = (-150.0, 350.0)  # of any kind: fat, muscle, blood with contrast medium
CALMEST_SHARE = 0.1
TINY = 1e-9
MOST_LEFT = 1 / 3  # of its noise, that calm tissue may keep at full strength: more may be tissue
TOO_MUCH_LEFT = 0.6  # by any network, where not all tissue keeps as much …
DETAIL_LEFT = 0.45  # … and the calmest does not say how much is noise: detail is there, too


class Tissue:
    """A slice (rows, columns) by whose tissue its noise is judged: smoothed once for all kinds."""

    def __init__(self, pixels: FloatArray, unit: Unit) -> None:
        self._pixels, self._unit = pixels, unit

    @cached_property
    def calm(self) -> BoolArray:
        """The calmest quarter of the soft tissue; empty where there is too little of it."""
        soft = self.soft
        calm = np.zeros(soft.shape, dtype=bool)
        if soft.sum() * CALM_SHARE < FEWEST_PIXELS:
            return calm
        part = box_around(soft, WINDOW // 2)
        some, inside = self._pixels[part], soft[part]
        variance = local_covariance(some, some)
        calm[part] = inside & (variance <= np.quantile(variance[inside], CALM_SHARE))
        return calm

    @property
    def soft(self) -> BoolArray:
        """Where soft tissue is, away from the borders."""
        return self._between(*self._soft_range)

    def noise(self, denoised: FloatArray) -> Noise | None:
        """As `measure` has it, of the slice's fully denoised twin."""
        if not self.calm.any():
            return None
        part = around(self.calm)
        before = self._pixels[part]
        removed = Residual.of(before, denoised[part])
        noise = measure_in(self.calm[part], before, removed, self._unit)
        return self._without_tissue(noise, denoised)

    def _without_tissue(self, noise: Noise | None, denoised: FloatArray) -> Noise | None:
        """Without what is tissue, as the twin shows it; the same where the network leaves so little
        that there can be none, and None where tissue cannot be told from noise.
        """
        if noise is None or noise.is_hardly_any or noise.after(ALL) <= MOST_LEFT * noise.before:
            return noise
        if noise.least <= MOST_LEFT * noise.before:  # which takes longer to know
            return noise
        elsewhere = self.share_left(denoised)
        too_much = noise.least > TOO_MUCH_LEFT * noise.before
        if elsewhere is None:
            return None if too_much else noise
        left = max(MOST_LEFT, elsewhere)
        excess = noise.least**2 - (left * noise.before) ** 2
        if excess > 0 and too_much and elsewhere > DETAIL_LEFT:
            return None
        return replace(noise, tissue=excess / (1 - left**2)) if excess > 0 else noise

    def share_left(self, denoised: FloatArray) -> float | None:
        """What a network leaves of the noise, 0 to 1, in the calmest tenth of all tissue; None
        where there is too little of that to say.
        """
        some = self._between(*(TISSUE_HU if self._unit == "HU" else self._soft_range))
        if some.sum() * CALMEST_SHARE < FEWEST_PIXELS:
            return None
        part = box_around(some, WINDOW // 2)
        both = (image[part] for image in (self._pixels, denoised))
        before, after = (local_covariance(image, image)[some[part]] for image in both)
        calmest = before <= np.quantile(before, CALMEST_SHARE)
        left = np.median(after[calmest]) / max(float(np.median(before[calmest])), TINY)
        return float(np.clip(left, 0, 1)) ** 0.5

    def _between(self, low: float, high: float) -> BoolArray:
        """Where the slice, smoothed, lies between two values, away from the borders."""
        found = np.zeros(self._pixels.shape, dtype=bool)
        part, smooth = self._smooth
        found[part] = eroded((smooth > low) & (smooth < high), ERODED_PIXELS)
        return found

    @cached_property
    def _smooth(self) -> tuple[tuple[slice, ...], FloatArray]:
        """The rows and columns where anything may be tissue of any kind, smoothed."""
        low = TISSUE_HU[0] if self._unit == "HU" else self._soft_range[0]
        # Beyond what the Gaussian sees of anything brighter, nothing is smoothed to more than that.
        part = box_around(self._pixels > low, GAUSSIAN_REACH)
        return part, wide_gaussian(self._pixels[part], SMOOTH_PIXELS, GAUSSIAN_REACH)

    @cached_property
    def _soft_range(self) -> tuple[float, float]:
        """Between which values soft tissue lies."""
        if self._unit == "HU":
            return SOFT_HU
        low, high = (share * float(np.percentile(self._pixels, 99.5)) for share in SOFT_SHARE)
        return low, high


def measure(pixels: FloatArray, denoised: FloatArray, unit: Unit) -> Noise | None:
    """The noise of a slice (rows, columns) and of what the network removed from it for its fully
    denoised twin; None where the slice shows too little calm tissue, or only such that is full of
    detail.
    """
    return Tissue(pixels, unit).noise(denoised)


def measure_in(calm: BoolArray, pixels: FloatArray, removed: Residual, unit: Unit) -> Noise | None:
    """The noise in a calm region (rows, columns) that is known, tissue among it included."""
    if not calm.any():
        return None
    rows, columns = np.nonzero(calm)
    some = slice(None, None, -(-len(rows) // MOST_PIXELS))
    corners = rows[some] - WINDOW // 2, columns[some] - WINDOW // 2  # eroded: all inside
    patches = [_patches(image, corners) for image in (pixels, removed.fine, removed.slow)]
    found = np.empty((6, len(corners[0])), dtype=np.float32)
    for one in range(3):
        for other in range(one, 3):
            covariance = np.einsum("nk,nk->n", patches[one], patches[other]) / WINDOW**2
            found[PAIRS[one, other]] = covariance
    return Noise(found, unit)


def _patches(image: FloatArray, corners: tuple[IndexArray, IndexArray]) -> FloatArray:
    """The squares below and right of N corners (N, WINDOW²), each without its mean."""
    squares = np.lib.stride_tricks.sliding_window_view(image, (WINDOW, WINDOW))[corners]
    patches = squares.reshape(len(squares), -1).astype(np.float32)
    patches -= patches.mean(axis=1, keepdims=True)
    return patches


def soft_tissue(pixels: FloatArray, unit: Unit) -> BoolArray:
    """Where a slice (rows, columns) shows soft tissue, away from its borders."""
    return Tissue(pixels, unit).soft


def calm_region(pixels: FloatArray, unit: Unit) -> BoolArray:
    """The calmest quarter of a slice's soft tissue; empty where there is too little of it."""
    return Tissue(pixels, unit).calm


def around(calm: BoolArray) -> tuple[slice, ...]:
    """The rows and columns on which the noise measured in a region (rows, columns) depends."""
    return box_around(calm, WINDOW // 2 + SLOW_REACH)


def noise_sd(pixels: FloatArray, where: BoolArray) -> float:
    """Median local standard deviation over a region, in the slice's unit; NaN where it is empty."""
    if not where.any():
        return float("nan")
    variance = float(np.median(local_covariance(pixels, pixels)[where]))
    return max(variance, 0.0) ** 0.5


def local_covariance(one: FloatArray, other: FloatArray) -> FloatArray:
    """Covariance of two images (rows, columns) in the square around each pixel."""
    fine = one.astype(np.float64)
    mean = mean_of_9_by_9(fine)
    finer = fine if one is other else other.astype(np.float64)
    other_mean = mean if one is other else mean_of_9_by_9(finer)
    covariance: FloatArray = mean_of_9_by_9(fine * finer)
    covariance -= mean * other_mean
    return covariance
