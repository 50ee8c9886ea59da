import math

import numpy as np
import pytest

from jrviewer.imaging import measurements_2d
from jrviewer.imaging.measurements_2d import Hold, Length, Region
from tests.support.record_factory import make_plane, make_slice

PLANE = make_plane(spacing_mm=(2.0, 0.5))  # between rows, between columns


def ramp() -> np.ndarray:
    """10 × 10 pixels, each worth ten times its row plus its column."""
    return np.add.outer(np.arange(10) * 10.0, np.arange(10.0)).astype(np.float32)


def test_a_length_uses_each_direction_s_own_spacing() -> None:
    image = make_slice(ramp(), PLANE)

    assert measurements_2d.length_of(Length((1, 2), (4, 2)), image) == 6.0
    assert measurements_2d.length_of(Length((1, 2), (1, 6)), image) == 2.0
    assert measurements_2d.length_of(Length((0, 0), (2, 6)), image) == 5.0  # 4 and 3 mm


def test_without_a_spacing_a_length_is_in_pixels() -> None:
    image = make_slice(ramp(), PLANE, spacing_source="missing")

    assert measurements_2d.length_of(Length((0, 0), (3, 4)), image) == 5.0


def test_a_rectangle_s_statistics_are_those_of_the_pixels_in_it() -> None:
    image = make_slice(ramp(), PLANE)

    told = measurements_2d.statistics(Region((1, 2), (2, 4), "rectangle"), image, image.pixels)

    # 12 13 14 22 23 24: mean 18, squared deviations 36 25 16 16 25 36.
    assert told is not None
    assert (told.count, told.mean, told.minimum, told.maximum) == (6, 18, 12, 24)
    assert told.sd == pytest.approx(math.sqrt(154 / 5))
    assert told.area == 6.0  # of 2 × 0.5 mm each


def test_the_corners_of_a_region_may_come_in_any_order() -> None:
    shape = (10, 10)

    straight = measurements_2d.inside(Region((1, 2), (5, 8)), shape)
    crossed = measurements_2d.inside(Region((5, 2), (1, 8)), shape)

    assert np.array_equal(straight, crossed)


def test_an_ellipse_is_as_high_and_wide_as_its_box() -> None:
    held = measurements_2d.inside(Region((2, 1), (6, 9)), (10, 12))

    assert np.flatnonzero(held.any(axis=1)).tolist() == [2, 3, 4, 5, 6]
    assert np.flatnonzero(held.any(axis=0)).tolist() == list(range(1, 10))
    assert not held[2, 2]


def test_a_large_ellipse_has_the_area_of_an_ellipse() -> None:
    image = make_slice(np.zeros((200, 200)), PLANE)

    told = measurements_2d.statistics(Region((20, 10), (180, 190)), image, image.pixels)

    assert told is not None
    assert told.area == pytest.approx(math.pi * 80 * 2 * 90 * 0.5, rel=0.01)


def test_the_area_is_in_pixels_without_a_spacing() -> None:
    image = make_slice(ramp(), PLANE, spacing_source="missing")

    told = measurements_2d.statistics(Region((0, 0), (1, 1), "rectangle"), image, image.pixels)

    assert told is not None
    assert told.area == 4


def test_padding_is_not_measured() -> None:
    pixels = ramp()
    pixels[1, 3] = -2000
    image = make_slice(pixels, PLANE)
    object.__setattr__(image, "padding", -2000.0)

    told = measurements_2d.statistics(Region((1, 2), (1, 4), "rectangle"), image, image.pixels)

    assert told is not None
    assert (told.count, told.minimum) == (2, 12)


def test_a_region_beside_the_slice_has_no_statistics() -> None:
    image = make_slice(ramp(), PLANE)

    assert measurements_2d.statistics(Region((20, 20), (30, 30)), image, image.pixels) is None


@pytest.mark.parametrize(("shift", "is_beyond"), [(3.0, False), (-3.5, True), (3.5, True)])
def test_a_mean_that_moves_by_more_than_three_hu_is_told(shift: float, is_beyond: bool) -> None:
    noisy = np.tile([[0.0, 20.0], [20.0, 0.0]], (5, 5)).astype(np.float32)
    image = make_slice(noisy, PLANE)

    told = measurements_2d.bias(
        Region((0, 0), (9, 9), "rectangle"), image, np.full_like(noisy, 10 + shift)
    )

    assert told is not None
    assert told.sd_before == pytest.approx(10 * math.sqrt(100 / 99))
    assert told.sd_after == 0
    assert told.mean_shift == shift
    assert told.is_beyond is is_beyond


