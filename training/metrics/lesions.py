"""The lesion check: low-contrast discs added to soft tissue before the noise.

15–40 HU above or below their surroundings, 4–10 mm across, where the tissue is most even.
"""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.body_masks import BoolArray

DISCS = 4
CONTRAST_HU = (15.0, 40.0)
DIAMETER_MM = (4.0, 10.0)
SOFT_HU = (0.0, 130.0)
RING_MM = 5.0  # width of the background ring around a disc, after a gap of one pixel


@dataclass(frozen=True, slots=True)
class Disc:
    """Position, size and contrast of a disc."""

    row: int
    column: int
    radius_mm: float
    contrast_hu: float


def add_discs(hu: FloatArray, pixel_mm: float, seed: int) -> tuple[FloatArray, list[Disc]]:
    """The slice with up to four discs, and the discs; none if no tissue is even enough."""
    random = np.random.default_rng(seed)
    uneven = _unevenness(hu, pixel_mm)
    image, discs = hu.astype(np.float32).copy(), []
    for _ in range(DISCS):
        if not np.isfinite(uneven).any():
            break
        even = np.argwhere(uneven <= np.percentile(uneven[np.isfinite(uneven)], 5))
        row, column = (int(x) for x in even[random.integers(len(even))])
        sign = 1.0 if random.random() < 0.5 else -1.0
        contrast_hu = sign * float(random.uniform(*CONTRAST_HU))
        disc = Disc(row, column, float(random.uniform(*DIAMETER_MM)) / 2, contrast_hu)
        distance = _distance_mm(hu.shape, disc, pixel_mm)
        image += alone(hu.shape, disc, pixel_mm)
        uneven[distance < 2 * (DIAMETER_MM[1] / 2 + RING_MM)] = np.inf
        discs.append(disc)
    return image.astype(np.float32), discs


def alone(shape: tuple[int, ...], disc: Disc, pixel_mm: float) -> FloatArray:
    """The HU that a disc adds to a slice."""
    added: FloatArray = disc.contrast_hu * _profile(
        _distance_mm(shape, disc, pixel_mm), disc, pixel_mm
    )
    return added


def contrast(
    image: FloatArray, without: FloatArray, discs: list[Disc], pixel_mm: float
) -> dict[str, float]:
    """Means over the discs: `measured` and `true` contrast in HU, signs made positive, and `cnr`,
    the contrast over the standard deviation in the background ring.

    `without` is the same method's result for the same noise without the discs: the difference is
    what is left of a disc, free of the noise and anatomy at its position.
    """
    measured, true, cnr = [], [], []
    for disc in discs:
        inside, ring = _regions(image.shape, disc, pixel_mm)
        left = (image - without)[inside].mean() - (image - without)[ring].mean()
        measured.append(np.sign(disc.contrast_hu) * float(left))
        distance = _distance_mm(image.shape, disc, pixel_mm)[inside]
        true.append(abs(disc.contrast_hu) * float(_profile(distance, disc, pixel_mm).mean()))
        cnr.append(measured[-1] / max(float(without[ring].std()), 1e-3))
    means = {"measured": measured, "true": true, "cnr": cnr}
    return {name: float(np.mean(values)) for name, values in means.items()}


def _regions(shape: tuple[int, ...], disc: Disc, pixel_mm: float) -> tuple[BoolArray, BoolArray]:
    """Pixels well inside a disc (at least its centre), and its background ring."""
    distance = _distance_mm(shape, disc, pixel_mm)
    inside = distance <= max(disc.radius_mm - pixel_mm / 2, pixel_mm / 2)
    start = disc.radius_mm + pixel_mm
    return inside, (distance > start) & (distance <= start + RING_MM)


def _profile(distance_mm: FloatArray, disc: Disc, pixel_mm: float) -> FloatArray:
    """1 inside, 0 outside, with a rim one pixel wide, since scanners give no sharper edge."""
    profile: FloatArray = np.clip((disc.radius_mm - distance_mm) / pixel_mm + 0.5, 0, 1)
    return profile


def _distance_mm(shape: tuple[int, ...], disc: Disc, pixel_mm: float) -> FloatArray:
    row, column = np.ogrid[: shape[0], : shape[1]]
    distance: FloatArray = np.hypot(row - disc.row, column - disc.column) * pixel_mm
    return distance


def _unevenness(hu: FloatArray, pixel_mm: float) -> FloatArray:
    """Local standard deviation around each pixel; infinite if a disc and its ring would leave soft
    tissue.
    """
    steps = max(1, round((DIAMETER_MM[1] / 2 + RING_MM) / pixel_mm))
    smooth = ndimage.gaussian_filter(hu.astype(np.float64), 1.5 / pixel_mm)
    soft = (smooth > SOFT_HU[0]) & (smooth < SOFT_HU[1])
    room = ndimage.distance_transform_edt(soft) > steps
    width = 2 * steps + 1
    mean = ndimage.uniform_filter(smooth, width)
    variance = ndimage.uniform_filter(smooth**2, width) - mean**2
    return np.where(room, np.sqrt(np.maximum(variance, 0)), np.inf)
