"""Series whose surfaces are known by arithmetic: a ball of water in air, cut by any plane."""

from dataclasses import replace

import numpy as np

from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.records import Acquisition, Series, Slice, Window
from tests.support.record_factory import Vector, make_plane, make_slice

RADIUS_MM = 50.0


def make_ball(
    plane: Plane | None = None,
    heights_mm: FloatArray | None = None,
    shape: tuple[int, int] = (90, 130),
    radius_mm: float = RADIUS_MM,
) -> tuple[Series, FloatArray]:
    """The series and the ball's centre (3,): in the middle of the pictures, 60 mm up the normal."""
    plane = plane or make_plane(origin_mm=(-60, -70, 100), spacing_mm=(1.5, 1.0))
    heights = np.arange(0, 121, 2.5) if heights_mm is None else heights_mm
    row_column = np.array([[(shape[0] - 1) / 2, (shape[1] - 1) / 2]])
    centre = plane.to_patient(row_column)[0] + 60.0 * plane.normal
    slices = tuple(ball_slice(plane, height, shape, centre, radius_mm) for height in heights)
    return Series(slices, title="1 · CT · ball"), centre


def ball_slice(
    plane: Plane, height_mm: float, shape: tuple[int, int], centre: FloatArray, radius_mm: float
) -> Slice:
    """One slice of it, its edge blurred over 2 mm as a scanner does: −300 HU, where the body
    begins, lie on the radius.
    """
    own = replace(plane, origin_mm=plane.origin_mm + height_mm * plane.normal)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    places = own.to_patient(np.stack([rows.ravel(), columns.ravel()], axis=1).astype(float))
    away = np.linalg.norm(places - centre, axis=1).reshape(shape)
    pixels = -1000 + 1050 * np.clip((radius_mm - away) / 2 + 2 / 3, 0, 1)
    made = make_slice(pixels, own, sha=f"{round(height_mm * 1000):064d}")
    acquisition = Acquisition(modality="CT", photometric="MONOCHROME2", body_part="CHEST")
    return replace(made, acquisition=acquisition, windows=(Window(40, 400),))


def oblique_plane(origin_mm: Vector = (-30, -80, -20)) -> Plane:
    """A plane on no axis, its rows 1.5 mm and its columns 1 mm apart."""
    along_row = np.array([0.8, 0.6, 0.0])
    along_column = np.array([-0.36, 0.48, 0.8])
    return Plane(np.array(origin_mm, dtype=float), along_row, along_column, (1.5, 1.0))
