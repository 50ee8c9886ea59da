"""A series as one volume: whether its slices form one, where it lies, and its values on an even
grid of about 3 mm.

Works on records and plain arrays; knows no surfaces. scipy is imported where it is used, because
start-up defers it.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray, Plane, VolumeGeometry
from jrviewer.core.padding import is_padding, without_padding
from jrviewer.core.records import Series, Slice

GRID_MM = 3.0
FEWEST_SLICES = 8
LARGEST_TILT = np.tan(np.deg2rad(1.0))  # shift across the normal for every millimetre along it
LEAST_SHIFT_MM = 1.0  # less than this is no tilt, however few the slices
SAME_DIRECTION = 0.002  # half a millimetre at the edge of the picture
SCANNED = 0.5  # of the stack's height at least, the rest being gaps

LOWEST_HU, HIGHEST_HU = -1024.0, 3071.0  # padding looks like air, metal like bone
NO_VALUE_HU = -1500.0  # nothing is as thin: what scanners write outside their round field of view

_FINEST_MM = 1.5  # voxels finer than this are smoothed to it before the linear resampling
_SAME_PLACE_MM = 0.01
_BRIGHTER_THAN_AIR_HU = -900.0


class NotAVolumeError(JRViewerError):
    """The series is no volume; the message is a sentence for the user."""


def require_volume(series: Series) -> VolumeGeometry:
    """Where the series' volume lies. Raises NotAVolumeError where nothing can be measured in it."""
    _require_millimetres(series)
    if len(series) < FEWEST_SLICES:
        raise NotAVolumeError(
            f"No measured surface: {len(series)} slices are too few, {FEWEST_SLICES} are needed. "
            "Open the whole series."
        )
    geometry = _straight(series)
    if geometry.scanned_mm < SCANNED * geometry.heights_mm[-1]:
        raise NotAVolumeError(
            "No measured surface: too many slices are missing, or they lie too far apart. "
            "Open the whole series."
        )
    return geometry


def require_stack(series: Series) -> VolumeGeometry:
    """The same for a series that may be too sparse to measure. Raises NotAVolumeError where its
    slices do not lie one above the other in HU.
    """
    _require_millimetres(series)
    return _straight(series)


def _require_millimetres(series: Series) -> None:
    first = series[0]
    if first.unit != "HU":
        is_mr = first.acquisition.modality == "MR"
        values = "MR has no Hounsfield units" if is_mr else "the slices hold no Hounsfield units"
        raise NotAVolumeError(
            f"No measured surface: {values}, by which skin, bone and air are told."
        )
    if any(one.spacing_source == "missing" for one in series):
        raise NotAVolumeError(
            "No measured surface: the file states no pixel spacing, so nothing is in millimetres."
        )
    if len(series) == 1:
        raise NotAVolumeError(
            "No measured surface: one slice holds no depth. Open the whole series for one."
        )
    if not all(one.has_position for one in series):
        raise NotAVolumeError(
            "No measured surface: the file does not say where the slices lie in the patient."
        )


def _straight(series: Series) -> VolumeGeometry:
    """The stack of slices with a place; they must be parallel and lie along their normal."""
    plane = series[0].plane
    axes = np.stack([plane.along_row, plane.along_column, plane.normal])
    if any(_turned(one.plane, plane) > SAME_DIRECTION for one in series):
        raise NotAVolumeError("No measured surface: the slices are not parallel to each other.")
    places = np.stack([one.plane.origin_mm - plane.origin_mm for one in series]) @ axes.T
    places = places[np.argsort(places[:, 2], kind="stable")]
    shifts = np.hypot(*(places[:, :2] - places[0, :2]).T)
    heights = places[:, 2] - places[0, 2]
    if (shifts > np.maximum(LEAST_SHIFT_MM, LARGEST_TILT * heights)).any():
        raise NotAVolumeError(
            "No measured surface: the slices are shifted against each other, as by a tilted "
            "gantry. This version measures straight stacks only."
        )
    if np.diff(heights).min() < _SAME_PLACE_MM:
        raise NotAVolumeError("No measured surface: several slices lie in the same place.")
    rows, columns = series[0].shape
    size = (columns - 1) * plane.spacing_mm[1], (rows - 1) * plane.spacing_mm[0]
    return VolumeGeometry(plane.origin_mm + places[0] @ axes, axes, size, heights)


def _turned(plane: Plane, other: Plane) -> float:
    """The largest difference of a direction cosine."""
    turned = (
        np.abs(plane.along_row - other.along_row),
        np.abs(plane.along_column - other.along_column),
    )
    return float(np.max(turned))


