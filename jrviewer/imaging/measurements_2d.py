"""What a ruler or a region says of a slice: lengths, statistics, and how far the model shifted
them.

Positions are pixel positions (row, column), fractions allowed; a pixel's centre is a whole number.
Knows records; draws nothing. No millimetre is given where the file has no spacing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray
from jrviewer.core.padding import is_padding
from jrviewer.core.records import Slice, Window

Position = tuple[float, float]
BoolArray = npt.NDArray[np.bool_]

MAX_SHIFT_HU = 3.0  # a mean that moves further is no longer noise reduction alone
BOX_SHARES = (1.0, 99.0)  # percentiles of a box shown as black and white
OUTLINE_POINTS = 64


@dataclass(frozen=True, slots=True)
class Length:
    """A straight line between two positions."""

    start: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Region:
    """An ellipse or rectangle that fills the box between two opposite corners."""

    start: Position
    end: Position
    form: Literal["ellipse", "rectangle"] = "ellipse"

    @property
    def centre(self) -> Position:
        """Row, column of its middle."""
        return (self.start[0] + self.end[0]) / 2, (self.start[1] + self.end[1]) / 2

    @property
    def radii(self) -> tuple[float, float]:
        """Half its height in rows, half its width in columns."""
        return abs(self.end[0] - self.start[0]) / 2, abs(self.end[1] - self.start[1]) / 2


Measurement = Length | Region


@dataclass(frozen=True, slots=True)
class Hold:
    """A measurement being dragged: by one of its handles, or as a whole (None)."""

    item: Measurement
    handle: int | None = None


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the measured pixels of a region hold, in the slice's unit.

    `sd` is the sample standard deviation (n − 1); `area` counts the same pixels that the mean does,
    in mm², or in pixels where the slice has no spacing.
    """

    count: int
    mean: float
    sd: float
    minimum: float
    maximum: float
    area: float


@dataclass(frozen=True, slots=True)
class Bias:
    """One region before and after the model, over the same pixels."""

    sd_before: float
    sd_after: float
    mean_shift: float  # after minus before
    is_beyond: bool  # the shift is beyond MAX_SHIFT_HU; never on a slice that is not in HU


def length_of(line: Length, image: Slice) -> float:
    """The line's length in mm, or in pixels where the slice has no spacing."""
    rows_mm, columns_mm = steps(image)
    rows, columns = line.end[0] - line.start[0], line.end[1] - line.start[1]
    return math.hypot(rows * rows_mm, columns * columns_mm)


def statistics(region: Region, image: Slice, pixels: FloatArray) -> Statistics | None:
    """Statistics of `pixels` (rows, columns), the slice's own or others at its place; None where
    the region holds no measured pixel.
    """
    values = _values(region, image, pixels)
    if values.size == 0:
        return None
    rows_mm, columns_mm = steps(image)
    return Statistics(
        count=values.size,
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)) if values.size > 1 else 0.0,
        minimum=float(values.min()),
        maximum=float(values.max()),
        area=values.size * rows_mm * columns_mm,
    )


def bias(region: Region, image: Slice, denoised: FloatArray) -> Bias | None:
    """What the model did to a region; None where it holds no measured pixel."""
    before = statistics(region, image, image.pixels)
    after = statistics(region, image, denoised)
    if before is None or after is None:
        return None
    shift = after.mean - before.mean
    is_beyond = image.unit == "HU" and abs(shift) > MAX_SHIFT_HU
    return Bias(before.sd, after.sd, shift, is_beyond)


def box_window(region: Region, image: Slice, pixels: FloatArray) -> Window | None:
    """The window that spreads the values in a box over black to white; None without values."""
    values = _values(region, image, pixels)
    if values.size == 0:
        return None
    low, high = (float(value) for value in np.percentile(values, BOX_SHARES))
    return Window((low + high) / 2, max(high - low, 1.0))


def steps(image: Slice) -> tuple[float, float]:
    """What one row and one column count for: mm, or 1 pixel where the slice has no spacing."""
    return (1.0, 1.0) if image.spacing_source == "missing" else image.plane.spacing_mm


def inside(region: Region, shape: tuple[int, int]) -> BoolArray:
    """The pixels (rows, columns) whose centres lie in the region."""
    row, column = np.ogrid[: shape[0], : shape[1]]
    down, across = np.abs(row - region.centre[0]), np.abs(column - region.centre[1])
    high, wide = (max(radius, 1e-9) for radius in region.radii)
    if region.form == "rectangle":
        return (down <= high) & (across <= wide)
    return (down / high) ** 2 + (across / wide) ** 2 <= 1


