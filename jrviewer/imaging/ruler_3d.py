"""Length of a ruler between two points of the 3D picture: it has one only where both ends
are known, never along the depth that the model inferred.

Knows records and millimetres; draws nothing.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.records import Slice

IN_PLANE_MM = 3.0  # a point no farther from the slice lies in it: the surfaces' grid is as fine

Millimetres = tuple[float, float, float]


class NoLengthError(JRViewerError):
    """The ruler has no length; the message says why."""


@dataclass(frozen=True, slots=True)
class End:
    """An end of a ruler in patient LPS, and whether a measured surface was picked there."""

    point_mm: Millimetres
    is_measured: bool


@dataclass(frozen=True, slots=True)
class Ruler:
    """A straight line between two ends."""

    start: End
    end: End


@dataclass(frozen=True, slots=True)
class RulerLength:
    """What a ruler says."""

    length_mm: float
    kind: Literal["measured", "in plane"]


def ruler_length(ruler: Ruler, image: Slice, *, has_surface: bool) -> RulerLength:
    """The length between the ends: straight through the patient where both lie on the measured
    surface, within the slice where both lie in it.

    Raises NoLengthError for every other pair; `has_surface` is whether the series has a measured
    surface that could be picked instead.
    """
    if image.spacing_source == "missing":
        raise NoLengthError(
            "No length in millimetres: the file states no pixel spacing, so the cloud has no size."
        )
    ends = [np.array(one.point_mm) for one in (ruler.start, ruler.end)]
    if ruler.start.is_measured and ruler.end.is_measured:
        return RulerLength(math.dist(*ends), "measured")
    if all(abs(_depth_mm(end, image.plane)) <= IN_PLANE_MM for end in ends):
        first, second = (_in_plane(end, image.plane) for end in ends)
        return RulerLength(math.dist(first, second), "in plane")
    advice = (
        "Switch the measured surface on and pick both ends on it."
        if has_surface
        else "Load the whole series, and pick both ends on its measured surface."
    )
    raise NoLengthError(f"Inferred, not measured: one slice holds no depth. {advice}")


def _depth_mm(point_mm: FloatArray, plane: Plane) -> float:
    return float((point_mm - plane.origin_mm) @ plane.normal)


def _in_plane(point_mm: FloatArray, plane: Plane) -> tuple[float, float]:
    """The point dropped onto the plane, in millimetres along its rows and columns."""
    offset = point_mm - plane.origin_mm
    return float(offset @ plane.along_row), float(offset @ plane.along_column)
