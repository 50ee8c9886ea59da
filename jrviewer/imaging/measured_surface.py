"""The measured surface: skin, bone and air as `jrviewer.imaging.body_masks` defines them, on a 3 mm
grid, by marching cubes; and how far points lie from it.

The same arithmetic makes the surface of a series on screen and the truth that the cloud is trained
and scored against. Open at a volume's first and last slice, since a cap there is no anatomy. Knows
neither networks nor windows; scipy, scikit-image and VTK are imported where they are used.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray, VolumeGeometry
from jrviewer.core.lazy_vtk import vtk_module
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Series, Slice, Structure, SurfaceMesh, UInt8Array, read_only
from jrviewer.imaging.body_masks import BoolArray, volume_masks, whole_slices
from jrviewer.imaging.volume import (
    FEWEST_SLICES,
    NotAVolumeError,
    in_order,
    layer_on_grid,
    layers_on_grid,
    require_volume,
    scanned_on_grid,
    slice_on_grid,
)

IndexArray = npt.NDArray[np.integer[Any]]
SLAB = 12  # layers a turn: marching cubes holds Python's lock, and the window must not wait for it
AT_ONCE = 64  # points between two reports
SHADED_OVER = 1.2  # voxels: normals come from the mask smoothed so far; corners stay where they are
_FINE = 64  # corners that agree to a 64th of a voxel are one


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


def surface_of_voxels(
    voxels_hu: Sequence[FloatArray] | np.ndarray, spacing_mm: Sequence[float]
) -> Surface:
    """The surfaces of HU voxels (z, y, x) with spacings (z, y, x), in millimetres (x, y, z) from
    the centre of voxel (0, 0, 0); closed where the body leaves the picture in-plane.
    """
    grid, step_mm = resampled(voxels_hu, spacing_mm)
    height = (len(voxels_hu) - 1) * float(spacing_mm[0])
    return surface_of_grid(grid, step_mm, (0.0, height))


def surface_of_grid(
    grid_hu: FloatArray, step_mm: Sequence[float], z_range_mm: tuple[float, float]
) -> Surface:
    """The surfaces of HU on a grid (z, y, x) of about 3 mm, whose first layer lies at the range's
    begin.
    """
    base = np.array([0.0, 0.0, z_range_mm[0]], dtype=np.float32)
    pieces = [
        (label, _millimetres(np.concatenate([*_triangles(mask)]), step_mm) + base)
        for label, mask in volume_masks(grid_hu).items()
    ]
    return Surface(
        np.concatenate([triangles for _, triangles in pieces]),
        np.concatenate([np.full(len(part), label, np.uint8) for label, part in pieces]),
        z_range_mm,
    )


def resampled(
    voxels_hu: Sequence[FloatArray] | np.ndarray, spacing_mm: Sequence[float]
) -> tuple[FloatArray, tuple[float, float, float]]:
    """The volume on a grid of about 3 mm by linear interpolation, and the grid's steps (z, y, x).

    The steps are stretched by a few per cent so that first and last grid layer are the volume's
    own first and last slice.
    """
    in_plane = (float(spacing_mm[1]), float(spacing_mm[2]))
    layers = [layer_on_grid(layer, in_plane) for layer in voxels_hu]
    heights = np.arange(len(layers)) * float(spacing_mm[0])
    values, z_mm = layers_on_grid([layer for layer, _ in layers], heights)
    return values, (z_mm, *layers[0][1])


class SurfaceMeasurement:
    """`work(report)` that measures a series. Cancelled and called again it goes on where it was, so
    that a slice the user waits for can come in between.
    """

    def __init__(self, series: Series) -> None:
        self.series = series
        self.layers: list[FloatArray] = []
        self._scanned: list[BoolArray] = []
        self.steps_mm = (0.0, 0.0)
        self._masks: dict[Structure, BoolArray] | None = None

    def __call__(self, report: Report = silent) -> SurfaceMesh:
        """The series' surfaces. Raises NotAVolumeError, a sentence, where there are none to be."""
        geometry = require_volume(self.series)
        slices = in_order(self.series, geometry)
        for number, one in enumerate(slices[len(self.layers) :], start=len(self.layers)):
            report(0.6 * number / len(slices), "measuring the surface")
            self.layers.append(self._layer(one, geometry))
        report(0.6, "telling skin, bone and air")
        run = whole_slices(self.layers, self.steps_mm)
        if len(run) < FEWEST_SLICES:
            raise NotAVolumeError("No measured surface: too few slices hold the body as a whole.")
        kept = slice(run.start, run.stop)
        scanned = np.stack(self._scanned[kept])
        geometry = replace(geometry, heights_mm=geometry.heights_mm[kept], scanned=scanned)
        grid, z_mm = layers_on_grid(self.layers[kept], geometry.heights_mm)
        report(0.7, "telling skin, bone and air")
        self._masks = self._masks or volume_masks(grid)
        return _measured(self._masks, (z_mm, *self.steps_mm), geometry, report)

    def _layer(self, one: Slice, geometry: VolumeGeometry) -> FloatArray:
        layer, self.steps_mm = slice_on_grid(one, geometry)
        self._scanned.append(scanned_on_grid(one, layer.shape))
        return layer


