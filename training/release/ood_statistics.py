"""Statistics of the encoder's features on training slices, for the app's learned input check."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.model.out_of_distribution import Familiarity

AXES = 16
FOLDS = 5
QUANTILE = 0.98  # of left-out training slices within the limits
LEAST = 1e-4  # variance along an axis, so that rounding does not decide where all slices agree
LEAST_TURNED = (
    0.35  # of what a slice upside down usually has: the front and back of heads are alike
)
SHRINK = 0.05  # of the discriminant's covariance, towards a ball: few patients, many features


class Seen(NamedTuple):
    """The features (D,) of a training slice, upright and upside down, and its patient."""

    patient: str
    upright: FloatArray
    upside_down: FloatArray


def fit(seen: Sequence[Seen]) -> Familiarity:
    """The statistics, with limits from patients left out in turn."""
    patients = sorted({one.patient for one in seen})
    distances, turned, upside_down = [], [], []
    for fold in range(FOLDS):
        left_out = set(patients[fold::FOLDS])
        known = _fit([one for one in seen if one.patient not in left_out])
        others = [one for one in seen if one.patient in left_out]
        if others:
            upright = np.stack([one.upright for one in others])
            distances.append(known.distance(upright))
            turned.append(known.upside_down(upright))
            upside_down.append(known.upside_down(np.stack([one.upside_down for one in others])))
    limits = [float(np.quantile(np.concatenate(of), QUANTILE)) for of in (distances, turned)]
    usual = float(np.median(np.concatenate(upside_down)))
    return _fit(seen, (limits[0], max(limits[1], LEAST_TURNED * usual, 1e-3)))


def _fit(seen: Sequence[Seen], limits: tuple[float, float] = (1.0, 1.0)) -> Familiarity:
    upright = np.stack([one.upright for one in seen]).astype(np.float64)
    turned = np.stack([one.upside_down for one in seen]).astype(np.float64)
    centre, scale = upright.mean(axis=0), upright.std(axis=0) + 1e-3
    upright, turned = (upright - centre) / scale, (turned - centre) / scale
    _, sizes, axes = np.linalg.svd(upright, full_matrices=False)
    variance = sizes**2 / len(upright)
    kept = min(AXES, len(variance) - 1)
    rest = variance[kept:].sum() / (upright.shape[1] - kept)
    direction = _discriminant(upright, turned)
    offset = float((upright.mean(axis=0) + turned.mean(axis=0)) @ direction) / 2
    return Familiarity(
        centre=centre.astype(np.float32),
        scale=scale.astype(np.float32),
        axes=axes[:kept].astype(np.float32),
        spread=np.maximum([*variance[:kept], rest], LEAST).astype(np.float32),
        upright=np.append(direction, offset).astype(np.float32),
        limits=np.array(limits, dtype=np.float32),
    )


def _discriminant(upright: FloatArray, turned: FloatArray) -> FloatArray:
    """Fisher's direction (D,) from upright to upside-down, in the space that the samples span."""
    both = np.concatenate([upright - upright.mean(axis=0), turned - turned.mean(axis=0)])
    _, sizes, axes = np.linalg.svd(both, full_matrices=False)
    variance = sizes**2 / len(both)
    apart = axes @ (turned.mean(axis=0) - upright.mean(axis=0))
    direction = (apart / (variance + SHRINK * variance.mean())) @ axes
    return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12))
