"""What the model took away: whether it looks like noise, and where it does not.

Noise has no shape: smoothed over the size of a nodule it all but vanishes. Where a smoothed
residual stands far above what the residual's own noise would leave, a shape went with it. Works on
a slice and its denoised twin; knows neither network nor window.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jrviewer.core.filters import gaussian, running_mean
from jrviewer.core.geometry import FloatArray
from jrviewer.core.padding import is_padding
from jrviewer.core.prediction import MOST_MARKS, Mark, Removed
from jrviewer.core.records import Slice
from jrviewer.imaging.body_masks import body_mask

BoolArray = npt.NDArray[np.bool_]

SCALES_MM = (1.5, 2.5, 4.0)  # standard deviations: shapes about 4, 7 and 11 mm across
SURROUND = 2.5  # how much wider the surroundings are that a shape must stand out from
NOISE_SCALE_MM = 10.0  # the noise level may change this quickly through the slice
QUIETEST = 0.25  # of the median noise level: no place is trusted to be quieter
THRESHOLD = 8.0  # standard deviations of the smoothed noise
LEAST_HU = 8.0  # fainter smoothed shapes are invisible
WIDEST_KERNEL_PX = 16.0  # standard deviation of a Gaussian that is computed as such
MIN_BODY_PIXELS = 400
ROBUST_SD = 1.4826  # of a normal distribution's median absolute deviation


def residual(image: Slice, denoised: FloatArray) -> FloatArray:
    """Original minus denoised (rows, columns) float32; 0 where nothing was measured."""
    pixels = image.pixels
    difference = np.nan_to_num(pixels - denoised, posinf=0.0, neginf=0.0)
    difference[is_padding(image, pixels)] = 0.0
    return difference.astype(np.float32)


def check_removed(image: Slice, denoised: FloatArray) -> Removed:
    """Tell shapes from noise in what was removed, within the body.

    Only shapes of a visible amount (LEAST_HU) count; beyond THRESHOLD each is a mark.
    """
    body = body_mask(denoised, image.unit, image.plane.spacing_mm)
    difference = residual(image, denoised)
    if body.sum() < MIN_BODY_PIXELS:
        return Removed(0.0, float(difference.std()), ())
    if not difference[body].any():
        return Removed(0.0, 0.0, ())
    steps = (1.0, 1.0) if image.spacing_source == "missing" else image.plane.spacing_mm
    least = LEAST_HU if image.unit == "HU" else 0.0
    found: list[_Peak] = []
    score = 0.0
    for scale_mm in SCALES_MM:
        if any(
            2 * edge >= side for edge, side in zip(_edge(scale_mm, steps), image.shape, strict=True)
        ):
            continue  # nothing is left to judge, and a kernel as wide as that takes minutes
        smooth = _smoothed(difference, scale_mm, steps)
        shape = smooth - _smoothed(difference, SURROUND * scale_mm, steps)
        is_visible = body & (np.abs(shape) >= least)
        if not is_visible.any():
            continue  # the rule on most slices, and half the work
        strength = _strength(shape, difference - smooth, body, steps)
        strength[~is_visible] = 0.0
        _clear_edge(strength, scale_mm, steps)
        score = max(score, float(np.abs(strength).max()))
        found += _peaks(strength, scale_mm)
    marks = [_mark(one, difference, steps) for one in _without_neighbours(found, steps)]
    return Removed(score, float(difference[body].std()), tuple(marks))


def _strength(
    shape: FloatArray, grain: FloatArray, body: BoolArray, steps: tuple[float, float]
) -> FloatArray:
    """A smoothed residual above its surroundings (rows, columns) in standard deviations of what the
    noise leaves of it; 0 outside the body.
    """
    level = np.sqrt(np.maximum(_smoothed(grain * grain, NOISE_SCALE_MM, steps), 0))
    level = np.maximum(level, max(QUIETEST * float(np.median(level[body])), 1e-6))
    strength = np.where(body, shape / level, 0.0)
    # How much noise survives the smoothing depends on its grain: estimated from the residual.
    spread = ROBUST_SD * float(np.median(np.abs(strength[body])))
    return np.asarray(strength / max(spread, 1e-6))


def _edge(scale_mm: float, steps: tuple[float, float]) -> tuple[int, int]:
    """How many rows and columns at each edge the smoothing has too little to look at."""
    rows, columns = (int(np.ceil(SURROUND * scale_mm / step)) for step in steps)
    return rows, columns


def _clear_edge(strength: FloatArray, scale_mm: float, steps: tuple[float, float]) -> None:
    """Nothing is judged where the smoothing has too little of the slice to look at."""
    rows, columns = _edge(scale_mm, steps)
    strength[:rows] = strength[-rows:] = 0.0
    strength[:, :columns] = strength[:, -columns:] = 0.0


def _smoothed(values: FloatArray, scale_mm: float, steps: tuple[float, float]) -> FloatArray:
    sigmas = [scale_mm / step for step in steps]
    if max(sigmas) <= WIDEST_KERNEL_PX:
        return gaussian(values, sigmas, mode="nearest", truncate=3.0)
    smooth = values  # three running means are nearly a Gaussian, at a cost without the width
    widths = [max(1, round(np.sqrt(4 * sigma**2 + 1))) for sigma in sigmas]
    for _ in range(3):
        smooth = running_mean(smooth, widths, mode="nearest")
    return smooth


@dataclass(frozen=True, slots=True)
class _Peak:
    """The strongest pixel of a connected region beyond the threshold, at one scale."""

    row: int
    column: int
    scale_mm: float
    strength: float

    @property
    def size_mm(self) -> float:
        """Diameter of the disc that a Gaussian blob stands for."""
        return float(2 * np.sqrt(2) * self.scale_mm)


def _peaks(strength: FloatArray, scale_mm: float) -> list[_Peak]:
    from scipy import ndimage

    above = np.abs(strength)
    labels, count = ndimage.label(above > THRESHOLD)
    if not count:
        return []
    peaks = ndimage.maximum_position(above, labels, range(1, count + 1))
    places = np.array(peaks, dtype=np.intp).reshape(-1, 2).tolist()
    return [_Peak(row, column, scale_mm, float(above[row, column])) for row, column in places]


def _mark(peak: _Peak, difference: FloatArray, steps: tuple[float, float]) -> Mark:
    change = _mean_around(difference, (peak.row, peak.column), peak.scale_mm, steps)
    return Mark(float(peak.row), float(peak.column), peak.size_mm, change, peak.strength)


def _mean_around(
    difference: FloatArray, place: tuple[int, int], radius_mm: float, steps: tuple[float, float]
) -> float:
    """The mean (not the smoothed value, which understates small shapes) around a place."""
    radius = max(radius_mm, *steps)
    first = [max(0, at - int(radius / step)) for at, step in zip(place, steps, strict=True)]
    last = [at + int(radius / step) + 1 for at, step in zip(place, steps, strict=True)]
    row, column = np.ogrid[
        first[0] : min(last[0], difference.shape[0]), first[1] : min(last[1], difference.shape[1])
    ]
    across = np.hypot((row - place[0]) * steps[0], (column - place[1]) * steps[1])
    near = difference[first[0] : last[0], first[1] : last[1]]
    return float(near[across <= radius].mean())


def _without_neighbours(found: list[_Peak], steps: tuple[float, float]) -> list[_Peak]:
    """The strongest of peaks that overlap, strongest first, up to MOST_MARKS."""
    kept: list[_Peak] = []
    for peak in sorted(found, key=lambda one: -one.strength):
        if len(kept) == MOST_MARKS:
            break
        if all(
            _distance(peak, other, steps) > (peak.size_mm + other.size_mm) / 2 for other in kept
        ):
            kept.append(peak)
    return kept


def _distance(one: _Peak, other: _Peak, steps: tuple[float, float]) -> float:
    return float(np.hypot((one.row - other.row) * steps[0], (one.column - other.column) * steps[1]))
