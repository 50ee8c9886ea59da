import time
from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Slice, VoiFunction, VoiLut, Window
from jrviewer.imaging.windowing import (
    PRESETS,
    auto_window,
    default_window,
    presets,
    to_grey,
)
from tests.support.record_factory import make_slice


def values(*numbers: float) -> FloatArray:
    return np.array([numbers], dtype=np.float32)


def grey(window: Window | VoiLut, *numbers: float) -> list[int]:
    slice_ = make_slice(values(*numbers))
    return [int(shade) for shade in to_grey(slice_, slice_.pixels, window)[0]]


def test_linear_maps_by_the_standards_formula() -> None:
    # Width 5 about 10: black up to 7.5, white above 11.5, 9 = (9 - 9.5) / 4 + 0.5 = 0.375 of 255.
    assert grey(Window(10, 5), 7, 7.5, 9, 9.5, 11.5, 12) == [0, 0, 96, 128, 255, 255]


def test_linear_of_the_standards_example_reaches_white_at_its_last_value() -> None:
    # PS3.3 C.11.2.1.2.1: centre 2048, width 4096 shows 0..4095 in full.
    assert grey(Window(2048, 4096), -1, 0, 4095, 4096) == [0, 0, 255, 255]


def test_linear_of_width_one_is_a_step_half_a_value_below_the_centre() -> None:
    assert grey(Window(10, 1), 9, 9.5, 10) == [0, 0, 255]


def test_linear_exact_spans_the_whole_width() -> None:
    # Width 4 about 10: 8 is black, 12 white, 9 a quarter.
    assert grey(Window(10, 4, "LINEAR_EXACT"), 7, 8, 9, 10, 12, 13) == [0, 0, 64, 128, 255, 255]


def test_sigmoid_passes_its_centre_at_half_and_never_ends() -> None:
    # 255 / (1 + exp(-4 · (x - 10) / 8)): x = 14 gives 255 / (1 + e⁻²) = 224.6.
    assert grey(Window(10, 8, "SIGMOID"), -1e9, 6, 10, 14, 1e9) == [0, 30, 128, 225, 255]


def test_a_linear_width_below_one_is_read_as_exact() -> None:
    assert grey(Window(0.5, 0.5), 0.25, 0.5, 0.75) == [0, 128, 255]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_a_width_of_zero_is_a_step(function: VoiFunction) -> None:
    assert grey(Window(10, 0, function), 9, 11) == [0, 255]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_values_that_are_no_numbers_do_not_warn(function: VoiFunction) -> None:
    shades = grey(Window(10, 5, function), np.nan, np.inf, -np.inf, 3e38, -3e38)

    assert shades[1:] == [255, 0, 255, 0]


def test_a_voi_lut_extends_its_first_and_last_entry() -> None:
    lut = VoiLut(100.0, np.array([0.2, 0.6, 1.0]))

    assert grey(lut, 0, 100, 101, 102, 500) == [51, 51, 153, 255, 255]


def test_monochrome1_is_inverted_once_and_after_the_window() -> None:
    slice_ = replace(make_slice(values(7, 9, 12)), inverted=True)

    assert to_grey(slice_, slice_.pixels, Window(10, 5)).tolist() == [[255, 159, 0]]


def test_a_voi_lut_of_a_monochrome1_slice_is_inverted_too() -> None:
    slice_ = replace(make_slice(values(0, 1)), inverted=True)

    assert to_grey(slice_, slice_.pixels, VoiLut(0, np.array([0.2, 1.0]))).tolist() == [[204, 0]]


def padded() -> Slice:
    return replace(make_slice(values(-2000, 0, 80)), padding=-2000.0)


def test_padding_is_black_in_the_denoised_picture_and_in_an_inverted_one() -> None:
    denoised = values(40, 40, 40)

    assert to_grey(padded(), denoised, Window(40, 80)).tolist() == [[0, 129, 129]]
    inverted = replace(padded(), inverted=True)
    assert to_grey(inverted, inverted.pixels, Window(40, 80)).tolist() == [[0, 255, 0]]


def test_windowing_leaves_the_values_as_they_are() -> None:
    slice_ = make_slice()
    before = slice_.pixels.copy()

    to_grey(slice_, slice_.pixels, Window(40, 400))

    assert np.array_equal(slice_.pixels, before)


def test_a_full_slice_becomes_grey_within_three_milliseconds() -> None:
    slice_ = make_slice(np.zeros((512, 512)))
    slice_ = replace(slice_, padding=-2000.0)
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        to_grey(slice_, slice_.pixels, Window(40, 400))
        seconds.append(time.perf_counter() - start)

    assert min(seconds) < 0.003


def test_the_default_window_is_the_files_first_usable_one() -> None:
    slice_ = make_slice(windows=[Window(0, 0), Window(np.nan, 10), Window(50, 350), Window(1, 2)])

    assert default_window(slice_) == Window(50, 350)


def test_without_a_window_the_automatic_one_is_shown() -> None:
    slice_ = make_slice(windows=[])

    assert default_window(slice_) == auto_window(slice_)


def test_the_automatic_window_ignores_padding_and_what_no_ct_measures() -> None:
    inside = np.linspace(0, 100, 1001)
    slice_ = replace(
        make_slice(values(*([-3000.0] * 500), *([5000.0] * 500), *inside)), padding=5000.0
    )

    window = auto_window(slice_)

    assert window.centre - window.width / 2 == pytest.approx(1.0)
    assert window.centre + window.width / 2 == pytest.approx(99.5)


def test_the_automatic_window_of_a_stored_image_keeps_low_values() -> None:
    slice_ = make_slice(values(-3000, -2000), unit="stored", modality="MR")

    assert auto_window(slice_).centre < -2000


@pytest.mark.parametrize(
    ("numbers", "centre", "width"),
    [((7, 7, 7), 7, 1), ((np.nan,), 0, 1), ((*([0] * 999), 10), 5, 10)],
)
def test_the_automatic_window_of_an_odd_picture_is_usable(
    numbers: tuple[float, ...], centre: float, width: float
) -> None:
    window = auto_window(make_slice(values(*numbers)))

    assert (window.centre, window.width) == (centre, width)


def test_the_presets_are_the_seven_of_the_clinic() -> None:
    widths_and_levels = [(w.name, w.width, w.centre) for w in PRESETS.values()]

    assert list(PRESETS) == list("2345678")
    assert widths_and_levels == [
        ("Lung", 1500, -600),
        ("Mediastinum", 400, 40),
        ("Abdomen", 350, 50),
        ("Liver", 160, 60),
        ("Bone", 1800, 400),
        ("Brain", 80, 40),
        ("Stroke", 40, 40),
    ]


def test_presets_are_offered_on_a_ct_in_hu_alone() -> None:
    assert presets(make_slice()) == PRESETS
    assert presets(make_slice(unit="stored")) == {}
    assert presets(make_slice(modality="MR")) == {}