def distance_px(item: Measurement, position: Position) -> float:
    """How far a position is from the drawn line or outline, in pixels."""
    points = np.array(outline(item)) - position
    along = np.diff(points, axis=0)
    # The share of each stretch at which it comes nearest to the position.
    energy = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip(-(points[:-1] * along).sum(axis=1) / energy, 0, 1)
    return float(np.linalg.norm(points[:-1] + share[:, None] * along, axis=1).min())


def handles(item: Measurement) -> list[Position]:
    """Where a measurement can be taken to be changed: the ends of a length, the corners of a
    rectangle, the tops of an ellipse's arcs.
    """
    if isinstance(item, Length):
        return [item.start, item.end]
    (top, left), (bottom, right) = item.start, item.end
    if item.form == "rectangle":
        return [(top, left), (top, right), (bottom, right), (bottom, left)]
    row, column = item.centre
    return [(top, column), (row, right), (bottom, column), (row, left)]


def hold_at(items: Sequence[Measurement], position: Position, reach_px: float) -> Hold | None:
    """What is grabbed at a position: the nearest handle within reach, else the nearest line."""
    taken = [
        (math.dist(at, position), Hold(item, handle))
        for item in reversed(items)
        for handle, at in enumerate(handles(item))
    ]
    lines = [(distance_px(item, position), Hold(item)) for item in reversed(items)]
    for choices in (taken, lines):
        near = [choice for choice in choices if choice[0] <= reach_px]
        if near:
            return min(near, key=lambda choice: choice[0])[1]
    return None


def moved(hold: Hold, start: Position, end: Position, shape: tuple[int, int]) -> Measurement:
    """The measurement after a drag from one position to another; it stays on the
    slice of `shape` (rows, columns).
    """
    item, moving = hold.item, _moving(hold)
    rows = _shifted((item.start[0], item.end[0]), moving[0], end[0] - start[0], shape[0])
    columns = _shifted((item.start[1], item.end[1]), moving[1], end[1] - start[1], shape[1])
    return replace(item, start=(rows[0], columns[0]), end=(rows[1], columns[1]))


def _moving(hold: Hold) -> tuple[tuple[bool, bool], tuple[bool, bool]]:
    """Whether the start's and the end's row move, and their columns."""
    if hold.handle is None:
        return (True, True), (True, True)
    if isinstance(hold.item, Length):
        at_start = hold.handle == 0
        return (at_start, not at_start), (at_start, not at_start)
    top, right, bottom, left = (hold.handle == number for number in range(4))
    if hold.item.form == "rectangle":
        # Corners from the top left one, clockwise: each moves the two sides that meet in it.
        return (top or right, bottom or left), (top or left, right or bottom)
    return (top, bottom), (left, right)


def _shifted(
    values: tuple[float, float], moving: tuple[bool, bool], by: float, size: int
) -> tuple[float, float]:
    """Start's and end's coordinate along one axis of `size` pixels, the moving ones shifted."""
    taken = [value for value, moves in zip(values, moving, strict=True) if moves]
    if taken:
        by = min(max(by, -0.5 - min(taken)), size - 0.5 - max(taken))
    first, second = (value + by * moves for value, moves in zip(values, moving, strict=True))
    return first, second


def outline(item: Measurement) -> list[Position]:
    """The positions that the drawn line runs through."""
    if isinstance(item, Length):
        return [item.start, item.end]
    (top, left), (bottom, right) = item.start, item.end
    if item.form == "rectangle":
        return [(top, left), (top, right), (bottom, right), (bottom, left), (top, left)]
    (row, column), (high, wide) = item.centre, item.radii
    turns = np.linspace(0, 2 * np.pi, OUTLINE_POINTS + 1)
    return [(row + high * float(np.sin(t)), column + wide * float(np.cos(t))) for t in turns]


def _values(region: Region, image: Slice, pixels: FloatArray) -> FloatArray:
    """The finite values (N,) in the region that are no padding, as float64."""
    keep = inside(region, image.shape) & np.isfinite(pixels)
    keep &= ~is_padding(image)
    values: FloatArray = pixels[keep].astype(np.float64)
    return values
