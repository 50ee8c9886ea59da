"""The true surfaces of a volume: what the cloud is trained and scored against.

Skin, bone and air as `jrviewer.body` defines them, on a 3 mm grid, by marching cubes. Closed
in-plane, open at the volume's first and last slice, since a cap there is no anatomy. Volume
millimetres throughout: (x, y, z) from the centre of voxel (0, 0, 0), unless a docstring says box
coordinates.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from jrviewer.body import BoolArray, volume_masks
from jrviewer.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.records import Structure, UInt8Array, read_only
from training.volumes import Int16Array, Volume, whole_slices

GRID_MM = 3.0
SHARES = {Structure.SKIN: 1 / 2, Structure.BONE: 1 / 3, Structure.AIR: 1 / 6}
VERSION = 2  # part of the cache key: raise it whenever a surface would come out different

_FINEST_MM = 1.5  # voxels finer than this are smoothed to it before the linear resampling


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Triangles (T, 3 corners, xyz) float32 with a Structure label (T,) each.

    `z_range_mm` holds the first and last whole slice's height: beyond them nothing is known.
    """

    triangles_mm: FloatArray
    labels: UInt8Array
    z_range_mm: tuple[float, float]

    def __post_init__(self) -> None:
        read_only(self.triangles_mm)
        read_only(self.labels)

    def of(self, structure: Structure) -> "Surface":
        """This structure's part alone."""
        mine = self.labels == structure
        return Surface(self.triangles_mm[mine], self.labels[mine], self.z_range_mm)

    @property
    def areas_mm2(self) -> FloatArray:
        """(T,) each triangle's area."""
        first, second, third = self.triangles_mm.transpose(1, 0, 2)
        (a, b, c), (d, e, f) = (second - first).T, (third - first).T
        return np.asarray(
            np.sqrt((b * f - c * e) ** 2 + (c * d - a * f) ** 2 + (a * e - b * d) ** 2) / 2
        )


class SurfacePoints(NamedTuple):
    """Points (P, 3) float32 with Structure labels (P,) and the heights between which they lie."""

    points_mm: FloatArray
    labels: UInt8Array
    z_range_mm: tuple[float, float]


def surface_of(volume: Volume, cache: Path | None = None) -> Surface:
    """The true surfaces of a CT volume within its whole slices, kept in the folder `cache` by the
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
    """Of the slices that hold the body as scanned, at their own heights."""
    whole = whole_slices(volume)
    part = surface_of_voxels(volume.voxels[whole.start : whole.stop], volume.spacing_mm)
    bottom_mm = whole.start * volume.spacing_mm[0]
    low, high = part.z_range_mm
    moved = part.triangles_mm + np.array([0, 0, bottom_mm], dtype=np.float32)
    return Surface(moved, part.labels, (low + bottom_mm, high + bottom_mm))


def surface_of_voxels(voxels_hu: FloatArray | Int16Array, spacing_mm: Sequence[float]) -> Surface:
    """The surfaces of HU voxels (z, y, x) with spacings (z, y, x)."""
    grid, step_mm = resampled(voxels_hu, spacing_mm)
    pieces = [(label, _triangles(mask, step_mm)) for label, mask in volume_masks(grid).items()]
    return Surface(
        np.concatenate([triangles for _, triangles in pieces]),
        np.concatenate([np.full(len(part), label, np.uint8) for label, part in pieces]),
        (0.0, (len(voxels_hu) - 1) * float(spacing_mm[0])),
    )


def resampled(
    voxels_hu: FloatArray | Int16Array, spacing_mm: Sequence[float]
) -> tuple[FloatArray, tuple[float, float, float]]:
    """The volume on a grid of about 3 mm by linear interpolation, and the grid's steps (z, y, x).

    The steps are stretched by a few per cent so that first and last grid layer are the volume's
    own first and last slice.
    """
    from scipy import ndimage

    values = np.asarray(voxels_hu, dtype=np.float32)
    smooth = [max(0.0, _FINEST_MM / mm - 1) / 2 for mm in spacing_mm]
    if any(smooth):
        values = ndimage.gaussian_filter(values, smooth, mode="nearest", truncate=3)
    steps = []
    for axis, mm in enumerate(spacing_mm):
        last = values.shape[axis] - 1
        count = max(2, round(last * mm / GRID_MM) + 1)
        values = _interpolated(values, np.linspace(0, last, count), axis)
        steps.append(last * float(mm) / (count - 1))
    return values, (steps[0], steps[1], steps[2])


def surface_points(
    surface: Surface, area_per_point_mm2: float = 2.5, most: int = 250_000, seed: int = 0
) -> SurfacePoints:
    """A dense sample, uniform over the area, of at most `most` points of each structure."""
    random = np.random.default_rng(seed)
    points, labels = [], []
    for structure in Structure:
        part = surface.of(structure)
        count = min(most, round(float(part.areas_mm2.sum()) / area_per_point_mm2))
        points.append(_sampled(part.triangles_mm, part.areas_mm2, count, random))
        labels.append(np.full(count, structure, np.uint8))
    return SurfacePoints(np.concatenate(points), np.concatenate(labels), surface.z_range_mm)


def truth(
    surface: Surface, centre_mm: Sequence[float] | FloatArray, count: int = 10_000, seed: int = 0
) -> tuple[FloatArray, UInt8Array]:
    """What a perfect cloud around a slice would be: points (count, 3) float32 in box coordinates
    about `centre_mm` (x, y, z), and their labels.

    Half skin, a third bone, a sixth air; the share of what is absent goes to the others in
    proportion. Uniform over each surface inside the box and the slices that exist, and drawn from
    the triangles themselves, so that two seeds give independent samples. Empty where no surface
    lies in the box.
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
    """The triangles whose middle lies in the box around a slice."""
    # Height first, and by sums of columns: numpy's mean over three corners takes ten times as long.
    heights = surface.triangles_mm[:, :, 2]
    low, high = (3 * (centre_mm[2] + side * BOX_HALF_DEPTH_MM) for side in (-1, 1))
    total = heights[:, 0] + heights[:, 1] + heights[:, 2]
    near = np.flatnonzero((total >= low) & (total <= high))
    triangles = surface.triangles_mm[near]
    middles = (triangles[:, 0] + triangles[:, 1] + triangles[:, 2]) / 3
    inside = _inside(middles, centre_mm)
    return Surface(triangles[inside], surface.labels[near[inside]], surface.z_range_mm)


