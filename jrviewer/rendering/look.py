"""What the 3D picture shows and in which colours; `rendering.scene` draws it.

The world of the picture is the patient: LPS millimetres. A cloud without a spacing is shown in its
box, scaled to the same size, and nothing there may be called a millimetre. Knows nothing of Qt, of
files and of models, and imports pyvista only in `rendering.scene`: the window needs this page
before that one.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Slice, Structure, SurfaceMesh, UInt8Array
from jrviewer.imaging.structures import STRUCTURE_COLOURS, shows_face

Colouring = Literal["structure", "uncertainty", "depth", "measured"]
View = Literal["slice", "A", "P", "L", "R", "S", "I", "oblique"]
RGB = tuple[int, int, int]
Vector = tuple[float, float, float]
IndexArray = npt.NDArray[np.intp]

# From where the camera looks (patient LPS, seen from the middle), and which way is up; the view
# "slice" is the slice's own (`slice_view`).
VIEWS: dict[View, tuple[Vector, Vector]] = {
    "A": ((0, -1, 0), (0, 0, 1)),
    "P": ((0, 1, 0), (0, 0, 1)),
    "L": ((1, 0, 0), (0, 0, 1)),
    "R": ((-1, 0, 0), (0, 0, 1)),
    "S": ((0, 0, 1), (0, -1, 0)),
    "I": ((0, 0, -1), (0, -1, 0)),  # as axial slices are shown: from the feet, left on the right
    "oblique": ((0.50, -0.90, 0.62), (0, 0, 1)),
}

BACKGROUND: RGB = (17, 21, 26)
# The upper part of viridis (CC0): even steps of lightness, and none lost in the dark.
_SEQUENTIAL = np.array(
    [
        (59, 82, 139),
        (44, 113, 142),
        (33, 144, 141),
        (39, 173, 129),
        (92, 200, 99),
        (170, 220, 50),
        (253, 231, 37),
    ]
)
# To the feet cool, to the head warm, the slice's own plane palest.
_DIVERGING = np.array(
    [(58, 120, 196), (138, 176, 216), (226, 226, 222), (224, 160, 112), (201, 92, 52)]
)
FARTHEST_MM = 20.0  # where the scale of distances ends, the same for every slice
UNKNOWN: RGB = (112, 116, 122)  # of points that nothing was measured around
_PALER = 0.45  # how much of the background's opposite a measured surface takes on
_SIGMA_STEPS = np.array([1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 120.0])


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about the picture that the user may choose."""

    colouring: Colouring = "structure"
    structures: frozenset[Structure] = frozenset(Structure)
    dense: bool = True  # 4096 points instead of 1024
    slice_plane: bool = True
    radius_mm: float = 5.0  # of a certain point of 4096; see `rendering.splats`
    perspective: bool = True
    eye_dome: bool = False  # dark rims around near points
    pixel_ratio: float = 1.0  # device pixels of a point on screen
    reveal: float = 0.0  # 0 the inferred cloud alone … 1 the series' measured surface alone

    def at_pixel_ratio(self, ratio: float) -> "Look":
        """The same on a screen with so many device pixels to a point."""
        return replace(self, pixel_ratio=ratio)

    @property
    def points_left(self) -> float:
        """How much of the cloud's ink is left: in the second half of the reveal it melts away."""
        return min(1.0, 2 * (1 - self.reveal))

    @property
    def surface_opacity(self) -> float:
        """Of the measured surface: halfway one still sees through it, in the end it is solid."""
        return 0.8 * self.reveal if self.reveal <= 0.5 else 0.4 + 1.2 * (self.reveal - 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredReference:
    """What a series says of the space that a cloud was inferred in."""

    measured: SurfaceMesh | None = None
    distances_mm: FloatArray | None = None  # (N,) of a cloud's points; NaN: not measured there
    cloud: Cloud | None = None  # whose distances they are


@dataclass(frozen=True, slots=True, eq=False)
class DrawnRuler:
    """A ruler's ends in the world (2, 3), what it says, and whether it is selected."""

    ends: FloatArray
    words: str
    is_selected: bool


def skin_by_default(prediction: Prediction) -> bool:
    """Whether the skin is shown without being asked for: not on heads, where it is a face."""
    return not shows_face(prediction)


def shown_cloud(prediction: Prediction, look: Look) -> Cloud | None:
    """The cloud of the chosen density as far as it is computed: until then, the sparse one."""
    if look.dense and prediction.dense_cloud is not None:
        return prediction.dense_cloud
    return prediction.cloud


def colour_range(cloud: Cloud, colouring: Colouring) -> tuple[float, float]:
    """Least and greatest value of a colour scale, in the unit of the cloud.

    The scale of uncertainty moves in round steps, so that it seldom changes from slice to slice.
    """
    unit = 1.0 if cloud.unit == "mm" else 1.0 / BOX_HALF_WIDTH_MM
    if colouring == "measured":
        return 0.0, FARTHEST_MM
    if colouring == "depth":
        return -BOX_HALF_DEPTH_MM * unit, BOX_HALF_DEPTH_MM * unit
    most = float(np.quantile(cloud.sigma, 0.98)) if len(cloud) else 0.0
    step = min(int(np.searchsorted(_SIGMA_STEPS * unit, most)), len(_SIGMA_STEPS) - 1)
    return 0.0, float(_SIGMA_STEPS[step] * unit)


def colour_map(colouring: Colouring, fractions: FloatArray) -> UInt8Array:
    """Colours (N, 3) of places 0..1 on a scale; outside it the colour of the nearer end."""
    anchors = _DIVERGING if colouring == "depth" else _SEQUENTIAL
    steps = np.linspace(0, 1, len(anchors))
    channels = [np.interp(fractions, steps, anchors[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def point_colours(
    cloud: Cloud, colouring: Colouring, distances_mm: FloatArray | None = None
) -> UInt8Array:
    """Colour (N, 3) of every point; UNKNOWN where its distance to the measured surface is asked for
    and not known.
    """
    if colouring == "structure":
        return structure_colours(cloud.labels)
    unknown = np.full(len(cloud), np.nan) if distances_mm is None else distances_mm
    values = {"uncertainty": cloud.sigma, "depth": depths(cloud), "measured": unknown}[colouring]
    low, high = colour_range(cloud, colouring)
    known = np.isfinite(values)
    colours = colour_map(colouring, np.where(known, (values - low) / (high - low), 0.0))
    colours[~known] = UNKNOWN
    return colours


def structure_colours(labels: UInt8Array) -> UInt8Array:
    """Colour (N, 3) of every label."""
    table = np.array([STRUCTURE_COLOURS[structure] for structure in Structure], dtype=np.uint8)
    colours: UInt8Array = table[labels]
    return colours


def surface_colours(labels: UInt8Array) -> UInt8Array:
    """Colour (T, 3) of a measured surface's triangles: paler than the points that lie on it."""
    paler = structure_colours(labels) * (1 - _PALER) + 255 * _PALER
    return np.asarray(paler.round().astype(np.uint8))


def depths(cloud: Cloud) -> FloatArray:
    """Inferred distance (N,) of every point from its slice, to the head positive, in the unit of
    the cloud.
    """
    if cloud.unit == "normalized":
        return cloud.points[:, 2]
    distances: FloatArray = (cloud.points - cloud.box.centre_mm) @ cloud.box.axes[2]
    return distances


def to_world(cloud: Cloud, points: FloatArray) -> FloatArray:
    """Places (N, 3) in the picture of points in the cloud's own unit."""
    return points if cloud.unit == "mm" else points * BOX_HALF_WIDTH_MM


def patient_to_world(cloud: Cloud | None, points_mm: FloatArray) -> FloatArray:
    """Places (N, 3) in the picture of places in the patient (or on a nominal plane)."""
    if cloud is None or cloud.unit == "mm":
        return points_mm
    return to_world(cloud, cloud.box.to_box(points_mm))


def slice_view(prediction: Prediction) -> tuple[FloatArray, FloatArray]:
    """From where the camera looks, and which way is up, to show the slice as the 2D panes do: rows
    from left to right, the first on top.
    """
    plane, cloud = prediction.slice.plane, prediction.cloud
    turn = cloud.box.axes.T if cloud is not None and cloud.unit != "mm" else np.eye(3)
    return -plane.normal @ turn, -plane.along_column @ turn


def slice_corners(slice_: Slice, cloud: Cloud | None) -> FloatArray:
    """Places (4, 3) in the picture of the slice's outer corners, half a pixel outside the pixel
    centres: first row's start and end, last row's end and start.
    """
    rows, columns = slice_.shape
    corners = np.array([(0, 0), (0, columns), (rows, columns), (rows, 0)], dtype=float)
    return patient_to_world(cloud, slice_.plane.to_patient(corners - 0.5))


def held_corners(corners: FloatArray, cloud: Cloud | None) -> FloatArray | None:
    """Corners (4, 3) of the part of a slice over which the cloud lies."""
    if cloud is None or not len(cloud):
        return None
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    away = to_world(cloud, cloud.points) - corners[0]
    shares = np.stack([away @ one / (one @ one) for one in (across, down)], axis=1)
    (left, top), (right, bottom) = shares.min(axis=0).clip(0, 1), shares.max(axis=0).clip(0, 1)
    places = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return np.asarray(corners[0] + places @ np.stack([across, down]))


def middle_of(prediction: Prediction, cloud: Cloud | None) -> FloatArray:
    """What the camera looks at: the box's centre, or the slice's where there is no cloud."""
    if cloud is None:
        middle: FloatArray = slice_corners(prediction.slice, None).mean(axis=0)
        return middle
    if cloud.unit == "normalized":
        return np.zeros(3)
    return cloud.box.centre_mm
