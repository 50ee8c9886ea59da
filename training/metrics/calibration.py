"""Factors that make sigma cover the share of points it states, in collections that were never seen.

A collection is what one source published: its scanners and patients are alike, so collections, not
patients or points, are what a new hospital is exchangeable with. Of each, the factor that covers
its own points is known; the one to use covers a new collection with a probability of 95 %
(prediction interval of the factors' logarithms, Student's t), and every known one in any case.
Patients that the network learnt from make it look better than it is: they speak for their
collection only where it has no others.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t as student

from jrviewer.core.geometry import FloatArray
from training.metrics.scores import DEPTH_BINS_MM
from training.metrics.uncertainty import COVERAGE, Errors, half_normal

SURE = 0.95  # that a new collection is covered
FEWEST = 3  # collections that a spread can be told from
DEPTHS = {**DEPTH_BINS_MM, "all": (0.0, max(high for _, high in DEPTH_BINS_MM.values()))}


class SliceErrors(NamedTuple):
    """The errors of one slice, with its patient, region and collection, and whether the network
    learnt from the patient.
    """

    patient: str
    region: str
    errors: Errors
    collection: str = ""
    learnt: bool = False


def calibration(found: Sequence[SliceErrors]) -> dict[str, Any]:
    """`sigma_factors` [[depth up to mm, factor], …], and the coverage in collections that were left
    out of the factors in turn: `left_out` by region and depth, each collection of a region having
    equal weight, and `collections`, each by itself.
    """
    rows = [row for name in _names(found) for row in _left_out(found, name)]
    return {
        "patients": len({one.patient for one in found}),
        "sigma_factors": sigma_factors(found),
        "left_out": {
            region: _mean([row["covered"] for row in rows if row["region"] == region])
            for region in sorted({row["region"] for row in rows})
        },
        "collections": rows,
    }


def sigma_factors(found: Sequence[SliceErrors]) -> list[tuple[float, float]]:
    """(depth up to mm, factor) of each depth range; 1 for a range without points."""
    return [(high, cautious_factor(found, low, high)) for low, high in DEPTH_BINS_MM.values()]


def cautious_factor(found: Sequence[SliceErrors], low_mm: float, high_mm: float) -> float:
    """What covers every collection, and very likely a new one, in a depth range."""
    factors: dict[str, float] = {}
    for name in _names(found):
        if (own := _own_factor(_of(found, name), low_mm, high_mm)) is not None:
            factors[name] = own
    if not factors:
        return 1.0
    unseen = [factors[name] for name in factors if not all(s.learnt for s in _of(found, name))]
    return max(*factors.values(), _bound(unseen))


def _bound(factors: Sequence[float]) -> float:
    """The upper end of where the factor of one more collection lies."""
    if len(factors) < FEWEST:
        return 0.0
    logs, count = np.log(factors), len(factors)
    reach = student.ppf(SURE, count - 1) * logs.std(ddof=1) * np.sqrt(1 + 1 / count)
    return float(np.exp(logs.mean() + reach))


def _own_factor(found: Sequence[SliceErrors], low_mm: float, high_mm: float) -> float | None:
    """The quantile of a collection's scores in a depth range, with equal weights of its patients;
    None without points.
    """
    scores = [(one.patient, _score(one, low_mm, high_mm)) for one in found]
    points = {patient: sum(len(s) for p, s in scores if p == patient) for patient, _ in scores}
    if not sum(points.values()):
        return None
    weights = [np.full(len(s), 1 / points[patient]) for patient, s in scores if len(s)]
    score, weight = np.concatenate([s for _, s in scores]), np.concatenate(weights)
    order = np.argsort(score)
    share = np.cumsum(weight[order]) / weight.sum()
    return float(score[order[min(int(np.searchsorted(share, COVERAGE)), len(score) - 1)]])


def _left_out(found: Sequence[SliceErrors], name: str) -> Iterable[dict[str, Any]]:
    """How factors without a collection cover it, by region."""
    factors = sigma_factors([one for one in found if one.collection != name])
    own = _of(found, name)
    for region in sorted({one.region for one in own}):
        part = [one for one in own if one.region == region]
        hits = {
            depth: [_score(one, *ends) <= by for one in part]
            for (depth, ends), (_, by) in zip(DEPTH_BINS_MM.items(), factors, strict=True)
        }
        hits["all"] = [hit for each in hits.values() for hit in each]
        yield {
            "collection": name,
            "region": region,
            "patients": len({one.patient for one in part}),
            "learnt": all(one.learnt for one in part),
            "covered": {
                d: float(np.concatenate(h).mean()) for d, h in hits.items() if sum(map(len, h))
            },
        }


def _names(found: Sequence[SliceErrors]) -> list[str]:
    return sorted({one.collection for one in found})


def _of(found: Sequence[SliceErrors], name: str) -> list[SliceErrors]:
    """The slices that speak for a collection: those of patients never learnt from, if any."""
    own = [one for one in found if one.collection == name]
    return [one for one in own if not one.learnt] or own


def _mean(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    return {
        depth: float(np.mean([row[depth] for row in rows if depth in row]))
        for depth in DEPTHS
        if any(depth in row for row in rows)
    }


def _score(one: SliceErrors, low_mm: float, high_mm: float) -> FloatArray:
    """Distances divided by the 90 % radius, of the points of a depth range."""
    own = one.errors.at_depth(low_mm, high_mm)
    return one.errors.distance_mm[own] / (half_normal(COVERAGE) * one.errors.sigma_mm[own])