def distance_to_surface(surface: Surface, points_mm: FloatArray) -> FloatArray:
    """Millimetres (N,) from points (N, 3) to the nearest triangle of any structure; +inf where
    there is none.
    """
    import pyvista as pv

    if not len(surface.labels):
        return np.full(len(points_mm), np.inf)
    corners: Any = surface.triangles_mm.reshape(-1, 3)
    faces: Any = np.arange(len(corners)).reshape(-1, 3)
    # float64: VTK answers in the points' own precision.
    points: Any = np.asarray(points_mm, dtype=np.float64)
    mesh = pv.PolyData.from_regular_faces(corners, faces)
    nearest: Any = mesh.find_closest_cell(points, return_closest_point=True)[1]
    return np.asarray(np.linalg.norm(points - nearest, axis=1))


def _inside(points_mm: FloatArray, centre_mm: FloatArray) -> BoolArray:
    half = np.array([BOX_HALF_WIDTH_MM, BOX_HALF_WIDTH_MM, BOX_HALF_DEPTH_MM], dtype=np.float32)
    within = np.abs(points_mm - centre_mm) <= half
    return np.asarray(within[:, 0] & within[:, 1] & within[:, 2])


def _numbers(present: Sequence[Structure], count: int) -> list[int]:
    """Points of each structure that is there: proportional shares that add up to count."""
    shares = np.array([SHARES[structure] for structure in present])
    ends = np.rint(np.cumsum(shares) / max(shares.sum(), 1e-9) * count).astype(int)
    return [int(number) for number in np.diff(ends, prepend=0)]


def _sampled_in_box(
    part: Surface, centre_mm: FloatArray, count: int, random: np.random.Generator
) -> FloatArray:
    """Triangles across the box's sides give points outside it: draw again until all are inside."""
    areas = part.areas_mm2
    kept = np.zeros((0, 3), np.float32)
    while len(kept) < count:
        drawn = _sampled(part.triangles_mm, areas, count, random)
        kept = np.concatenate([kept, drawn[_inside(drawn, centre_mm)]])
    return kept[:count]


def _sampled(
    triangles_mm: FloatArray, areas: FloatArray, count: int, random: np.random.Generator
) -> FloatArray:
    """Points (count, 3) float32, uniform over the area of triangles."""
    if not count:
        return np.zeros((0, 3), np.float32)
    ends = np.cumsum(areas, dtype=np.float64)
    chosen = np.searchsorted(ends, random.random(count) * ends[-1], side="right")
    corners = triangles_mm[np.minimum(chosen, len(ends) - 1)]
    # The square root makes the density even over the triangle (Osada 2002, eq. 1).
    root, along = np.sqrt(random.random((count, 1))), random.random((count, 1))
    weights = np.stack([1 - root, root * (1 - along), root * along], axis=1)  # (count, 3, 1)
    return np.asarray((corners * weights).sum(axis=1), dtype=np.float32)


def _triangles(mask: BoolArray, step_mm: Sequence[float]) -> FloatArray:
    """Triangles (T, 3, xyz) around a mask (z, y, x), open at its first and last layer."""
    from skimage.measure import marching_cubes

    padded = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    if not padded.any() or padded.shape[0] < 2:
        return np.zeros((0, 3, 3), np.float32)
    corners, faces, _, _ = marching_cubes(padded.astype(np.float32), 0.5)
    corners_mm = (corners - [0, 1, 1]) * np.asarray(step_mm)
    return np.asarray(corners_mm[:, ::-1][faces], dtype=np.float32)


def _interpolated(values: FloatArray, positions: FloatArray, axis: int) -> FloatArray:
    """Linear interpolation at fractional indices along one axis."""
    low = np.minimum(positions.astype(int), max(values.shape[axis] - 2, 0))
    high = np.minimum(low + 1, values.shape[axis] - 1)
    shape = [1, 1, 1]
    shape[axis] = -1
    part = (positions - low).reshape(shape).astype(np.float32)
    return np.asarray(np.take(values, low, axis) * (1 - part) + np.take(values, high, axis) * part)


def _key(volume: Volume) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(volume.voxels).tobytes())
    digest.update(repr((volume.voxels.shape, volume.spacing_mm, VERSION)).encode())
    return digest.hexdigest()[:32]
