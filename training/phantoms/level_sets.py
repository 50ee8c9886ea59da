"""Points on a phantom's surfaces: sampled on the triangles of the 3 mm grid, then moved along the
normal to where the HU cross the structure's threshold.

The structures are those that are scored: skin (largest body, > -300 HU, holes filled per slice),
bone (> 200 HU in it) and air inside it (< -500 HU).
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage import measure

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Structure

BoolArray = npt.NDArray[np.bool_]
Int16Array = npt.NDArray[np.int16]
Triangles = tuple[FloatArray, FloatArray]  # corners (T, 3, 3) mm; unit normals (T, 3) to higher HU
HuAt = Callable[[FloatArray], FloatArray]  # HU (N,) at points (N, 3) in mm

STEP_MM = 3.0
LEVELS = {Structure.SKIN: -300.0, Structure.BONE: 200.0, Structure.AIR: -500.0}
SHARES = {Structure.SKIN: 1 / 2, Structure.BONE: 1 / 3, Structure.AIR: 1 / 6}
LEAST_VOXELS = 30  # smaller islands are no structure
SEARCH_MM = np.linspace(-2.4, 2.4, 9, dtype=np.float32)  # along the normal, around a triangle


def sample_surfaces(
    surfaces: Mapping[Structure, Triangles],
    hu_at: HuAt,
    count: int,
    generator: np.random.Generator,
) -> tuple[FloatArray, npt.NDArray[np.uint8]]:
    """Points (count, 3) in mm and Structure labels (count,), uniform over each surface."""
    present = {s: share for s, share in SHARES.items() if len(surfaces[s][0])}
    counts = _whole(count, np.array(list(present.values())))
    parts = [
        _sample(hu_at, surfaces[s], LEVELS[s], int(n), generator)
        for s, n in zip(present, counts, strict=True)
    ]
    labels = np.repeat(np.array([int(s) for s in present], dtype=np.uint8), counts)
    return np.concatenate(parts), labels


def triangles(voxels: Int16Array) -> dict[Structure, Triangles]:
    """The surfaces' triangles in HU [z, y, x] on a grid of STEP_MM around the origin, without the
    caps that the grid's ends would add.
    """
    hu = voxels.astype(np.float32)
    body = body_of(hu)
    inner = ndimage.binary_erosion(body, iterations=1)
    bone = _islands((hu > LEVELS[Structure.BONE]) & body)
    air = _islands((hu < LEVELS[Structure.AIR]) & inner)
    near = ndimage.binary_dilation
    fields = {
        Structure.SKIN: np.where(body, np.maximum(hu, 0), np.where(near(body), hu, -1000)),
        Structure.BONE: np.where(near(bone), hu, np.minimum(hu, 0)),
        Structure.AIR: np.where(near(air), hu, np.maximum(hu, -100)),
    }
    # At the skin, air's own edge lies in the body: only the eroded body's voxels may be below.
    fields[Structure.SKIN] = np.where(inner, 100.0, fields[Structure.SKIN])
    return {s: _march(field, LEVELS[s]) for s, field in fields.items()}


def body_of(hu: FloatArray) -> BoolArray:
    """The largest body [z, y, x], separated from couch and arms that only touch it, filled per
    slice.
    """
    across = np.zeros((3, 3, 3), dtype=bool)
    across[1] = ndimage.generate_binary_structure(2, 1)
    solid = hu > LEVELS[Structure.SKIN]
    opened = ndimage.binary_opening(solid, across, iterations=2)
    marks, islands = ndimage.label(opened)
    if not islands:
        return np.zeros_like(solid)
    largest = marks == np.bincount(marks.ravel())[1:].argmax() + 1
    grown = ndimage.binary_dilation(largest, across, iterations=2) & solid
    return np.stack([ndimage.binary_fill_holes(layer) for layer in grown])


def _islands(mask: BoolArray) -> BoolArray:
    marks, _ = ndimage.label(mask)
    sizes = np.bincount(marks.ravel())
    sizes[0] = 0
    kept: BoolArray = (sizes >= LEAST_VOXELS)[marks]
    return kept


def _march(field: FloatArray, level: float) -> Triangles:
    if field.min() >= level or field.max() <= level:
        return np.zeros((0, 3, 3), dtype=np.float32), np.zeros((0, 3), dtype=np.float32)
    vertices, faces, normals, _ = measure.marching_cubes(field, level)
    centre = (np.array(field.shape) - 1) / 2
    corners = ((vertices - centre) * STEP_MM)[faces][..., ::-1]  # z, y, x → x, y, z
    return corners.astype(np.float32), normals[faces].mean(axis=1)[:, ::-1].astype(np.float32)


def _sample(
    hu_at: HuAt, surface: Triangles, level: float, count: int, generator: np.random.Generator
) -> FloatArray:
    corners, normals = surface
    edges = corners[:, 1:] - corners[:, :1]
    area = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1)
    chosen = generator.choice(len(corners), count, p=area / area.sum())
    u, v = np.sort(generator.random((2, count, 1)), axis=0)
    points = corners[chosen, 0] * u + corners[chosen, 1] * (v - u) + corners[chosen, 2] * (1 - v)
    normal = normals[chosen]
    normal = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    return _settle(hu_at, points.astype(np.float32), normal.astype(np.float32), level)


def _settle(hu_at: HuAt, points: FloatArray, normal: FloatArray, level: float) -> FloatArray:
    """Points moved along their normal to the nearest crossing of the level; unchanged if there is
    none.
    """
    line = points + SEARCH_MM[:, None, None] * normal  # steps, N, 3
    above = hu_at(line.reshape(-1, 3)).reshape(len(SEARCH_MM), -1) - level
    crossing = (above[:-1] > 0) != (above[1:] > 0)
    middle = (SEARCH_MM[:-1] + SEARCH_MM[1:])[:, None] / 2
    nearest = np.where(crossing, np.abs(middle), np.inf).argmin(axis=0)
    column = np.arange(len(points))
    low, high = above[nearest, column], above[nearest + 1, column]
    found = crossing[nearest, column]
    share = np.where(found, low / np.where(found, low - high, 1), 0)
    shift = SEARCH_MM[nearest] + share * (SEARCH_MM[1] - SEARCH_MM[0])
    settled: FloatArray = points + np.where(found, shift, 0)[:, None].astype(np.float32) * normal
    return settled


def _whole(count: int, shares: FloatArray) -> npt.NDArray[np.intp]:
    """Integers with a sum of count, as close to the shares as possible."""
    ends = np.rint(np.cumsum(shares) / shares.sum() * count).astype(np.intp)
    whole: npt.NDArray[np.intp] = np.diff(ends, prepend=0)
    return whole
