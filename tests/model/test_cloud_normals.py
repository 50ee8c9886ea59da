"""The slice itself says which way the surface faces."""

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Structure
from jrviewer.model.cloud_normals import Slopes


def body_image() -> FloatArray:
    """A round body of 60 HU with a bone rod right of the middle and an air tube left of it."""
    steps = (np.arange(128) + 0.5) / 64 - 1
    x, y = np.meshgrid(steps, steps)
    image = np.where(np.hypot(x, y) < 0.6, 60.0, -1000.0)
    image = np.where(np.hypot(x - 0.25, y) < 0.12, 900.0, image)
    return np.asarray(np.where(np.hypot(x + 0.25, y) < 0.15, -900.0, image), dtype=np.float32)


def ring(x: float, radius: float, depth: float) -> tuple[FloatArray, FloatArray]:
    """Points on a circle in box coordinates, and which way leads out of it."""
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    out = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    return (out * radius + (x, 0, depth)).astype(np.float32), out


@pytest.mark.parametrize("depth", [0.0, 0.2, -0.28])
@pytest.mark.parametrize(
    ("structure", "x", "radius"),
    [(Structure.SKIN, 0.0, 0.6), (Structure.BONE, 0.25, 0.12), (Structure.AIR, -0.25, 0.15)],
)
def test_normals_lead_out_of_body_bone_and_air(
    structure: Structure, x: float, radius: float, depth: float
) -> None:
    points, out = ring(x, radius, depth)

    normals = Slopes.of(body_image()).normals(points, np.full(60, structure, np.uint8))

    cosines = (normals * out).sum(axis=1)
    assert cosines.min() > np.cos(np.radians(25))
    assert np.median(cosines) > np.cos(np.radians(8))


def test_every_normal_has_length_one_even_where_the_slice_is_flat_or_the_point_outside() -> None:
    places = np.array([(0, 0, 0), (0.9, -0.9, 0.1), (5, 5, 0), (0, 0.3, 0)], dtype=np.float32)

    for structure in Structure:
        labels = np.full(4, structure, np.uint8)
        normals = Slopes.of(np.full((128, 128), 40.0)).normals(places, labels)
        assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-6)
        assert normals.dtype == np.float32


def test_the_same_slice_gives_the_same_normals() -> None:
    points, _ = ring(0.0, 0.6, 0.1)
    labels = np.zeros(60, np.uint8)

    first, second = (Slopes.of(body_image()).normals(points, labels) for _ in range(2))

    assert np.array_equal(first, second)