def in_order(series: Series, geometry: VolumeGeometry) -> list[Slice]:
    """The slices by rising height, whichever way the series runs."""
    return sorted(series, key=lambda one: _height(one, geometry))


def _height(one: Slice, geometry: VolumeGeometry) -> float:
    return float((one.plane.origin_mm - geometry.origin_mm) @ geometry.axes[2])


def layer_on_grid(
    pixels: FloatArray, spacing_mm: tuple[float, float], shift_mm: tuple[float, float] = (0.0, 0.0)
) -> tuple[FloatArray, tuple[float, float]]:
    """A layer (rows, columns) on a grid of about 3 mm by linear interpolation, float32, and the
    grid's steps between rows and columns.

    The steps are stretched by a few per cent so that the grid ends where the layer does. `shift_mm`
    is how far the layer's first pixel lies from where the grid begins, in rows and columns.
    """
    from scipy import ndimage

    values = np.asarray(pixels, dtype=np.float32)
    smooth = [_smoothing(mm) for mm in spacing_mm]
    if any(smooth):
        values = ndimage.gaussian_filter(values, smooth, mode="nearest", truncate=3)
    steps = []
    for axis, (mm, shift) in enumerate(zip(spacing_mm, shift_mm, strict=True)):
        last = values.shape[axis] - 1
        count = grid_points(last * mm)
        wanted = np.linspace(0, last, count) - shift / mm
        values = interpolated(values, np.clip(wanted, 0, last), axis)
        steps.append(last * float(mm) / (count - 1))
    return values, (steps[0], steps[1])


def slice_on_grid(one: Slice, geometry: VolumeGeometry) -> tuple[FloatArray, tuple[float, float]]:
    """The same of a slice of a volume, whose grid begins at the volume's first pixel; padding is
    air.
    """
    column_mm, row_mm, _ = geometry.to_volume(one.plane.origin_mm[None])[0]
    values = np.nan_to_num(without_padding(one), nan=LOWEST_HU).clip(LOWEST_HU, HIGHEST_HU)
    return layer_on_grid(values, one.plane.spacing_mm, (float(row_mm), float(column_mm)))


def scanned_on_grid(one: Slice, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Where a slice holds measured values, on a grid (y, x), but for a voxel's rim: a body that
    leaves a round field of view has no skin there. Padding as dark as air does not count: it would
    take the skin of every body away.
    """
    from scipy import ndimage

    rows, columns = (
        np.rint(np.linspace(0, size - 1, count)).astype(int)
        for size, count in zip(one.shape, shape, strict=True)
    )
    values = one.pixels[np.ix_(rows, columns)]
    known = np.isfinite(values) & (values > NO_VALUE_HU)
    known &= ~(is_padding(one, values) & (values > _BRIGHTER_THAN_AIR_HU))
    square = np.ones((3, 3), bool)
    return np.asarray(ndimage.binary_erosion(known, square, border_value=1))


def layers_on_grid(
    layers: Sequence[FloatArray], heights_mm: FloatArray
) -> tuple[FloatArray, float]:
    """Layers at rising heights as a volume (z, y, x) with evenly spaced layers about 3 mm apart,
    and how far; the first and last stay where they are.
    """
    from scipy import ndimage

    values = np.stack(layers)
    smooth = _smoothing(float(np.median(np.diff(heights_mm)))) if len(layers) > 1 else 0.0
    if smooth:
        values = ndimage.gaussian_filter1d(values, smooth, axis=0, mode="nearest", truncate=3)
    height = float(heights_mm[-1] - heights_mm[0])
    count = grid_points(height)
    wanted = np.linspace(heights_mm[0], heights_mm[-1], count)
    places = np.interp(wanted, heights_mm, np.arange(len(layers)))
    return interpolated(values, places, 0), height / (count - 1)


def grid_points(length_mm: float) -> int:
    """How many points a grid of about 3 mm has along a length."""
    return max(2, round(length_mm / GRID_MM) + 1)


def _smoothing(step_mm: float) -> float:
    return max(0.0, _FINEST_MM / step_mm - 1) / 2


def interpolated(values: FloatArray, positions: FloatArray, axis: int) -> FloatArray:
    """Linear interpolation at fractional indices along one axis."""
    low = np.minimum(positions.astype(int), max(values.shape[axis] - 2, 0))
    high = np.minimum(low + 1, values.shape[axis] - 1)
    shape = [1] * values.ndim
    shape[axis] = -1
    part = (positions - low).reshape(shape).astype(np.float32)
    return np.asarray(np.take(values, low, axis) * (1 - part) + np.take(values, high, axis) * part)
