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
SHRINK_MAGNETIC = 0.3  # fewer patients
LEAST_MAGNETIC = 0.35  # of the way from CT to MR


class Seen(NamedTuple):
    """The features (D,) of a training slice, upright and upside down, and its patient."""

    patient: str
    upright: FloatArray
    upside_down: FloatArray


def fit(seen: Sequence[Seen], magnetic: Sequence[FloatArray] = ()) -> Familiarity:
    """The statistics, with limits from patients left out in turn. `magnetic`: features (D,) of MR
    that is given as CT.
    """
    patients = sorted({one.patient for one in seen})
    distances, turned, upside_down, like_mr = [], [], [], []
    for fold in range(FOLDS):
        left_out = set(patients[fold::FOLDS])
        known = _fit([one for one in seen if one.patient not in left_out], magnetic)
        others = [one for one in seen if one.patient in left_out]
        if others:
            upright = np.stack([one.upright for one in others])
            distances.append(known.distance(upright))
            turned.append(known.upside_down(upright))
            like_mr.append(known.like_mr(upright))
            upside_down.append(known.upside_down(np.stack([one.upside_down for one in others])))
    of_all = (distances, turned, like_mr)
    far, askew, magnetic_side = (float(np.quantile(np.concatenate(of), QUANTILE)) for of in of_all)
    usual = float(np.median(np.concatenate(upside_down)))
    askew = max(askew, LEAST_TURNED * usual, 1e-3)
    return _fit(seen, magnetic, (far, askew, max(magnetic_side, LEAST_MAGNETIC)))


def _fit(
    seen: Sequence[Seen],
    magnetic: Sequence[FloatArray],
    limits: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> Familiarity:
    upright = np.stack([one.upright for one in seen]).astype(np.float64)
    turned = np.stack([one.upside_down for one in seen]).astype(np.float64)
    centre, scale = upright.mean(axis=0), upright.std(axis=0) + 1e-3
    upright, turned = (upright - centre) / scale, (turned - centre) / scale
    _, sizes, axes = np.linalg.svd(upright, full_matrices=False)
    variance = sizes**2 / len(upright)
    kept = min(AXES, len(variance) - 1)
    rest = variance[kept:].sum() / (upright.shape[1] - kept)
    direction = _discriminant(upright, turned, SHRINK)
    offset = float((upright.mean(axis=0) + turned.mean(axis=0)) @ direction) / 2
    towards_mr = _from_ct_to_mr(upright, [(one - centre) / scale for one in magnetic])
    return Familiarity(
        centre=centre.astype(np.float32),
        scale=scale.astype(np.float32),
        axes=axes[:kept].astype(np.float32),
        spread=np.maximum([*variance[:kept], rest], LEAST).astype(np.float32),
        upright=np.append(direction, offset).astype(np.float32),
        limits=np.array(limits, dtype=np.float32),
        magnetic=towards_mr.astype(np.float32),
    )


def _from_ct_to_mr(ct: FloatArray, magnetic: Sequence[FloatArray]) -> FloatArray:
    """A direction and its offset (D + 1,) by which CT lies about 0 and MR about 1; empty without
    MR.
    """
    if not len(magnetic):
        return np.zeros(0)
    mr = np.stack(magnetic)
    direction = _discriminant(ct, mr, SHRINK_MAGNETIC)
    start, end = (float(one.mean(axis=0) @ direction) for one in (ct, mr))
    return np.append(direction, start) / max(end - start, 1e-12)


def _discriminant(one: FloatArray, other: FloatArray, shrink: float) -> FloatArray:
    """Fisher's direction (D,) from one kind of samples to the other, in the space that they
    span.
    """
    both = np.concatenate([one - one.mean(axis=0), other - other.mean(axis=0)])
    _, sizes, axes = np.linalg.svd(both, full_matrices=False)
    variance = sizes**2 / len(both)
    apart = axes @ (other.mean(axis=0) - one.mean(axis=0))
    direction = (apart / (variance + shrink * variance.mean())) @ axes
    return np.asarray(direction / max(float(np.linalg.norm(direction)), 1e-12))
