"""Scores of images and clouds against their references: arrays in, floats out.

Images are in HU (or stored units) and compared inside a body mask; clouds are in box coordinates
(divided by 224 mm) and their distances in millimetres. Independent of files and networks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.imaging.metrics import BoolArray, chamfer, nearest, psnr, ssim, to_window

Labels = npt.NDArray[np.uint8]

WINDOWS = {
    "chest": (-600.0, 1500.0),
    "abdomen": (50.0, 400.0),
    "head-neck": (40.0, 80.0),
    "head": (40.0, 80.0),
}
"""Centre and width in HU, by region."""

TISSUES = {"soft_tissue": (-50.0, 150.0), "lung": (-950.0, -600.0), "bone": (200.0, 3071.0)}
"""HU of the reference that count as each tissue."""

DEPTH_BINS_MM = {"0-8": (0.0, 8.0), "8-24": (8.0, 24.0), "24-64": (24.0, 64.0)}
STRUCTURES = {"skin": 0, "bone": 1, "air": 2}
F_RADII_MM = (3.0, 5.0, 10.0)


def rmse(image: FloatArray, reference: FloatArray, mask: BoolArray) -> float:
    """Root mean squared error over the mask, in the images' own unit."""
    difference = image[mask].astype(np.float64) - reference[mask]
    return float(np.sqrt(np.mean(difference**2)))


def tissue_bias(image: FloatArray, reference: FloatArray, mask: BoolArray) -> dict[str, float]:
    """Mean signed error in HU inside each tissue of the reference that fills at least 50 pixels.

    Tissues are taken from the median-filtered reference: selecting pixels by their own noisy value
    would make every correct denoiser look biased (regression to the mean).
    """
    from scipy.ndimage import median_filter

    steady = median_filter(reference, size=5)
    bias = {}
    for tissue, (low, high) in TISSUES.items():
        inside = mask & (steady >= low) & (steady <= high)
        if inside.sum() >= 50:
            bias[tissue] = float(np.mean(image[inside].astype(np.float64) - reference[inside]))
    return bias


def image_scores(
    image: FloatArray, reference: FloatArray, mask: BoolArray, window: tuple[float, float]
) -> dict[str, float]:
    """Windowed psnr (dB), ssim and rmse_hu of one image."""
    seen, expected = to_window(image, window), to_window(reference, window)
    return {
        "psnr": psnr(seen, expected, mask),
        "ssim": ssim(seen, expected, mask),
        "rmse_hu": rmse(image, reference, mask),
    }


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The reference of a cloud."""

    points: FloatArray  # (M, 3) box coordinates
    labels: Labels  # (M,)
    z_range: tuple[float, float]  # box z between which slices exist


def cloud_scores(points: FloatArray, labels: Labels, truth: Truth) -> dict[str, object]:
    """Scores of one cloud (N, 3), in box coordinates, against 10 000 or so true points.

    Predicted points outside the existing slices do not count in predicted → true, but may be a true
    point's nearest. By structure, only points of that structure count on either side; by depth,
    only the query points must be in the range, their nearest may be anywhere.
    """
    there, back, counted = _distances(points, truth)
    return {
        "L1_mm": chamfer(there, back),
        "L2": float((np.mean(there**2) + np.mean(back**2)) / BOX_HALF_WIDTH_MM**2),
        "hd95_mm": float(max(np.percentile(there, 95), np.percentile(back, 95))),
        **{f"f{radius:g}": f_score(there, back, radius) for radius in F_RADII_MM},
        "by_depth_mm": _by_depth(points[counted], there, truth.points, back),
        "by_structure": _by_structure(points, labels, truth),
    }


def f_score(there_mm: FloatArray, back_mm: FloatArray, radius_mm: float) -> float:
    """Harmonic mean of the shares of points within a radius, in both directions."""
    precision = float(np.mean(there_mm <= radius_mm))
    recall = float(np.mean(back_mm <= radius_mm))
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _distances(points: FloatArray, truth: Truth) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Distances in mm predicted → true and true → predicted, and which predicted points count."""
    low, high = truth.z_range
    counted = (points[:, 2] >= low) & (points[:, 2] <= high)
    if not counted.any():
        counted = np.ones(len(points), dtype=bool)
    there = nearest_mm(points[counted], truth.points)
    back = nearest_mm(truth.points, points)
    return there, back, counted


def nearest_mm(points: FloatArray, others: FloatArray) -> FloatArray:
    """Distance in millimetres (N,) from each point (N, 3) to the nearest of the others, both in the
    box.
    """
    return nearest(points, others) * BOX_HALF_WIDTH_MM


def _by_depth(
    points: FloatArray, there: FloatArray, true_points: FloatArray, back: FloatArray
) -> dict[str, float]:
    scores = {}
    for name, (low, high) in DEPTH_BINS_MM.items():
        ours = there[at_depth(points, low, high)]
        theirs = back[at_depth(true_points, low, high)]
        if len(ours) and len(theirs):
            scores[name] = chamfer(ours, theirs)
    return scores


def at_depth(points: FloatArray, low_mm: float, high_mm: float) -> BoolArray:
    """Mask of the points (N, 3) in a range of distances to the slice plane, on either side."""
    depth = np.abs(points[:, 2]) * BOX_HALF_WIDTH_MM
    return (depth >= low_mm) & (depth < high_mm)


def _by_structure(points: FloatArray, labels: Labels, truth: Truth) -> dict[str, float]:
    """L1 in mm of each structure present in both clouds."""
    scores = {}
    for name, label in STRUCTURES.items():
        own, true = points[labels == label], truth.points[truth.labels == label]
        if len(own) and len(true):
            part = Truth(true, truth.labels[truth.labels == label], truth.z_range)
            there, back, _ = _distances(own, part)
            scores[name] = chamfer(there, back)
    return scores


def gap_closed(baseline: float, ours: float, floor: float) -> float:
    """Share of the way from a baseline to the sampling floor."""
    return (baseline - ours) / (baseline - floor)


def bootstrap(values: Sequence[float], seed: int, count: int = 4000) -> list[float]:
    """95 % interval of the mean, drawing patients with replacement."""
    sample = np.asarray(values, dtype=np.float64)
    drawn = np.random.default_rng(seed).integers(0, len(sample), (count, len(sample)))
    low, high = np.percentile(sample[drawn].mean(axis=1), [2.5, 97.5])
    return [float(low), float(high)]


Scores = Mapping[str, object]


def average(rows: Sequence[Scores]) -> dict[str, object]:
    """Mean of every number in a list of similar dictionaries, key by key and level by level.

    A key that some rows lack is averaged over the rows that have it.
    """
    keys = dict.fromkeys(key for row in rows for key in row)
    return {key: _average_key([row[key] for row in rows if key in row]) for key in keys}


def _average_key(values: list[object]) -> object:
    if isinstance(values[0], Mapping):
        return average([value for value in values if isinstance(value, Mapping)])
    return float(np.mean(np.array(values, dtype=np.float64)))
