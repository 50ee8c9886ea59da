"""Surfaces between the slices of a sparse series: skin, bone and air of each slice, and signed
distances to their outlines interpolated from slice to slice (Raya & Udupa 1990, Herman 1992).

Slices up to 25 mm apart say more of what lies between them than one slice says of its surroundings,
and so does a slice's own outline for the next few millimetres. Works on arrays; scipy and
scikit-image are imported where they are used.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Structure
from jrviewer.imaging.body_masks import BoolArray, volume_masks
from jrviewer.imaging.measured_surface import Surface
from jrviewer.imaging.volume import GRID_MM, grid_points

WIDEST_GAP_MM = 25.0
BEYOND_MM = 8.0  # where no slice follows, an outline goes on for so long
DEEPEST_MM = 10.0  # a distance beyond it says no more: what ends does so within the gap


@dataclass(frozen=True, slots=True)
class Span:
    """A range of heights in mm that slices cover: between two of them, or beyond one."""

    low_mm: float
    high_mm: float
    is_between: bool

    def shifted(self, by_mm: float) -> "Span":
        """The same from another origin."""
        return Span(self.low_mm + by_mm, self.high_mm + by_mm, self.is_between)

    def flipped(self) -> "Span":
        """The same with heights counted the other way."""
        return Span(-self.high_mm, -self.low_mm, self.is_between)


def spans_of(heights_mm: Sequence[float] | FloatArray) -> list[Span]:
    """What slices at rising heights cover."""
    beyond = BEYOND_MM
    spans = [Span(heights_mm[0] - beyond, heights_mm[0], is_between=False)]
    for low, high in pairwise(heights_mm):
        if high - low <= WIDEST_GAP_MM:
            spans.append(Span(low, high, is_between=True))
        else:
            spans.append(Span(low, low + beyond, is_between=False))
            spans.append(Span(high - beyond, high, is_between=False))
    return [*spans, Span(heights_mm[-1], heights_mm[-1] + beyond, is_between=False)]


def interpolated_surface(
    layers_hu: Sequence[FloatArray],
    heights_mm: FloatArray,
    steps_mm: tuple[float, float],
    *,
    is_closed: bool = True,
) -> Surface:
    """The surfaces in all spans of slices (K of rows, columns) on a grid of about 3 mm, at rising
    heights; `steps_mm` are the grid's between rows and columns.

    Millimetres (x, y, z) from the grid's first point, z being the heights. Open at the ends of
    every span; closed or open where the body leaves the picture.
    """
    spans = spans_of(heights_mm)
    triangles, labels = [np.zeros((0, 3, 3), np.float32)], [np.zeros(0, np.uint8)]
    for structure, masks in _masks(layers_hu, heights_mm).items():
        distances = [signed_distances(mask, steps_mm) for mask in masks]
        for span in spans:
            below, above = (
                distances[int(np.argmin(np.abs(heights_mm - end)))]
                for end in (span.low_mm, span.high_mm)
            )
            for piece in _triangles(below, above, span, steps_mm, is_closed=is_closed):
                triangles.append(piece)
                labels.append(np.full(len(piece), structure, np.uint8))
    ends = (spans[0].low_mm, spans[-1].high_mm)
    return Surface(np.concatenate(triangles), np.concatenate(labels), ends)


def signed_distances(mask: BoolArray, steps_mm: tuple[float, float]) -> FloatArray:
    """Millimetres (rows, columns) to the outline of a mask, positive inside, held within
    ±DEEPEST_MM. The outline runs halfway between pixels.
    """
    from scipy import ndimage

    if not mask.any():
        return np.full(mask.shape, -DEEPEST_MM, np.float32)
    inside, outside = (
        ndimage.distance_transform_edt(part, sampling=steps_mm) - sum(steps_mm) / 4
        for part in (mask, ~mask)
    )
    distance = np.where(mask, inside, -outside)
    return np.clip(distance, -DEEPEST_MM, DEEPEST_MM).astype(np.float32)


def sampled(
    triangles: FloatArray, areas: FloatArray, count: int, random: np.random.Generator
) -> FloatArray:
    """Points (count, 3) float32, uniform over the area of triangles (T, 3 corners, xyz)."""
    if not count:
        return np.zeros((0, 3), np.float32)
    ends = np.cumsum(areas, dtype=np.float64)
    chosen = np.searchsorted(ends, random.random(count) * ends[-1], side="right")
    corners = triangles[np.minimum(chosen, len(ends) - 1)]
    # The square root makes the density even over the triangle (Osada 2002, eq. 1).
    root, along = np.sqrt(random.random((count, 1))), random.random((count, 1))
    weights = np.stack([1 - root, root * (1 - along), root * along], axis=1)  # (count, 3, 1)
    return np.asarray((corners * weights).sum(axis=1), dtype=np.float32)


def _masks(layers_hu: Sequence[FloatArray], heights_mm: FloatArray) -> dict[Structure, BoolArray]:
    """Skin, bone and air of every slice, (K, rows, columns).

    Each slice is as thick as half of its gaps, so that what belongs together is one part in 3D, as
    in a whole volume.
    """
    gap_mm = float(np.median(np.diff(heights_mm)))
    thick = max(3, round(gap_mm / GRID_MM)) | 1
    masks = volume_masks(np.repeat(np.stack(layers_hu), thick, axis=0))
    return {structure: mask[thick // 2 :: thick] for structure, mask in masks.items()}


def _triangles(
    below: FloatArray,
    above: FloatArray,
    span: Span,
    steps_mm: tuple[float, float],
    *,
    is_closed: bool,
) -> Iterator[FloatArray]:
    """Triangles (T, 3 corners, xyz) float32 mm of the surface within a span, if there are any."""
    from skimage.measure import marching_cubes

    height = span.high_mm - span.low_mm
    count = grid_points(height)
    part = np.linspace(0, 1, count, dtype=np.float32)[:, None, None]
    slab = below * (1 - part) + above * part
    side = int(is_closed)
    slab = np.pad(slab, ((0, 0), (side, side), (side, side)), constant_values=-DEEPEST_MM)
    if slab.max() <= 0 or slab.min() >= 0:
        return
    corners, faces, _, _ = marching_cubes(slab, 0.0)
    corners = (corners - [0, side, side]) * [height / (count - 1), *steps_mm] + [span.low_mm, 0, 0]
    yield corners[faces][..., ::-1].astype(np.float32)
