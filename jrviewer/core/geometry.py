"""Where things lie: pixels, patient millimetres and the canonical box that the cloud is predicted
in.

Patient coordinates are DICOM's LPS in millimetres (PS3.3 C.7.6.2.1.1); pixel positions are (row,
column); box coordinates are (x, y, z) divided by the box's half-width, x to the patient's left, y
to the back and z along the slice normal towards the head, for an axial slice. Pure arithmetic:
knows neither slices nor masks.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]

BOX_HALF_WIDTH_MM = 224.0  # in-plane: shoulders fit
BOX_HALF_DEPTH_MM = 64.0  # along the slice normal, to each side
BOX_PIXELS = 128  # the canonical image is 128 × 128, 3.5 mm a pixel
WIDEST_STEP_MM = 7.5  # between two slices: the thickest slices in use touch each other so


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Where a slice's pixels lie in the patient (DICOM PS3.3 C.7.6.2.1.1)."""

    origin_mm: FloatArray  # (3,) centre of pixel (0, 0), patient LPS
    along_row: FloatArray  # (3,) unit vector of increasing column
    along_column: FloatArray  # (3,) unit vector of increasing row
    spacing_mm: tuple[float, float]  # between rows, between columns

    @property
    def normal(self) -> FloatArray:
        """(3,) unit vector, right-handed with row and column direction."""
        normal: FloatArray = np.cross(self.along_row, self.along_column)
        return normal

    def to_patient(self, row_column: FloatArray) -> FloatArray:
        """Patient LPS millimetres (N, 3) of pixel positions (N, 2)."""
        row, column = row_column.T[:, :, None]
        row_step = self.spacing_mm[0] * self.along_column
        column_step = self.spacing_mm[1] * self.along_row
        return self.origin_mm + row * row_step + column * column_step

    def to_pixel(self, points_mm: FloatArray) -> FloatArray:
        """Pixel positions (N, 2) of patient LPS points (N, 3), dropped onto the plane along its
        normal.
        """
        offset = points_mm - self.origin_mm
        row = offset @ self.along_column / self.spacing_mm[0]
        column = offset @ self.along_row / self.spacing_mm[1]
        return np.stack([row, column], axis=1)


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """The canonical box around a slice: in-plane ±224 mm about the body's centre, ±64 mm along the
    normal.

    `axes` rows are unit vectors in patient LPS of the box's x, y and z. The in-plane axes are the
    slice's own, turned and flipped so that x points to the patient's left and y to the back as
    closely as the slice allows; z points to the head. On a slice that is not axial every axis
    points to L, P or S, whichever is nearest to it.
    """

    centre_mm: FloatArray  # (3,) patient LPS, in the slice plane
    axes: FloatArray  # (3, 3)
    half_width_mm: float = BOX_HALF_WIDTH_MM  # another one on a slice without a spacing alone

    def to_patient(self, points: FloatArray) -> FloatArray:
        """Patient LPS millimetres (N, 3) of box coordinates (N, 3)."""
        return self.centre_mm + (points * self.half_width_mm) @ self.axes

    def to_box(self, points_mm: FloatArray) -> FloatArray:
        """Box coordinates (N, 3) of patient LPS millimetres (N, 3)."""
        return (points_mm - self.centre_mm) @ self.axes.T / self.half_width_mm


