"""Series too sparse for a measured surface, but with slices near enough to interpolate between.

Works on records; computed once for a series, by whichever thread asks first.
"""

import math
from dataclasses import dataclass, replace
from threading import Lock
from weakref import WeakKeyDictionary

import numpy as np

from jrviewer.core.geometry import Box, FloatArray, VolumeGeometry
from jrviewer.core.records import Series
from jrviewer.imaging.interpolated_surface import (
    WIDEST_GAP_MM,
    Span,
    interpolated_surface,
    spans_of,
)
from jrviewer.imaging.measured_surface import Surface
from jrviewer.imaging.volume import (
    NotAVolumeError,
    in_order,
    require_stack,
    require_volume,
    slice_on_grid,
)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SparseSeries:
    """What lies between the slices of a series; the surface is in patient LPS millimetres."""

    surface: Surface
    geometry: VolumeGeometry

    @property
    def slices(self) -> int:
        """How many the surface is interpolated from."""
        return len(self.geometry.heights_mm)

    @property
    def widest_mm(self) -> int:
        """The widest of the gaps that are interpolated, in whole millimetres or a little less."""
        gaps: FloatArray = np.diff(self.geometry.heights_mm)
        return math.ceil(float(gaps[gaps <= WIDEST_GAP_MM].max()) - _SAME_MM)

    def spans_in(self, box: Box) -> list[Span]:
        """What the slices cover, as heights along the box's z from its centre."""
        first = float((self.geometry.origin_mm - box.centre_mm) @ box.axes[2])
        spans = spans_of(self.geometry.heights_mm)
        if self.geometry.axes[2] @ box.axes[2] < 0:
            spans = [span.flipped() for span in spans]
        return [span.shifted(first) for span in spans]


_SAME_MM = 0.05
_found: WeakKeyDictionary[Series, SparseSeries | None] = WeakKeyDictionary()
_lock = Lock()


def sparse_series(series: Series) -> SparseSeries | None:
    """What can be interpolated in a series whose surface cannot be measured; None in any other. A
    tenth of a second for every slice when a series is asked for first.
    """
    with _lock:
        if series not in _found:
            _found[series] = _interpolated(series)
        return _found[series]


def _interpolated(series: Series) -> SparseSeries | None:
    geometry = _sparse_geometry(series)
    if geometry is None:
        return None
    pairs = [slice_on_grid(one, geometry) for one in in_order(series, geometry)]
    layers, steps_mm = [layer for layer, _ in pairs], pairs[0][1]
    own = interpolated_surface(layers, geometry.heights_mm, steps_mm, is_closed=False)
    corners = geometry.to_patient(own.triangles_mm.reshape(-1, 3)).astype(np.float32)
    return SparseSeries(replace(own, triangles_mm=corners.reshape(-1, 3, 3)), geometry)


def _sparse_geometry(series: Series) -> VolumeGeometry | None:
    try:
        require_volume(series)
    except NotAVolumeError:
        try:
            geometry = require_stack(series)
        except NotAVolumeError:
            return None
        near = np.diff(geometry.heights_mm) <= WIDEST_GAP_MM
        return geometry if near.any() else None
    return None
