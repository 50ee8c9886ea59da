"""Warnings about the geometry of an ordered series: tilt, gaps, uneven spacing."""

from collections.abc import Sequence

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Slice

_SAME_PLACE_MM = 0.01
_TILT_DEGREES = 1.0
_SAME_SPACING = 2e-4  # relative; more is mentioned


def geometry_warnings(slices: Sequence[Slice]) -> list[str]:
    """What is irregular about slices of one volume, in the order of their positions."""
    if len(slices) < 2 or not slices[0].has_position:
        return []
    origins = np.stack([one.plane.origin_mm for one in slices])
    normal = slices[0].plane.normal
    return [*_tilt(origins, normal), *_gaps(origins @ normal), *_pixel_spacing(slices)]


def _tilt(origins: FloatArray, normal: FloatArray) -> list[str]:
    """Slices shifted against each other across the normal, as by a tilted gantry."""
    along = origins[-1] - origins[0]
    length = float(np.linalg.norm(along))
    if length < _SAME_PLACE_MM:
        return []
    degrees = float(np.degrees(np.arccos(min(abs(float(along @ normal)) / length, 1.0))))
    if degrees < _TILT_DEGREES:
        return []
    return [f"The slices are shifted against each other, as by a gantry tilted {degrees:.0f}°."]


def _gaps(positions: FloatArray) -> list[str]:
    steps = np.diff(positions)
    steps = steps[steps > _SAME_PLACE_MM]
    if len(steps) < 2:
        return []
    usual = float(np.median(steps))
    missing = int(np.sum(np.round(steps / usual) - 1, where=steps > 1.5 * usual))
    if missing:
        number = "1 slice" if missing == 1 else f"{missing} slices"
        return [f"{number} missing: the series has gaps."]
    if np.any(np.abs(steps - usual) > 0.1 * usual):
        return ["The distances between the slices are not all the same."]
    return []


def _pixel_spacing(slices: Sequence[Slice]) -> list[str]:
    spacings = np.array([one.plane.spacing_mm for one in slices])
    spread = float(np.max(spacings.max(axis=0) / spacings.min(axis=0) - 1))
    if spread <= _SAME_SPACING:
        return []
    return [f"The pixel spacing differs by up to {spread:.2%} between the slices."]
