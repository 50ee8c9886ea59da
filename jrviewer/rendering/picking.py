"""What lies under a place of the picture: rays into the world, and what they hit first. Arithmetic
alone: knows no actor.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.records import Cloud, Structure

MAX_NEAREST = 8
REACH_MM = 15.0

_PARALLEL = 1e-9
_FROM_THE_EDGE = 0.05  # sine of the angle below which a plane is seen from its edge


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """A place in the world: on a measured surface, or a point of the cloud."""

    place: FloatArray  # (3,)
    is_measured: bool


@dataclass(frozen=True, slots=True)
class Grip:
    """A ruler under the mouse: which one, and which end of it (0, 1), None for the whole."""

    index: int
    end: int | None


def ray(to_clip: FloatArray, x: float, y: float) -> tuple[FloatArray, FloatArray]:
    """Where the line of sight through a place of the picture enters the view, and to where it goes
    (both (3,), the latter from the former to the view's end). `to_clip` (4, 4) takes the world to
    clip coordinates; x and y are clip coordinates too, −1 … 1.
    """
    ends = np.array([[x, y, -1.0, 1.0], [x, y, 1.0, 1.0]]) @ np.linalg.inv(to_clip).T
    near, far = ends[:, :3] / ends[:, 3:]
    return near, far - near


def hits(near: FloatArray, way: FloatArray, triangles: FloatArray) -> FloatArray:
    """Where a ray meets triangles (T, 3, 3): places (H, 3), nearest first (Möller and Trumbore
    1997).
    """
    first = triangles[:, 0].astype(float)
    one, other = triangles[:, 1] - first, triangles[:, 2] - first
    across = np.cross(way, other)
    area = (one * across).sum(axis=1)
    keep = np.abs(area) > _PARALLEL
    inverse = np.divide(1.0, area, out=np.zeros_like(area), where=keep)
    from_first = near - first
    u = (from_first * across).sum(axis=1) * inverse
    up = np.cross(from_first, one)
    v = (up @ way) * inverse
    share = (other * up).sum(axis=1) * inverse
    keep &= (u >= 0) & (v >= 0) & (u + v <= 1) & (share >= 0) & (share <= 1)
    places: FloatArray = near + np.sort(share[keep])[:, None] * way
    return places


def on_plane(near: FloatArray, way: FloatArray, plane: Plane) -> FloatArray | None:
    """Where a ray meets a plane (3,); None where it is seen from its edge."""
    towards = float(way @ plane.normal)
    if abs(towards) < _FROM_THE_EDGE * float(np.linalg.norm(way)):
        return None
    place: FloatArray = near + float((plane.origin_mm - near) @ plane.normal) / towards * way
    return place


def nearest_line(places: FloatArray, at: tuple[float, float], reach: float) -> int | None:
    """Which of drawn lines (L, 2 ends, 2) passes nearest to a place, within reach."""
    if not len(places):
        return None
    start, along = places[:, 0], places[:, 1] - places[:, 0]
    length = np.maximum((along**2).sum(axis=1), _PARALLEL)
    share = np.clip(((at - start) * along).sum(axis=1) / length, 0, 1)
    away: npt.NDArray[np.floating] = np.hypot(*(start + share[:, None] * along - at).T)
    return int(np.argmin(away)) if away.min() <= reach else None


def nearest_points(
    cloud: Cloud | None, structures: frozenset[Structure], place_mm: FloatArray
) -> npt.NDArray[np.intp]:
    """Indices of the nearest points of the shown structures within reach, nearest first; none where
    the cloud has no millimetres.
    """
    if cloud is None or cloud.unit != "mm":
        return np.zeros(0, dtype=np.intp)
    distances = np.linalg.norm(cloud.points - place_mm, axis=1)
    shown = np.isin(cloud.labels, [int(one) for one in structures])
    close = np.flatnonzero(shown & (distances <= REACH_MM))
    order: npt.NDArray[np.intp] = close[np.argsort(distances[close])][:MAX_NEAREST]
    return order
