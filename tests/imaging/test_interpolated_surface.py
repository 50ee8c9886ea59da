import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Structure
from jrviewer.imaging.interpolated_surface import (
    BEYOND_MM,
    interpolated_surface,
    sampled,
    signed_distances,
    spans_of,
)

STEP_MM = (3.0, 3.0)


def trunk(radius_mm: float, shift_mm: float = 0.0) -> FloatArray:
    """A round body (64, 64) of water in air on a grid of 3 mm."""
    y, x = (np.mgrid[:64, :64] - 31.5) * 3.0
    return np.where(np.hypot(x - shift_mm, y) < radius_mm, 40.0, -1000.0).astype(np.float32)


def radii_mm(points: FloatArray) -> FloatArray:
    return np.hypot(*(points[:, :2] - 31.5 * 3).T)


def corners(layers: list[FloatArray], heights: list[float]) -> FloatArray:
    surface = interpolated_surface(layers, np.array(heights), STEP_MM)
    return surface.of(Structure.SKIN).triangles_mm.reshape(-1, 3)


def test_between_equal_slices_the_surface_goes_straight_on() -> None:
    points = corners([trunk(60)] * 3, [0, 20, 40])

    assert np.abs(radii_mm(points) - 60).max() < 2.5
    assert np.unique(np.rint(points[:, 2] / 5)).tolist() == [*range(-2, 11)]  # without a gap


def test_the_triangles_face_out_of_the_body() -> None:
    surface = interpolated_surface([trunk(60)] * 2, np.array([0.0, 20.0]), STEP_MM)

    first, second, third = surface.triangles_mm.transpose(1, 0, 2)
    outwards = surface.triangles_mm.mean(axis=1) - [94.5, 94.5, 0]
    facing = (np.cross(second - first, third - first) * outwards)[:, :2].sum(axis=1)
    assert (facing > 0).mean() > 0.99


def test_halfway_between_a_narrow_and_a_wide_slice_the_body_is_half_as_wide_again() -> None:
    points = corners([trunk(55), trunk(65)], [0, 20])

    middle = points[np.abs(points[:, 2] - 10) < 1.5]
    assert np.median(radii_mm(middle)) == pytest.approx(60, abs=1.5)


def test_nothing_is_said_in_the_middle_of_a_wide_gap() -> None:
    points = corners([trunk(60)] * 2, [0, 40])

    heights = points[:, 2]
    assert not ((heights > BEYOND_MM + 0.1) & (heights < 40 - BEYOND_MM - 0.1)).any()
    assert heights.min() == pytest.approx(-BEYOND_MM)
    assert heights.max() == pytest.approx(40 + BEYOND_MM)


def test_a_bone_that_one_slice_shows_alone_ends_within_the_gap() -> None:
    with_bone = trunk(60)
    with_bone[29:35, 29:35] = 900
    surface = interpolated_surface([with_bone, trunk(60)], np.array([0.0, 20.0]), STEP_MM)

    bone = surface.of(Structure.BONE).triangles_mm.reshape(-1, 3)
    assert 5 < bone[:, 2].max() < 19


def test_slices_cover_what_lies_between_them_and_a_little_beyond() -> None:
    spans = spans_of([0.0, 20.0, 60.0])

    assert [(one.low_mm, one.high_mm) for one in spans if one.is_between] == [(0, 20)]
    beyond = [(one.low_mm, one.high_mm) for one in spans if not one.is_between]
    assert beyond == [(-8, 0), (20, 28), (52, 60), (60, 68)]
    assert spans[1].flipped().shifted(5) == type(spans[1])(-15, 5, is_between=True)


def test_distances_are_positive_inside_and_zero_halfway_between_pixels() -> None:
    mask = np.zeros((9, 9), bool)
    mask[:, 4:] = True

    distance = signed_distances(mask, STEP_MM)

    assert distance[0, 2:6].tolist() == [-4.5, -1.5, 1.5, 4.5]


def test_an_empty_slice_is_far_from_everything() -> None:
    assert (signed_distances(np.zeros((4, 4), bool), STEP_MM) == -10).all()


def test_samples_are_spread_by_area() -> None:
    small = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    large = small * 3 + np.array([10, 0, 0], np.float32)
    points = sampled(np.stack([small, large]), np.array([0.5, 4.5]), 4000, np.random.default_rng(0))

    assert np.mean(points[:, 0] > 5) == pytest.approx(0.9, abs=0.02)
