import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.body_masks import BoolArray
from jrviewer.imaging.field_of_view import (
    cut_share,
    depth,
    differs_from_back_to_front,
    likeness_of_sides,
)

AIR = np.tile(np.arange(-1000.0, -900.0), (100, 1))  # no two columns alike, as noise has it


def square(rows: slice, columns: slice) -> BoolArray:
    mask = np.zeros((100, 100), dtype=bool)
    mask[rows, columns] = True
    return mask


def test_a_body_within_the_picture_is_not_cut() -> None:
    assert cut_share(square(slice(1, 99), slice(1, 99)), AIR) == 0


def test_the_share_is_that_of_the_outline_on_the_edge() -> None:
    """A square of 20 × 20 has 76 pixels of outline; a side of 20 lies on the edge."""
    assert cut_share(square(slice(0, 20), slice(40, 60)), AIR) == pytest.approx(20 / 76)
    assert cut_share(square(slice(80, 100), slice(80, 100)), AIR) == pytest.approx(39 / 76)
    assert cut_share(np.ones((100, 100), dtype=bool), AIR) == 1


def test_no_body_is_not_cut() -> None:
    assert cut_share(np.zeros((100, 100), dtype=bool), AIR) == 0


def in_a_circle(beyond: float) -> tuple[BoolArray, FloatArray]:
    """A body as wide as the picture, scanned within a circle only."""
    row, column = np.ogrid[:100, :100]
    radius = np.hypot(row - 49.5, column - 49.5)
    body = (np.abs(row - 49.5) < 20) & (radius < 49.5)
    pixels = np.where(body, 40.0, -1000.0 + np.arange(100))
    return body, np.where(radius > 50, beyond, pixels)


def test_the_circle_that_scanners_reconstruct_in_is_an_edge_too() -> None:
    body, pixels = in_a_circle(-2000.0)

    assert cut_share(body, pixels) > 0.25


def test_a_circle_is_none_where_something_lies_beyond_it() -> None:
    body, pixels = in_a_circle(-2000.0)
    pixels[1, 1] = -990.0

    assert cut_share(body, pixels) < 0.1


def test_a_coarse_mask_tells_about_the_same_as_a_fine_one() -> None:
    fine = np.kron(square(slice(0, 20), slice(40, 60)), np.ones((6, 6), dtype=bool))

    assert cut_share(fine, np.kron(AIR, np.ones((6, 6)))) == pytest.approx(20 / 76, abs=0.03)


def test_a_body_with_like_sides_is_its_own_mirror_image() -> None:
    assert likeness_of_sides(square(slice(10, 50), slice(5, 30))) == 1


def test_sides_that_differ_share_what_both_cover() -> None:
    """An L of 40 × 10 and 10 × 10: its mirror image shares 10 × 10 and 2 × 0 of 40 × 10."""
    mask = square(slice(10, 50), slice(20, 30)) | square(slice(10, 20), slice(30, 40))

    assert likeness_of_sides(mask) == pytest.approx(200 / 800)
    assert likeness_of_sides(mask.T, axis=0) == pytest.approx(200 / 800)
    assert likeness_of_sides(np.zeros((9, 9), dtype=bool)) == 0


def test_front_and_back_differ_by_the_mean_within_the_body() -> None:
    """Half of 20 rows are 60 HU brighter, so that every pixel differs from its mirror image."""
    body = square(slice(30, 50), slice(10, 90))
    hu = np.where(body, 40.0, -1000.0)
    hu[30:40, 10:90] += 60

    assert differs_from_back_to_front(hu, body) == pytest.approx(60)
    assert differs_from_back_to_front(hu.T, body.T) == 0  # from side to side nothing does


def test_air_and_bone_count_as_their_limits_and_nothing_has_no_front() -> None:
    body = square(slice(30, 50), slice(10, 90))
    hu = np.where(body, 3000.0, -1000.0)
    hu[30:40, 10:90] = -2000

    assert differs_from_back_to_front(hu, body) == pytest.approx(500)
    assert differs_from_back_to_front(hu, np.zeros_like(body)) == 0


@pytest.mark.parametrize("size", [100, 1000])
def test_a_disc_is_as_deep_as_it_is_wide_and_a_ring_is_not(size: int) -> None:
    rows, columns = np.mgrid[:size, :size] - size / 2
    distance = np.hypot(rows, columns) / size
    disc = distance < 0.4

    assert depth(disc) == pytest.approx(1, abs=0.05)
    assert depth(disc & (distance > 0.36)) == pytest.approx(0.05, abs=0.03)
    assert depth(np.zeros_like(disc)) == 0
