"""Distances of points from the true surface, and how well sigma predicts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import norm, spearmanr

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, Box, FloatArray
from jrviewer.imaging.body_masks import BoolArray
from jrviewer.imaging.measured_surface import Surface, distance_to_surface
from training.metrics.scores import DEPTH_BINS_MM

LEVELS = (0.5, 0.68, 0.8, 0.9, 0.95)  # of the reliability table
DRAW_SEED = 5
COVERAGE = 0.9  # what the calibration aims at
DEEPEST_MM = max(high for _, high in DEPTH_BINS_MM.values())


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Of points (N,) between the slices that exist: depth, sigma, and the distance to the true
    surface (not to samples of it), all in millimetres.
    """

    depth_mm: FloatArray
    sigma_mm: FloatArray
    distance_mm: FloatArray

    def within(self, level: float) -> BoolArray:
        """Mask (N,) of the points inside the radius that should hold this share of them."""
        return np.asarray(self.distance_mm <= half_normal(level) * self.sigma_mm)

    def at_depth(self, low_mm: float, high_mm: float) -> BoolArray:
        """Mask (N,) of the points in a range of distances to the slice plane, on either side. The
        deepest range includes its far end.
        """
        below = self.depth_mm < high_mm if high_mm < DEEPEST_MM else self.depth_mm <= high_mm
        return np.asarray((self.depth_mm >= low_mm) & below)


def half_normal(level: float) -> float:
    """The number of σ within which |d| of a normal distribution lies with this probability."""
    return float(norm.ppf(0.5 + level / 2))


def errors_of(
    points: FloatArray,
    sigma_mm: FloatArray,
    z_range: Sequence[float],
    box: Box,
    surface: Surface,
) -> Errors:
    """The errors of a cloud (N, 3) in a box's coordinates, without the points beyond z_range."""
    low, high = z_range
    counted = (points[:, 2] >= low) & (points[:, 2] <= high)
    return Errors(
        np.minimum(np.abs(points[counted, 2]) * BOX_HALF_WIDTH_MM, DEEPEST_MM),
        sigma_mm[counted],
        distance_to_surface(surface, box.to_patient(points[counted])),
    )


def scores(errors: Errors) -> dict[str, Any]:
    """Coverage of the 90 % radius, overall and by depth; the coverage of other levels; the rank
    correlation of sigma with the true error, and its value if every error were drawn from a
    half-normal of exactly this sigma: the more alike the sigmas are, the lower that is.
    """
    drawn = np.abs(np.random.default_rng(DRAW_SEED).standard_normal(len(errors.sigma_mm)))
    covered = errors.within(COVERAGE)
    bins = {name: errors.at_depth(*ends) for name, ends in DEPTH_BINS_MM.items()}
    return {
        "coverage90": float(covered.mean()),
        "by_depth_mm": {k: float(covered[own].mean()) for k, own in bins.items() if own.any()},
        "spearman": float(spearmanr(errors.sigma_mm, errors.distance_mm).statistic),
        "spearman_if_exact": float(spearmanr(errors.sigma_mm, errors.sigma_mm * drawn).statistic),
        "reliability": {f"{level:.0%}": float(errors.within(level).mean()) for level in LEVELS},
    }
