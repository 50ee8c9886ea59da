"""Implicit shapes and the painting of their HU.

A field is a function of x, y, z in millimetres of the phantom's own anatomy (x left, y back, z
head), negative inside and close to a distance near its zero. A tissue is a field with a HU; tissues
are painted in order, the later over the earlier, with an edge as soft as a scanner's. The same code
runs on slices, volumes and single points. Independent of anatomy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray

Field = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
Bounds = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]  # x, y, z
Vector = tuple[float, float, float]
Path = Sequence[Sequence[float] | FloatArray] | FloatArray
Keep = tuple[float, float]  # HU range that a tissue may be painted over

EDGE_MM = 1.6  # over which HU pass from one tissue to the next
ALL_HU: Keep = (-1e9, 1e9)


@dataclass(frozen=True, slots=True, eq=False)
class Tissue:
    """A shape with its HU, a number or a field of them."""

    field: Field
    hu: float | Field
    bounds: Bounds
    over: Keep = ALL_HU


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Where a phantom is evaluated: anatomical coordinates of a grid [z, y, x] or of points (N,).

    Grids keep z as (Z, 1, 1) and the unbent axes, so that a tissue touches only its own block.
    Points are sorted by z for the same reason.
    """

    x: FloatArray
    y: FloatArray
    z: FloatArray
    axes: tuple[FloatArray, FloatArray, FloatArray] | None  # unbent x, y, z of a grid
    bend_mm: tuple[float, float]  # how far x and y may lie from their axes

    def spans(self, bounds: FloatArray) -> npt.NDArray[np.intp]:
        """First and past-the-end index (T, 3, 2) along each axis of bounds (T, 3, 2)."""
        spans = np.zeros(bounds.shape, dtype=np.intp)
        if self.axes is None:
            spans[:] = (0, 1)
            spans[:, 2] = np.searchsorted(self.z, bounds[:, 2])
            return spans
        for number, (axis, bend) in enumerate(zip(self.axes, (*self.bend_mm, 0.0), strict=True)):
            spans[:, number] = np.searchsorted(axis, bounds[:, number] + (-bend, bend))
        return spans

    def select(self, span: list[list[int]], bounds: Bounds) -> Any:  # noqa: ANN401
        """Index of what lies within a span: a tuple of slices, or an index array for points."""
        if self.axes is not None:
            x, y, z = (slice(*limits) for limits in span)
            return z, y, x
        part = slice(*span[2])
        inside = (self.x[part] >= bounds[0][0]) & (self.x[part] <= bounds[0][1])
        inside &= (self.y[part] >= bounds[1][0]) & (self.y[part] <= bounds[1][1])
        return np.flatnonzero(inside) + part.start

    def at(self, index: Any) -> tuple[FloatArray, FloatArray, FloatArray]:  # noqa: ANN401
        """Coordinates of a selection."""
        z = self.z[index] if self.axes is None else self.z[index[0]]
        return self.x[index], self.y[index], z


def paint(
    samples: Samples, tissues: Sequence[Tissue], bounds: FloatArray, background: float
) -> FloatArray:
    """HU float32 of the tissues, the later over the earlier; bounds (T, 3, 2) are theirs."""
    hu = np.full(samples.x.shape, background, dtype=np.float32)
    spans = samples.spans(bounds)
    for number in np.flatnonzero((spans[..., 1] > spans[..., 0]).all(axis=1)).tolist():
        tissue = tissues[number]
        index = samples.select(spans[number].tolist(), tissue.bounds)
        x, y, z = samples.at(index)
        share = np.clip(0.5 - tissue.field(x, y, z) * np.float32(1 / EDGE_MM), 0, 1)
        if not share.any():
            continue
        below = hu[index]
        if tissue.over is not ALL_HU:
            share = share * ((below > tissue.over[0]) & (below < tissue.over[1]))
        own = tissue.hu(x, y, z) if callable(tissue.hu) else np.float32(tissue.hu)
        hu[index] = below + share * (own - below)
    return hu


def profile(*rows: tuple[float, ...]) -> Callable[[FloatArray], tuple[FloatArray, ...]]:
    """Functions of z through knots (z, value, value, …), z rising, flat beyond the ends."""
    table = np.array(rows, dtype=np.float32).T

    def at(z: FloatArray) -> tuple[FloatArray, ...]:
        return tuple(np.interp(z, table[0], values).astype(np.float32) for values in table[1:])

    return at