class Nearest:
    """How far points lie from a series' measured surfaces; made once, as the search's table takes
    longer than many points. For one thread alone.
    """

    def __init__(self, measured: SurfaceMesh) -> None:
        self.measured = measured
        self._search: _Search | None = None

    def distances(self, points_mm: FloatArray, report: Report = silent) -> FloatArray:
        """Millimetres (N,) from points (N, 3) in patient LPS to the nearest surface of any
        structure; NaN for points outside the slices that exist, of which nothing can be said.
        """
        measured = self.measured
        self._search = self._search or _Search(measured.corners_mm, measured.faces)
        counted = measured.geometry.covers(measured.geometry.to_volume(points_mm))
        found = np.full(len(points_mm), np.nan)
        found[counted] = self._search.distances(points_mm[counted], report)
        return found


def distance_to_surface(surface: Surface, points_mm: FloatArray) -> FloatArray:
    """Millimetres (N,) from points (N, 3) to the nearest triangle of any structure; +inf where
    there is none.
    """
    if not len(surface.labels):
        return np.full(len(points_mm), np.inf)
    corners = surface.triangles_mm.reshape(-1, 3)
    faces = np.arange(len(corners)).reshape(-1, 3)
    return _Search(corners, faces).distances(points_mm)


class _Search:
    """For the nearest of triangles, faces (T, 3) of corners (P, 3)."""

    def __init__(self, corners_mm: Any, faces: Any) -> None:  # noqa: ANN401 - pyvista's types
        import pyvista as pv

        self._locator = vtk_module("vtkCommonDataModel").vtkStaticCellLocator()
        self._locator.SetDataSet(pv.PolyData.from_regular_faces(corners_mm, faces))
        self._locator.BuildLocator()

    def distances(self, points_mm: FloatArray, report: Report = silent) -> FloatArray:
        mutable = vtk_module("vtkCommonCore").mutable
        found = np.zeros(len(points_mm))
        nearest, cell, part = [0.0, 0.0, 0.0], mutable(0), mutable(0)
        square = mutable(0.0)
        for index, point in enumerate(np.asarray(points_mm, dtype=np.float64)):
            if index % AT_ONCE == 0:
                report(index / len(found), "measuring distances")
            self._locator.FindClosestPoint(point, nearest, cell, part, square)
            found[index] = np.sqrt(float(square))
        return found


