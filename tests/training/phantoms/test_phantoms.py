from functools import cache

import numpy as np
import numpy.typing as npt
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Structure
from training.phantoms import REGIONS, Phantom, make_phantom

pytestmark = pytest.mark.slow  # as a whole
SEED = 21


@cache
def phantom(region: str, seed: int = SEED) -> Phantom:
    return make_phantom(seed, region)


@cache
def surface(region: str) -> tuple[FloatArray, npt.NDArray[np.uint8]]:
    return phantom(region).surface_points(3000, seed=4, half_depth_mm=30)


def at_height(region: str, height_mm: float) -> FloatArray:
    """A slice at a height of the anatomy, 3 mm pixels."""
    one = phantom(region)
    return one.render((height_mm - one.height_mm) * one.scale[2], size=150, pixel_mm=3.0)


@pytest.mark.parametrize("region", REGIONS)
def test_a_seed_repeats_its_phantom(region: str) -> None:
    again = make_phantom(SEED, region)
    assert np.array_equal(again.render(7.0, 64, 7.0), phantom(region).render(7.0, 64, 7.0))


@pytest.mark.parametrize("region", REGIONS)
def test_phantoms_of_a_region_vary(region: str) -> None:
    bodies = [phantom(region, seed).render(0.0, 64, 7.0) > -300 for seed in range(5)]
    sizes = {int(body.sum()) for body in bodies}
    assert len(sizes) == 5
    assert max(sizes) > 1.15 * min(sizes)


def test_a_seed_alone_chooses_among_all_regions() -> None:
    seen: set[str] = set()
    for seed in range(12):
        seen.add(make_phantom(seed).region)
        if seen == set(REGIONS):
            return
    pytest.fail(f"twelve seeds gave {seen} alone")


def test_an_unknown_region_is_refused() -> None:
    with pytest.raises(ValueError, match="chest, abdomen, head"):
        make_phantom(1, "foot")


@pytest.mark.parametrize("region", REGIONS)
def test_hu_stay_within_the_range_of_ct_and_have_air_fat_muscle_and_bone(region: str) -> None:
    voxels, spacing = phantom(region).volume(6.0, 60.0)
    assert voxels.dtype == np.int16
    assert voxels.shape == (21, 76, 76)
    assert spacing == (6.0, 6.0, 6.0)
    assert voxels.min() >= -1024
    assert voxels.max() <= 3071
    for low, high in ((-1010, -900), (-130, -80), (30, 80), (300, 1500)):
        assert ((voxels >= low) & (voxels <= high)).mean() > 0.001


def test_a_volume_holds_the_same_slices_that_are_rendered_alone() -> None:
    one = phantom("chest")
    voxels, (step, _, _) = one.volume(6.0, 60.0)
    alone = one.render(2 * step, voxels.shape[1], step)
    assert np.abs(voxels[12] - alone).max() <= 1


def test_points_are_evaluated_like_the_grid() -> None:
    one = phantom("abdomen")
    axis = (np.arange(64, dtype=np.float32) - 31.5) * 6
    y, x = np.meshgrid(axis, axis, indexing="ij")
    points = np.stack([x.ravel(), y.ravel(), np.full(x.size, 9.0)], axis=1)
    assert np.allclose(one.at(points).reshape(64, 64), one.render(9.0, 64, 6.0), atol=0.5)


@pytest.mark.parametrize("region", REGIONS)
def test_surface_points_lie_where_hu_cross_the_threshold_of_their_structure(region: str) -> None:
    points, labels = surface(region)
    hu = phantom(region).at(points)
    for structure, level in ((Structure.SKIN, -300), (Structure.BONE, 200), (Structure.AIR, -500)):
        own = hu[labels == structure]
        assert abs(np.median(own) - level) < 15
        assert np.mean(np.abs(own - level) < 120) > 0.9


@pytest.mark.parametrize("region", REGIONS)
def test_hu_differ_across_the_surface(region: str) -> None:
    points, labels = surface(region)
    nearby = np.random.default_rng(0).normal(0, 1.2, (12, *points.shape)) + points
    hu = phantom(region).at(nearby.reshape(-1, 3)).reshape(12, -1)
    jump = hu.max(axis=0) - hu.min(axis=0)
    assert np.median(jump[labels == Structure.SKIN]) > 400
    assert np.median(jump[labels == Structure.BONE]) > 150
    assert np.median(jump[labels == Structure.AIR]) > 400


@pytest.mark.parametrize("region", REGIONS)
def test_half_of_the_points_lie_on_skin_a_third_on_bone_and_a_sixth_on_air(region: str) -> None:
    points, labels = surface(region)
    assert points.shape == (3000, 3)
    assert np.abs(points[:, 2]).max() < 33
    assert np.bincount(labels).tolist() == [1500, 1000, 500]


def test_surface_points_follow_their_seed() -> None:
    one = phantom("head")
    first, again, other = (one.surface_points(200, seed, half_depth_mm=30)[0] for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_heart_points_to_the_left() -> None:
    chest = at_height("chest", 38)
    front = chest[40:75]
    soft = (front > 0) & (front < 400)
    columns = np.flatnonzero(soft.any(axis=0))
    inner = soft[:, columns[0] + 20 : columns[-1] - 20]
    middle = 75 - (columns[0] + 20)
    assert inner[:, middle:].sum() > 1.2 * inner[:, :middle].sum()


def test_the_liver_lies_on_the_right() -> None:
    slice_ = at_height("abdomen", -45)
    right, left = slice_[55:90, 35:60], slice_[55:90, 90:115]
    assert ((right > 20) & (right < 200)).mean() > ((left > 20) & (left < 200)).mean()
    assert (right < -300).mean() < 0.3


def test_lungs_are_found_in_the_chest_and_a_closed_vault_in_the_head() -> None:
    chest, head = at_height("chest", 90), at_height("head", 410)
    assert (chest[60:90, 45:60] < -600).mean() > 0.5
    assert (head[65:85, 70:80] > 0).all()
    ring = [head[75, :75].max(), head[75, 75:].max(), head[:75, 75].max(), head[75:, 75].max()]
    assert min(ring) > 400


def test_the_table_lies_behind_the_patient() -> None:
    for seed in range(8):
        one = phantom("head", seed)
        couch = np.argwhere(one.render(0.0, 128, 4.0)[:, 64] > -400)
        if couch.max() > 90:
            return
    pytest.fail("no phantom among eight has a table")
