from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.core.records import Structure
from jrviewer.imaging.measured_surface import (
    Surface,
    distance_to_surface,
    resampled,
    surface_of_voxels,
)
from tests.training.support.bodies import make_volume, sphere
from training.data.true_surfaces import surface_of, surface_points, truth
from training.data.volumes import Volume

CENTRE_ZYX = (65.0, 72.0, 80.0)
CENTRE_XYZ = np.array(CENTRE_ZYX[::-1])


def ball() -> Volume:
    return sphere(50.0, CENTRE_ZYX, (130.0, 150.0, 160.0), (2.5, 2.0, 1.6))


def cylinder() -> Volume:
    """A body along z with a bone and a lung in it, 31 slices 3 mm apart."""
    y, x = np.mgrid[:60, :80]
    layer = np.full((60, 80), -1000, dtype=np.int16)
    layer[np.hypot(y - 30, x - 40) < 25] = 40
    layer[np.hypot(y - 42, x - 40) < 5] = 700
    layer[np.hypot(y - 28, x - 28) < 8] = -850
    return make_volume(np.repeat(layer[np.newaxis], 31, axis=0))


def square(side_mm: float = 200.0) -> Surface:
    """Skin in the plane z = 0, of two triangles."""
    corners = np.array([[0, 0, 0], [side_mm, 0, 0], [side_mm, side_mm, 0], [0, side_mm, 0]])
    return Surface(
        corners[[[0, 1, 2], [0, 2, 3]]].astype(np.float32), np.zeros(2, np.uint8), (-50.0, 50.0)
    )


def radii(points_mm: FloatArray) -> FloatArray:
    return np.asarray(np.linalg.norm(points_mm - CENTRE_XYZ, axis=1))


def test_points_of_a_sphere_lie_on_its_radius_whatever_the_spacings() -> None:
    distances = radii(surface_points(surface_of(ball())).points_mm)

    assert distances.mean() == pytest.approx(50.0, abs=0.3)
    assert np.abs(distances - 50).mean() < 1.0
    assert np.quantile(np.abs(distances - 50), 0.95) < 1.5


def test_the_density_of_points_is_one_in_two_and_a_half_square_millimetres() -> None:
    assert len(surface_points(square()).labels) == 200 * 200 / 2.5


def test_points_are_spread_evenly_over_a_surface() -> None:
    points = surface_points(square(), area_per_point_mm2=0.5).points_mm
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=4, range=[[0, 200], [0, 200]])

    assert counts == pytest.approx(np.full((4, 4), 5000), rel=0.06)


def test_no_structure_has_more_points_than_the_cap() -> None:
    assert len(surface_points(square(), most=100).labels) == 100


def test_the_area_of_a_surface_is_that_of_its_triangles() -> None:
    assert square().areas_mm2.tolist() == [20_000.0, 20_000.0]


def test_a_body_that_leaves_the_volume_has_no_caps_at_its_ends() -> None:
    surface = surface_of(cylinder())
    flat = np.ptp(surface.triangles_mm[:, :, 2], axis=1) == 0
    points = surface_points(surface).points_mm

    assert surface.z_range_mm == (0.0, 90.0)
    assert not flat.any()
    assert points[:, 2].min() == pytest.approx(0, abs=0.1)
    assert points[:, 2].max() == pytest.approx(90, abs=0.1)


def test_a_body_cut_by_the_image_is_closed_in_plane() -> None:
    voxels = np.full((5, 20, 20), 40, dtype=np.int16)
    skin = surface_of_voxels(voxels, (3.0, 3.0, 3.0))

    assert skin.triangles_mm[:, :, 0].min() == -1.5
    assert skin.triangles_mm[:, :, 1].max() == 58.5


def test_blanked_slices_make_no_skin() -> None:
    whole = cylinder()
    voxels = whole.voxels.copy()
    voxels[:4, 20:] = -1000

    surface = surface_of(replace(whole, voxels=voxels))

    assert surface.z_range_mm == (12.0, 90.0)
    assert surface.triangles_mm[:, :, 2].min() == pytest.approx(12.0)