@dataclass(frozen=True, slots=True, eq=False)
class VolumeGeometry:
    """Where the volume of a series' parallel slices lies, and how much of it was scanned.

    Volume coordinates are millimetres (x, y, z) from the first slice's pixel (0, 0): along its
    rows, its columns and its normal.
    """

    origin_mm: FloatArray  # (3,) patient LPS
    axes: FloatArray  # (3, 3) rows are unit vectors in patient LPS of the volume's x, y and z
    size_mm: tuple[float, float]  # x and y of the last pixel's centre
    heights_mm: FloatArray  # (N,) z of every slice, rising
    # (N, y, x) evenly over size_mm: where a slice holds measured values; None: everywhere
    scanned: npt.NDArray[np.bool_] | None = None

    def to_patient(self, points: FloatArray) -> FloatArray:
        """Patient LPS millimetres (N, 3) of volume coordinates (N, 3)."""
        return self.origin_mm + points @ self.axes

    def to_volume(self, points_mm: FloatArray) -> FloatArray:
        """Volume coordinates (N, 3) of patient LPS millimetres (N, 3)."""
        return (points_mm - self.origin_mm) @ self.axes.T

    def covers(self, points: FloatArray) -> npt.NDArray[np.bool_]:
        """Which volume coordinates (N, 3) lie where the pictures hold values, and between two
        slices without a gap.
        """
        x, y, z = points.T
        inside = (x >= 0) & (x <= self.size_mm[0]) & (y >= 0) & (y <= self.size_mm[1])
        after = np.clip(np.searchsorted(self.heights_mm, z), 1, len(self.heights_mm) - 1)
        between = (z >= self.heights_mm[0]) & (z <= self.heights_mm[-1])
        near: npt.NDArray[np.bool_] = np.diff(self.heights_mm)[after - 1] <= WIDEST_STEP_MM
        return (
            inside
            & between
            & near
            & self._holds_values(x, y, after - (z < self._middles[after - 1]))
        )

    @property
    def _middles(self) -> FloatArray:
        """(N − 1,) heights halfway between two slices."""
        middles: FloatArray = (self.heights_mm[1:] + self.heights_mm[:-1]) / 2
        return middles

    def _holds_values(
        self, x: FloatArray, y: FloatArray, slices: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.bool_]:
        """Whether the nearest slice, by index, holds a value at (x, y)."""
        if self.scanned is None:
            return np.ones(len(x), dtype=bool)
        rows, columns = (
            np.clip(np.rint(at / size * (count - 1)), 0, count - 1).astype(int)
            for at, size, count in zip(
                (y, x), self.size_mm[::-1], self.scanned.shape[1:], strict=True
            )
        )
        return np.asarray(self.scanned[slices, rows, columns])

    @property
    def scanned_mm(self) -> float:
        """The height of the volume without its gaps."""
        steps = np.diff(self.heights_mm)
        return float(steps[steps <= WIDEST_STEP_MM].sum())

    @property
    def gaps(self) -> int:
        """How often two neighbours are too far apart to say what lies between them."""
        return int((np.diff(self.heights_mm) > WIDEST_STEP_MM).sum())


def canonical_box(plane: Plane, centre_row_column: tuple[float, float]) -> Box:
    """The box of a slice whose body is centred on a pixel position."""
    centre = plane.to_patient(np.array([centre_row_column], dtype=float))[0]
    return Box(centre, canonical_axes(plane))


def canonical_axes(plane: Plane) -> FloatArray:
    """Box axes (3, 3) from the slice's own: a turn by quarter turns and flips, never by a free
    angle.
    """
    own = [plane.along_row, plane.along_column, plane.normal]
    order = _best_assignment(np.abs(np.stack(own)))
    return np.stack([own[source] * _sign(own[source]) for source in order])


def is_axial(plane: Plane, tolerance_degrees: float = 30.0) -> bool:
    """Whether the slice lies across the body, within a tolerance for gantry tilt."""
    return bool(abs(plane.normal[2]) >= np.cos(np.deg2rad(tolerance_degrees)))


def orientation_letters(direction: FloatArray) -> str:
    """The patient direction of a vector in letters, strongest first, e.g. "L", "PL" (DICOM PS3.3
    C.7.6.1.1.1).
    """
    said = [axis for axis in np.argsort(-np.abs(direction)) if abs(direction[axis]) > 0.2]
    # A component under about 12° is left unsaid.
    return "".join(("LR", "PA", "SI")[axis][int(direction[axis] < 0)] for axis in said)


def orientation_label(direction: FloatArray) -> str:
    """The same for the screen, e.g. "A·I": the bare letters could be read as "AI"."""
    return "·".join(orientation_letters(direction))


def _sign(direction: FloatArray) -> float:
    """+1 where the direction's largest component points to L, P or S, else -1."""
    return 1.0 if direction[np.argmax(np.abs(direction))] >= 0 else -1.0


def _best_assignment(likeness: FloatArray) -> tuple[int, int, int]:
    """Which own axis (row of likeness) serves as x, y and z: z must be the normal, as depth is what
    is inferred.
    """
    straight = likeness[0, 0] + likeness[1, 1]
    turned = likeness[1, 0] + likeness[0, 1]
    return (0, 1, 2) if straight >= turned else (1, 0, 2)
