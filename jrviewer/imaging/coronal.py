"""A small coronal picture of a series, made of the slices on their grid: to see where in the body a
slice lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jrviewer.core.geometry import FloatArray, VolumeGeometry, is_axial, orientation_letters
from jrviewer.core.records import UInt8Array, read_only
from jrviewer.imaging.measured_surface import SurfaceMeasurement
from jrviewer.imaging.volume import require_volume

BAND_MM = 12.0  # the mean of so much, front to back
DARKEST_HU, BRIGHTEST_HU = -1000.0, 400.0
BODY_HU = -300.0


@dataclass(frozen=True, slots=True, eq=False)
class CoronalPicture:
    """`grey` (slices, columns), the first row the lowest slice, whose `heights_mm` (slices) rise;
    `width_mm` across, from where its columns begin; `top` and `bottom` are the patient's ends.
    """

    grey: UInt8Array
    heights_mm: FloatArray
    width_mm: float
    geometry: VolumeGeometry
    top: str
    bottom: str

    def __post_init__(self) -> None:
        read_only(self.grey)
        read_only(self.heights_mm)

    def heights_of(self, points_mm: FloatArray) -> FloatArray:
        """Heights (N,) in the picture of places (N, 3) in the patient."""
        return np.asarray(self.geometry.to_volume(points_mm)[:, 2])


def coronal_picture(work: SurfaceMeasurement) -> CoronalPicture | None:
    """Of a series whose surface has been measured; None where its slices do not lie across the
    body.
    """
    geometry = require_volume(work.series)
    if not is_axial(work.series[0].plane) or len(work.layers) < len(work.series):
        return None
    row_mm, column_mm = work.steps_mm
    band = _band(work.layers, row_mm)
    means = np.stack([layer[band].mean(axis=0) for layer in work.layers])
    shade = (means - DARKEST_HU) / (BRIGHTEST_HU - DARKEST_HU)
    up = geometry.axes[2]
    return CoronalPicture(
        (255 * shade).clip(0, 255).astype(np.uint8),
        np.array(geometry.heights_mm, dtype=float),
        means.shape[1] * column_mm,
        geometry,
        orientation_letters(up)[:1],
        orientation_letters(-up)[:1],
    )


def _band(layers: Sequence[FloatArray], row_mm: float) -> slice:
    """The rows about the middle of the body, seen in all slices."""
    shares = np.max([(layer > BODY_HU).mean(axis=1) for layer in layers], axis=0)
    rows = np.flatnonzero(shares > 0.1)
    middle = float(rows.mean()) if len(rows) else layers[0].shape[0] / 2
    half = max(1.0, BAND_MM / 2 / row_mm)
    return slice(max(0, int(middle - half)), int(middle + half) + 1)
