"""Factors that make sigma cover the share of points it states, by weighted conformal prediction."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.body_masks import BoolArray
from training.metrics.scores import DEPTH_BINS_MM
from training.metrics.uncertainty import COVERAGE, Errors, half_normal

FOLDS = 5


class SliceErrors(NamedTuple):
    """The errors of one slice, with its patient and region."""

    patient: str
    region: str
    errors: Errors


def calibration(found: Sequence[SliceErrors]) -> dict[str, object]:
    """`sigma_factors` [[depth up to mm, factor], …], and `crossfitted`: the coverage in patients
    left out of the factors, by depth and overall.
    """
    patients = sorted({one.patient for one in found})
    hits: dict[str, list[BoolArray]] = {name: [] for name in (*DEPTH_BINS_MM, "all")}
    for fold in range(FOLDS):
        left_out = set(patients[fold::FOLDS])
        factors = sigma_factors([one for one in found if one.patient not in left_out])
        for one in (one for one in found if one.patient in left_out):
            for (name, ends), (_, factor) in zip(DEPTH_BINS_MM.items(), factors, strict=True):
                score = _score(one, *ends) <= factor
                hits[name].append(score)
                hits["all"].append(score)
    return {
        "patients": len(patients),
        "sigma_factors": sigma_factors(found),
        "crossfitted": {
            name: float(np.concatenate(all_of).mean()) for name, all_of in hits.items()
        },
    }


def sigma_factors(found: Sequence[SliceErrors]) -> list[tuple[float, float]]:
    """(depth up to mm, factor) of each depth range; 1 for a range without points."""
    return [(high, factor(found, low, high)) for low, high in DEPTH_BINS_MM.values()]


def factor(found: Sequence[SliceErrors], low_mm: float, high_mm: float) -> float:
    """The weighted quantile of the scores in a depth range, with one patient added to those
    present.
    """
    points: dict[str, int] = defaultdict(int)
    patients: dict[str, set[str]] = defaultdict(set)
    scores = [_score(one, low_mm, high_mm) for one in found]
    for one, score in zip(found, scores, strict=True):
        points[one.patient] += len(score)
        patients[one.region] |= {one.patient} if len(score) else set()
    if not sum(points.values()):
        return 1.0
    weights = [
        np.full(len(score), 1 / (points[one.patient] * len(patients[one.region])))
        for one, score in zip(found, scores, strict=True)
        if len(score)
    ]
    score, weight = np.concatenate(scores), np.concatenate(weights)
    order = np.argsort(score)
    share = np.cumsum(weight[order]) / weight.sum()
    level = min(COVERAGE * (1 + 1 / sum(map(len, patients.values()))), 1.0)
    return float(score[order[min(int(np.searchsorted(share, level)), len(score) - 1)]])


def _score(one: SliceErrors, low_mm: float, high_mm: float) -> FloatArray:
    """Distances divided by the 90 % radius, of the points of a depth range."""
    own = one.errors.at_depth(low_mm, high_mm)
    return one.errors.distance_mm[own] / (half_normal(COVERAGE) * one.errors.sigma_mm[own])