def test_resampling_keeps_first_and_last_slice_and_steps_of_about_three_millimetres() -> None:
    ramp = np.arange(11, dtype=np.float32)[:, np.newaxis, np.newaxis] * np.ones((1, 16, 31))

    values, steps = resampled(ramp, (5.0, 2.0, 1.5))

    assert values.shape == (18, 11, 16)
    assert steps == pytest.approx((50 / 17, 3.0, 3.0))
    assert values[:, 0, 0] == pytest.approx(np.linspace(0, 10, 18), abs=1e-4)


def test_the_truth_is_half_skin_a_third_bone_and_a_sixth_air() -> None:
    _, labels = truth(surface_of(cylinder()), (120, 90, 45), count=6000)

    assert np.bincount(labels).tolist() == [3000, 2000, 1000]


def test_what_is_absent_gives_its_share_to_the_others_in_proportion() -> None:
    surface = surface_of(cylinder())
    boneless = surface.labels != Structure.BONE
    without = Surface(surface.triangles_mm[boneless], surface.labels[boneless], (0.0, 90.0))

    _, labels = truth(without, (120, 90, 45), count=6000)

    assert np.bincount(labels).tolist() == [4500, 0, 1500]


def test_the_truth_is_in_box_coordinates_with_x_first() -> None:
    points, _ = truth(surface_of(ball()), CENTRE_XYZ + np.array([10, 20, 5]), count=4000)
    middle = (points.max(axis=0) + points.min(axis=0)) / 2 * BOX_HALF_WIDTH_MM

    assert points.dtype == np.float32
    assert middle == pytest.approx([-10, -20, -5], abs=1.0)


def test_the_truth_stays_within_the_depth_of_the_box() -> None:
    points, _ = truth(surface_of(ball()), CENTRE_XYZ + np.array([0, 0, 60]), count=4000)

    assert points[:, 2].min() >= -64 / 224
    assert points[:, 2].min() == pytest.approx(-64 / 224, abs=0.01)


def test_two_seeds_give_independent_samples() -> None:
    surface = surface_of(ball())
    first, second = (truth(surface, CENTRE_XYZ, 1000, seed)[0] for seed in (1, 2))

    assert not {tuple(point) for point in first} & {tuple(point) for point in second}


def test_there_is_no_truth_where_no_surface_is_near() -> None:
    points, labels = truth(surface_of(ball()), (0, 0, 900))

    assert points.shape == (0, 3)
    assert labels.shape == (0,)


def test_distances_to_a_surface_are_those_to_its_inside_too() -> None:
    points = np.array([[100, 100, 30], [50, 150, -4], [260, 100, 0]], dtype=np.float32)

    assert distance_to_surface(square(), points) == pytest.approx([30, 4, 60], abs=1e-3)


def test_the_distance_to_nothing_is_infinite() -> None:
    nothing = Surface(np.zeros((0, 3, 3), np.float32), np.zeros(0, np.uint8), (0.0, 1.0))

    assert distance_to_surface(nothing, np.zeros((2, 3))).tolist() == [np.inf, np.inf]


def test_a_surface_read_from_the_cache_is_the_same(tmp_path: Path) -> None:
    made, read = (surface_of(ball(), tmp_path) for _ in range(2))

    assert len(list(tmp_path.iterdir())) == 1
    assert np.array_equal(made.triangles_mm, read.triangles_mm)
    assert np.array_equal(made.labels, read.labels)
    assert made.z_range_mm == read.z_range_mm


def test_other_voxels_have_another_cache_entry(tmp_path: Path) -> None:
    volume = ball()
    surface_of(volume, tmp_path)
    surface_of(replace(volume, spacing_mm=(2.5, 2.0, 1.7)), tmp_path)

    assert len(list(tmp_path.iterdir())) == 2