def ellipsoid(
    centre: Vector,
    radii: Vector,
    hu: float | Field,
    *,
    turn: float = 0.0,
    tilt: float = 0.0,
    lumps: float = 0.0,
    phase: float = 0.0,
    over: Keep = ALL_HU,
) -> Tissue:
    """An ellipsoid turned in the slice plane and tilted head-wards along its x axis (radians).

    `lumps` is the relative height of a smooth deformation.
    """
    cos, sin, slope = np.cos(turn), np.sin(turn), np.tan(tilt)
    least = min(radii)

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        dx, dy = x - centre[0], y - centre[1]
        u, v = cos * dx + sin * dy, cos * dy - sin * dx
        w = z - centre[2] - slope * u
        q = np.sqrt((u / radii[0]) ** 2 + (v / radii[1]) ** 2 + (w / radii[2]) ** 2)
        if lumps:
            q = q + lumps * np.sin(u * (3.1 / radii[0]) + phase) * np.cos(
                v * (2.7 / radii[1]) + w * (2.3 / radii[2]) + phase
            )
        result: FloatArray = (q - 1) * least
        return result

    grow = 1 + lumps + 0.5 * EDGE_MM / least  # the edge of a flat one is wide along its length
    reach_x = (abs(cos) * radii[0] + abs(sin) * radii[1]) * grow + 2
    reach_y = (abs(sin) * radii[0] + abs(cos) * radii[1]) * grow + 2
    reach_z = (radii[2] + abs(slope) * radii[0]) * grow + 2
    return Tissue(field, hu, around(centre, (reach_x, reach_y, reach_z)), over)


def around(centre: Vector, reach: Vector) -> Bounds:
    """Bounds reaching to both sides of a centre."""
    x, y, z = ((c - r, c + r) for c, r in zip(centre, reach, strict=True))
    return x, y, z


def tube(
    points: Path,
    radius: float | Sequence[float],
    hu: float | Field,
    *,
    squash: float = 1.0,
    over: Keep = ALL_HU,
) -> list[Tissue]:
    """A swept arc: round links between points, the radius running linearly along each link.

    `squash` divides the thickness along z.
    """
    radii = [radius] * len(points) if isinstance(radius, int | float) else list(radius)
    return [
        _link(
            np.array(points[i], float),
            np.array(points[i + 1], float),
            radii[i],
            radii[i + 1],
            hu,
            squash,
            over,
        )
        for i in range(len(points) - 1)
    ]


def _link(
    start: FloatArray,
    end: FloatArray,
    r0: float,
    r1: float,
    hu: float | Field,
    squash: float,
    over: Keep,
) -> Tissue:
    ax, ay, az = (float(v) for v in start)
    dx, dy, dz = (float(v) for v in end - start)
    dz *= squash
    length = max(dx * dx + dy * dy + dz * dz, 1e-6)

    def field(x: FloatArray, y: FloatArray, z: FloatArray) -> FloatArray:
        px, py, pz = x - ax, y - ay, (z - az) * squash
        along = np.clip((px * dx + py * dy + pz * dz) * (1 / length), 0, 1)
        px, py, pz = px - along * dx, py - along * dy, pz - along * dz
        distance: FloatArray = np.sqrt(px * px + py * py + pz * pz) - (r0 + (r1 - r0) * along)
        return distance

    reach = max(r0, r1) + 2
    low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
    x, y, z = zip(low.tolist(), high.tolist(), strict=True)
    return Tissue(field, hu, (x, y, z), over)


def smooth_path(points: Path, steps: int) -> FloatArray:
    """A Catmull-Rom curve (M, 3) through points, `steps` links between neighbours."""
    p = np.array(points, dtype=float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = (np.arange(steps) / steps)[:, None]
    parts = [
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return np.concatenate([*parts, p[-2:-1]])


def mirrored(path: Path, side: int) -> FloatArray:
    """A path with its x mirrored to the left (side 1) or right (side -1)."""
    return np.array(path, dtype=float) * (side, 1, 1)