def _measured(
    masks: dict[Structure, BoolArray],
    step_mm: tuple[float, float, float],
    geometry: VolumeGeometry,
    report: Report,
) -> SurfaceMesh:
    """The surfaces around the masks, in patient coordinates."""
    pieces, labels, shift = [], [], 0
    for done, (structure, mask) in enumerate(masks.items()):
        fraction = 0.8 + 0.2 * done / len(masks)
        corners, normals, faces = _shape(mask, step_mm, geometry, partial(report, fraction))
        pieces.append((corners, normals, faces + shift))
        labels.append(np.full(len(faces), structure, np.uint8))
        shift += len(corners)
    corners, normals, faces = (np.concatenate(parts) for parts in zip(*pieces, strict=True))
    if not len(faces):
        raise NotAVolumeError("No measured surface: no body was found in the series.")
    return SurfaceMesh(
        geometry.to_patient(corners).astype(np.float32),
        (normals @ geometry.axes).astype(np.float32),
        faces.astype(np.int32),
        np.concatenate(labels),
        geometry,
        step_mm,
    )


def _shape(
    mask: BoolArray,
    step_mm: tuple[float, float, float],
    geometry: VolumeGeometry,
    tell: Callable[[str], None],
) -> tuple[FloatArray, FloatArray, IndexArray]:
    """Corners and normals (P, xyz) in stack coordinates, and faces (T, 3), of the surface around a
    mask, without what lies in gaps. Open where the picture ends: a body that leaves it has no skin
    there.
    """
    base = np.array([0.0, 0.0, geometry.heights_mm[0]])
    slabs = []
    for slab in _triangles(mask, is_closed=False):
        tell("measuring the surface")
        slabs.append(slab)
    triangles = np.concatenate(slabs)
    middles = _millimetres(triangles.mean(axis=1), step_mm) + base
    corners, faces = _shared_corners(triangles[geometry.covers(middles)])
    return _millimetres(corners, step_mm) + base, _outwards(mask, corners, step_mm), faces


def _triangles(mask: BoolArray, *, is_closed: bool = True) -> Iterator[FloatArray]:
    """Triangles (T, 3 corners, zyx) around a mask (z, y, x) in voxels, some layers at a time; open
    at its first and last layer, closed or open at its other sides.
    """
    from skimage.measure import marching_cubes

    yield np.zeros((0, 3, 3), np.float32)
    side = int(is_closed)
    padded = np.pad(mask, ((0, 0), (side, side), (side, side)))
    for first in range(0, len(padded) - 1, SLAB):
        slab = padded[first : first + SLAB + 1]
        if slab.any() and not slab.all():
            corners, faces, _, _ = marching_cubes(slab.astype(np.float32), 0.5)
            corners += np.array([first, -side, -side])
            yield corners.astype(np.float32)[faces]


def _millimetres(places: FloatArray, step_mm: Sequence[float]) -> FloatArray:
    """Places (..., zyx) in voxels as float32 millimetres (..., xyz)."""
    return np.asarray((places * np.asarray(step_mm))[..., ::-1], dtype=np.float32)


def _shared_corners(triangles: FloatArray) -> tuple[FloatArray, IndexArray]:
    """Every corner once (P, 3), and the faces (T, 3) by index."""
    fine = np.rint(triangles.reshape(-1, 3) * _FINE).astype(np.int64) + _FINE
    z, y, x = fine.T
    key = (z << 42) | (y << 21) | x
    _, first, index = np.unique(key, return_index=True, return_inverse=True)
    return triangles.reshape(-1, 3)[first], index.reshape(-1, 3)


def _outwards(mask: BoolArray, corners: FloatArray, step_mm: Sequence[float]) -> FloatArray:
    """Unit vectors (P, xyz) away from a mask at corners (P, zyx): where the smoothed mask falls."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(mask.astype(np.float32), SHADED_OVER, truncate=3)
    slopes = [
        -ndimage.map_coordinates(slope, corners.T, order=1, mode="nearest") / mm
        for slope, mm in zip(np.gradient(smooth), step_mm, strict=True)
    ]
    normals = np.stack(slopes[::-1], axis=1)
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.maximum(lengths, 1e-9))
