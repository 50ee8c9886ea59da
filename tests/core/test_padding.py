"""A padding range is no measurement: not on screen, in windows, for the model, in a surface."""

from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.padding import is_padding, without_padding
from jrviewer.core.records import Slice, Unit, Window
from jrviewer.imaging.measurements_2d import Region, statistics
from jrviewer.imaging.residual_check import residual
from jrviewer.imaging.windowing import auto_window, to_grey
from tests.support.record_factory import make_slice

ROW = np.array([[-2000.0, -1990.0, -1985.0, -1984.0, 0.0, 80.0]])


def padded(pixels: np.ndarray = ROW, unit: Unit = "HU") -> Slice:
    return replace(make_slice(pixels, unit=unit), padding=-2000.0, padding_limit=-1985.0)


def test_a_range_counts_with_both_its_ends() -> None:
    assert is_padding(padded()).tolist() == [[True, True, True, False, False, False]]


def test_the_ends_of_a_range_may_be_given_in_either_order() -> None:
    turned = replace(padded(), padding=-1985.0, padding_limit=-2000.0)

    assert is_padding(turned).tolist() == is_padding(padded()).tolist()


def test_without_a_limit_the_one_value_counts() -> None:
    assert is_padding(replace(padded(), padding_limit=None)).tolist()[0][:2] == [True, False]


@pytest.mark.parametrize("inverted", [False, True])
def test_a_range_is_black_on_screen(inverted: bool) -> None:
    image = replace(padded(), inverted=inverted)

    grey = to_grey(image, image.pixels, Window(-1000, 4000))

    assert grey[0, :3].tolist() == [0, 0, 0]
    assert grey[0, 3:].min() > 0


def test_a_range_does_not_move_the_automatic_window() -> None:
    values = np.concatenate([np.linspace(5000, 5010, 500), np.linspace(0, 100, 500)])[None]
    image = replace(padded(values, "stored"), padding=5000.0, padding_limit=5010.0)

    assert auto_window(image).centre < 101


def test_nothing_of_a_range_was_removed() -> None:
    assert residual(padded(), np.zeros_like(ROW)).tolist()[0][:3] == [0, 0, 0]


def test_bright_padding_is_air_for_the_model() -> None:
    image = replace(padded(), padding=3000.0, padding_limit=4000.0)
    image = replace(image, pixels=np.array([[3000, 3500, 4000, -1100, 40.0]], dtype=np.float32))

    assert without_padding(image).tolist() == [[-1000, -1000, -1000, -1100, 40]]


def test_dark_padding_stays_as_it_is_for_the_model() -> None:
    assert without_padding(padded()).tolist() == ROW.tolist()


def test_bright_padding_is_the_lowest_measured_value_where_there_are_no_hounsfield_units() -> None:
    image = replace(padded(unit="stored"), padding=80.0, padding_limit=None)

    assert without_padding(image).max() == 0


def test_a_slice_of_padding_alone_is_no_error() -> None:
    image = padded(np.full((4, 4), -1990.0), "stored")

    assert without_padding(image).tolist() == image.pixels.tolist()
    assert auto_window(image).width == 1


def test_a_range_is_no_part_of_a_region_s_values() -> None:
    found = statistics(Region((0, 0), (0, 5), "rectangle"), padded(), ROW)

    assert found is not None
    assert found.mean == np.mean([-1984, 0, 80])
