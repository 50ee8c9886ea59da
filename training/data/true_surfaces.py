"""The true surfaces of a volume, which clouds are trained on and scored against.

Made as in `jrviewer.imaging.measured_surface`, closed in-plane. Volume millimetres throughout: (x,
y, z) from the centre of voxel (0, 0, 0), unless a docstring says box coordinates.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.core.records import Structure, UInt8Array
from jrviewer.imaging.body_masks import BoolArray
from jrviewer.imaging.interpolated_surface import sampled
from jrviewer.imaging.measured_surface import Surface, surface_of_voxels
from training.data.volumes import Volume, whole_slices

SHARES = {Structure.SKIN: 1 / 2, Structure.BONE: 1 / 3, Structure.AIR: 1 / 6}
VERSION = 2  # part of the cache key: raise it whenever a surface would come out different


class SurfacePoints(NamedTuple):
    """Points (P, 3) float32 with Structure labels (P,) and the height range that they lie in."""

    points_mm: FloatArray
    labels: UInt8Array
    z_range_mm: tuple[float, float]


def surface_of(volume: Volume, cache: Path | None = None) -> Surface:
    """The true surfaces of a CT volume within its whole slices, cached in the folder `cache` by the
    voxels' hash.
    """
    path = cache / f"{_key(volume)}.npz" if cache else None
    if path and path.is_file():
        with np.load(path) as file:
            low, high = file["z_range_mm"]
            return Surface(file["triangles_mm"], file["labels"], (float(low), float(high)))
    surface = _whole_surface(volume)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part.npz")
        np.savez(
            unfinished,
            triangles_mm=surface.triangles_mm,
            labels=surface.labels,
            z_range_mm=surface.z_range_mm,
        )
        unfinished.replace(path)
    return surface


def _whole_surface(volume: Volume) -> Surface:
    """From the slices that hold the body as scanned, at their own heights."""
    whole = whole_slices(volume)
    part = surface_of_voxels(volume.voxels[whole.start : whole.stop], volume.spacing_mm)
    bottom_mm = whole.start * volume.spacing_mm[0]
    low, high = part.z_range_mm
    moved = part.triangles_mm + np.array([0, 0, bottom_mm], dtype=np.float32)
    return Surface(moved, part.labels, (low + bottom_mm, high + bottom_mm))


def surface_points(
    surface: Surface, area_per_point_mm2: float = 2.5, most: int = 250_000, seed: int = 0
) -> SurfacePoints:
    """A dense sample, uniform over the area, of at most `most` points of each structure."""
    random = np.random.default_rng(seed)
    points, labels = [], []
    for structure in Structure:
        part = surface.of(structure)
        count = min(most, round(float(part.areas_mm2.sum()) / area_per_point_mm2))
        points.append(sampled(part.triangles_mm, part.areas_mm2, count, random))
        labels.append(np.full(count, structure, np.uint8))
    return SurfacePoints(np.concatenate(points), np.concatenate(labels), surface.z_range_mm)


def truth(
    surface: Surface, centre_mm: Sequence[float] | FloatArray, count: int = 10_000, seed: int = 0
) -> tuple[FloatArray, UInt8Array]:
    """The ideal cloud around a slice: points (count, 3) float32 in box coordinates about
    `centre_mm` (x, y, z), and their labels.

    Half skin, a third bone, a sixth air; the share of an absent structure goes to the others in
    proportion. Uniform over each surface inside the box and the existing slices, and drawn from the
    triangles themselves, so that two seeds give independent samples. Empty if no surface is in the
    box.
    """
    random = np.random.default_rng(seed)
    centre = np.asarray(centre_mm, dtype=np.float32)
    near = in_box(surface, centre)
    parts = {structure: near.of(structure) for structure in Structure}
    present = {s: part for s, part in parts.items() if len(part.labels)}
    points, labels = [np.zeros((0, 3), np.float32)], [np.zeros(0, np.uint8)]
    for structure, number in zip(present, _numbers(list(present), count), strict=True):
        inside = _sampled_in_box(present[structure], centre, number, random)
        points.append((inside - centre) / np.float32(BOX_HALF_WIDTH_MM))
        labels.append(np.full(number, structure, np.uint8))
    return np.concatenate(points), np.concatenate(labels)


def in_box(surface: Surface, centre_mm: FloatArray) -> Surface:
    """The triangles whose centre is in the box around a slice."""
    # Height first, and by sums of columns: numpy's mean over three corners takes ten times as long.
    heights = surface.triangles_mm[:, :, 2]
    low, high = (3 * (centre_mm[2] + side * BOX_HALF_DEPTH_MM) for side in (-1, 1))
    total = heights[:, 0] + heights[:, 1] + heights[:, 2]
    near = np.flatnonzero((total >= low) & (total <= high))
    triangles = surface.triangles_mm[near]
    middles = (triangles[:, 0] + triangles[:, 1] + triangles[:, 2]) / 3
    inside = _inside(middles, centre_mm)
    return Surface(triangles[inside], surface.labels[near[inside]], surface.z_range_mm)


def _inside(points_mm: FloatArray, centre_mm: FloatArray) -> BoolArray:
    half = np.array([BOX_HALF_WIDTH_MM, BOX_HALF_WIDTH_MM, BOX_HALF_DEPTH_MM], dtype=np.float32)
    within = np.abs(points_mm - centre_mm) <= half
    return np.asarray(within[:, 0] & within[:, 1] & within[:, 2])


def _numbers(present: Sequence[Structure], count: int) -> list[int]:
    """Number of points of each present structure: proportional shares that add up to count."""
    shares = np.array([SHARES[structure] for structure in present])
    ends = np.rint(np.cumsum(shares) / max(shares.sum(), 1e-9) * count).astype(int)
    return [int(number) for number in np.diff(ends, prepend=0)]


def _sampled_in_box(
    part: Surface, centre_mm: FloatArray, count: int, random: np.random.Generator
) -> FloatArray:
    """Triangles across the box's sides give points outside it, which are redrawn."""
    areas = part.areas_mm2
    kept = np.zeros((0, 3), np.float32)
    while len(kept) < count:
        drawn = sampled(part.triangles_mm, areas, count, random)
        kept = np.concatenate([kept, drawn[_inside(drawn, centre_mm)]])
    return kept[:count]


def _key(volume: Volume) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(volume.voxels).tobytes())
    digest.update(repr((volume.voxels.shape, volume.spacing_mm, VERSION)).encode())
    return digest.hexdigest()[:32]
