"""From what the model expects around a slice to clouds in patient millimetres.

Knows the box and the sampling; neither network nor device.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, Box, Plane, canonical_box
from jrviewer.core.records import Cloud
from jrviewer.model.cloud_normals import Slopes
from jrviewer.model.cloud_sampling import Expected
from jrviewer.model.second_thread import ALONE, SecondThread

NOMINAL_BODY_MM = 360.0  # width that a body is given where the file states no spacing


def place_cloud(
    expected: Expected,
    slopes: Callable[[], Slopes],
    count: int,
    second: SecondThread = ALONE,
    *,
    box: Box,
    has_mm: bool,
) -> Cloud:
    """A cloud of `count` points where they are expected, in patient millimetres or in the box.

    `slopes` gives, once they are asked for, those of the slice.
    """
    points, labels, sigma_mm = expected.sample(count, second)
    normals = slopes().normals(points, labels)
    if has_mm:
        places, turned = box.to_patient(points), normals @ box.axes
        return Cloud(
            places.astype(np.float32), labels, sigma_mm, "mm", box, turned.astype(np.float32)
        )
    sigma = (sigma_mm / BOX_HALF_WIDTH_MM).astype(np.float32)
    return Cloud(points, labels, sigma, "normalized", box, normals)


def nominal(plane: Plane, mask: np.ndarray) -> Plane:
    """The plane with a spacing that makes the body as wide as bodies usually are, and leaves pixels
    the shape that the file gives them.
    """
    width = np.flatnonzero(mask.any(axis=0))
    step = NOMINAL_BODY_MM / (width[-1] - width[0] + 1)
    between_rows, between_columns = plane.spacing_mm
    return replace(plane, spacing_mm=(step * between_rows / between_columns, step))


def box_of_pixels(plane: Plane, nominal: Plane, centre: tuple[float, float]) -> Box:
    """The nominal plane's box where the slice's own plane has it, so that the two stay together."""
    scale = plane.spacing_mm[1] / nominal.spacing_mm[1]
    return replace(canonical_box(plane, centre), half_width_mm=BOX_HALF_WIDTH_MM * scale)