def test_what_is_not_in_hu_has_no_limit_in_hu() -> None:
    image = make_slice(np.zeros((10, 10)), PLANE, unit="stored", modality="MR")

    told = measurements_2d.bias(
        Region((0, 0), (9, 9)), image, np.full((10, 10), 50, dtype=np.float32)
    )

    assert told is not None
    assert not told.is_beyond


def test_a_box_s_window_spans_its_values() -> None:
    image = make_slice(np.linspace(0, 100, 101)[None].repeat(2, axis=0), PLANE)

    window = measurements_2d.box_window(Region((0, 0), (1, 100), "rectangle"), image, image.pixels)

    assert window is not None
    assert window.centre == pytest.approx(50)
    assert window.width == pytest.approx(98)


def test_a_click_finds_the_line_or_outline_it_is_near() -> None:
    assert measurements_2d.distance_px(Length((0, 0), (0, 10)), (3, 5)) == 3
    assert measurements_2d.distance_px(Length((0, 0), (0, 10)), (0, 14)) == 4
    assert measurements_2d.distance_px(Region((0, 0), (10, 20), "rectangle"), (5, 10)) == 5
    assert measurements_2d.distance_px(Region((0, 0), (10, 10)), (5, 11)) == pytest.approx(1)


SHAPE = (20, 30)
LINE = Length((4, 6), (10, 8))
BOX, OVAL = Region((4, 6), (10, 14), "rectangle"), Region((4, 6), (10, 14), "ellipse")


def test_an_end_is_taken_before_the_line_it_ends() -> None:
    assert measurements_2d.hold_at([LINE], (4.5, 6.0), 2.0) == Hold(LINE, 0)
    assert measurements_2d.hold_at([LINE], (10.0, 9.0), 2.0) == Hold(LINE, 1)
    assert measurements_2d.hold_at([LINE], (7.0, 7.2), 2.0) == Hold(LINE)
    assert measurements_2d.hold_at([LINE], (7.0, 15.0), 2.0) is None


def test_the_inside_of_a_region_is_not_taken() -> None:
    assert measurements_2d.hold_at([BOX, OVAL], (7.0, 10.0), 2.0) is None


def test_an_end_goes_where_the_hand_goes_and_the_other_stays() -> None:
    assert measurements_2d.moved(Hold(LINE, 1), (10, 8), (12, 3), SHAPE) == Length((4, 6), (12, 3))
    assert measurements_2d.moved(Hold(LINE, 0), (4, 6), (5, 6), SHAPE) == Length((5, 6), (10, 8))


def test_a_whole_measurement_keeps_its_size() -> None:
    assert measurements_2d.moved(Hold(OVAL), (4, 10), (6, 7), SHAPE) == Region((6, 3), (12, 11))


@pytest.mark.parametrize(
    ("handle", "start", "end"),
    [(0, (5, 8), (10, 14)), (1, (5, 6), (10, 16)), (2, (4, 6), (11, 16)), (3, (4, 8), (11, 14))],
)
def test_a_corner_moves_the_two_sides_that_meet_in_it(
    handle: int, start: measurements_2d.Position, end: measurements_2d.Position
) -> None:
    at = measurements_2d.handles(BOX)[handle]

    changed = measurements_2d.moved(Hold(BOX, handle), at, (at[0] + 1, at[1] + 2), SHAPE)

    assert changed == Region(start, end, "rectangle")


@pytest.mark.parametrize(
    ("handle", "start", "end"),
    [(0, (5, 6), (10, 14)), (1, (4, 6), (10, 16)), (2, (4, 6), (11, 14)), (3, (4, 8), (10, 14))],
)
def test_the_top_of_an_arc_moves_its_own_side_alone(
    handle: int, start: measurements_2d.Position, end: measurements_2d.Position
) -> None:
    at = measurements_2d.handles(OVAL)[handle]

    changed = measurements_2d.moved(Hold(OVAL, handle), at, (at[0] + 1, at[1] + 2), SHAPE)

    assert changed == Region(start, end, "ellipse")


def test_nothing_is_moved_off_the_slice() -> None:
    assert measurements_2d.moved(Hold(BOX), (4, 6), (-9, 40), SHAPE) == Region(
        (-0.5, 21.5), (5.5, 29.5), "rectangle"
    )
    assert measurements_2d.moved(Hold(LINE, 1), (10, 8), (99, 8), SHAPE) == Length(
        (4, 6), (19.5, 8)
    )
