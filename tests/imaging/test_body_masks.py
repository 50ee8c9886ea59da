import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Structure
from jrviewer.imaging.body_masks import body_centre, body_mask, volume_masks
from tests.support.record_factory import body_image


def air(rows: int, columns: int) -> FloatArray:
    return np.full((rows, columns), -1000.0, dtype=np.float32)


def test_a_slice_of_air_has_no_body_and_no_centre() -> None:
    mask = body_mask(air(40, 50), "HU")

    assert not mask.any()
    assert body_centre(mask) is None


def test_an_even_image_in_stored_units_has_no_body() -> None:
    assert not body_mask(np.full((40, 50), 7, dtype=np.float32), "stored").any()


def test_lungs_and_other_holes_belong_to_the_body() -> None:
    image = air(60, 80)
    image[10:50, 20:60] = 40
    image[20:40, 30:50] = -850

    assert body_mask(image, "HU")[15:45, 25:55].all()


def test_unfilled_holes_change_nothing_of_how_far_a_body_reaches() -> None:
    image = air(60, 80)
    image[10:50, 20:60] = 40
    image[20:40, 30:50] = -850

    whole, unfilled = body_mask(image, "HU"), body_mask(image, "HU", fill=False)

    assert not unfilled[25:35, 35:45].any()
    assert body_centre(unfilled) == body_centre(whole)


def test_the_table_does_not_belong_to_the_body_even_where_cloth_touches_both() -> None:
    image = air(100, 120)
    image[20:70, 30:90] = 40
    image[80:84, 10:110] = 100
    image[70:80, 60] = 0

    mask = body_mask(image, "HU", (1.5, 1.5))

    assert not mask[76:].any()
    assert body_centre(mask) == pytest.approx((44.5, 59.5), abs=1.5)


def test_two_legs_are_one_body_and_the_centre_lies_between_them() -> None:
    image = air(60, 100)
    image[20:40, 10:40] = 40
    image[20:40, 60:80] = 40

    assert body_centre(body_mask(image, "HU")) == pytest.approx((29.5, 44.5))


def test_parts_under_a_tenth_of_the_body_are_left_out() -> None:
    image = air(60, 100)
    image[10:50, 10:60] = 40
    image[20:30, 80:90] = 40

    assert not body_mask(image, "HU")[:, 70:].any()


def test_the_mask_has_the_shape_of_an_image_that_is_averaged_down() -> None:
    image = air(509, 771)
    image[100:400, 200:600] = 40

    mask = body_mask(image, "HU", (0.7, 0.7))

    assert mask.shape == image.shape
    assert body_centre(mask) == pytest.approx((249.5, 399.5), abs=2)


def test_noise_of_a_low_dose_moves_the_centre_by_less_than_two_pixels() -> None:
    image = body_image(256, 256)
    noisy = image + np.random.default_rng(3).normal(0, 200, image.shape).astype(np.float32)

    still, moved = (body_centre(body_mask(one, "HU", (1.5, 1.5))) for one in (image, noisy))

    assert still is not None
    assert moved == pytest.approx(still, abs=2)


def test_padding_and_missing_values_are_no_body() -> None:
    image = air(60, 80)
    image[10:50, 20:60] = 40
    image[:, :5], image[:, 75:] = -3024, np.nan

    mask = body_mask(image, "HU")

    assert not mask[:, :10].any()
    assert not mask[:, 70:].any()


def test_a_dark_ring_within_a_head_in_stored_units_is_bridged() -> None:
    row, column = np.mgrid[:100, :120]
    radius = np.hypot(row - 50, column - 60)
    image = np.random.default_rng(1).normal(10, 3, radius.shape).astype(np.float32)
    image[radius < 40] = 900
    image[radius < 36] = 15
    image[radius < 32] = 300

    mask = body_mask(image, "stored", (1.5, 1.5))

    assert mask.sum() == pytest.approx(np.pi * 40**2, rel=0.08)


def test_the_centre_is_the_middle_of_the_bounding_box_and_not_of_the_mass() -> None:
    mask = np.zeros((30, 40), dtype=bool)
    mask[5:10, 3:31] = True
    mask[5:25, 3] = True

    assert body_centre(mask) == (14.5, 16.5)


def test_bone_and_air_of_a_volume_are_found_inside_the_body_alone() -> None:
    voxels = np.full((12, 50, 60), -1000.0, dtype=np.float32)
    voxels[:, 10:40, 10:50] = 40
    voxels[:, 20:24, 20:25] = 700
    voxels[2:10, 26:34, 30:44] = -800
    voxels[:, 2:5, 30:34] = 700  # beside the body
    voxels[5, 15, 15] = 700  # a calcification of one voxel
    voxels[5, 36, 20] = -800  # a bubble of one voxel

    masks = volume_masks(voxels)

    assert masks[Structure.SKIN].sum() == 12 * 30 * 40
    assert masks[Structure.BONE].sum() == 12 * 4 * 5
    assert masks[Structure.AIR].sum() == 8 * 8 * 14


def test_a_skull_of_two_voxels_outlasts_the_opening() -> None:
    _, y, x = np.mgrid[:20, :50, :50]
    radius = np.hypot(y - 25, x - 25)
    voxels = np.where(radius < 20, 40.0, -1000.0)
    shell = (radius < 17) & (radius >= 14.2)
    voxels[shell] = 800

    bone = volume_masks(voxels.astype(np.float32))[Structure.BONE]

    assert bone.sum() > 0.9 * shell.sum()


def test_a_table_that_touches_the_body_by_a_thread_is_no_skin() -> None:
    voxels = np.full((10, 50, 60), -1000.0, dtype=np.float32)
    voxels[:, 5:30, 10:50] = 40
    voxels[:, 38:42, 5:55] = 200
    voxels[4, 30:38, 30] = 40

    assert not volume_masks(voxels)[Structure.SKIN][:, 34:].any()
