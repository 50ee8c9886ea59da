import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jrviewer import NOTICE
from jrviewer.core.records import Finding, SpacingSource, VoiLut, Window
from jrviewer.export import comparison_image
from jrviewer.export.comparison_image import draw_comparison
from jrviewer.export.png import write_png
from tests.support.record_factory import (
    ERASED_AT,
    body_image,
    make_erased,
    make_plane,
    make_prediction,
    make_slice,
)

WINDOW = Window(40, 400)


def picture(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as image:
        return np.asarray(image)


def test_the_picture_holds_both_slices_at_native_resolution(tmp_path: Path) -> None:
    prediction = make_prediction()

    write_png(prediction, tmp_path / "a.png", WINDOW)

    grey = picture(tmp_path / "a.png")
    # 128 columns in the middle of a panel of 260, 28 rows of title and 20 of letters above.
    left, right = grey[48:176, 66:194], grey[48:176, 326:454]
    # 40 HU is 40.1 / 399 above the middle of the window; half of it, 20 HU, 19.5 below.
    assert left[64, 100] == 128
    assert right[64, 100] == 115


@pytest.mark.parametrize(
    ("spacing_mm", "source", "shape"),
    [
        ((2.0, 1.0), "pixel", (80, 60)),
        ((0.5, 1.5), "pixel", (40, 180)),
        ((2.0, 1.0), "missing", (80, 60)),
        ((1000.0, 0.001), "pixel", (320, 60)),
    ],
)
def test_pixels_that_are_no_squares_are_stretched_in_the_picture(
    tmp_path: Path, spacing_mm: tuple[float, float], source: SpacingSource, shape: tuple[int, int]
) -> None:
    plane = make_plane(spacing_mm=spacing_mm)
    slice_ = make_slice(np.full((40, 60), 1e4), plane, spacing_source=source)
    write_png(make_prediction(slice_), tmp_path / "a.png", WINDOW)

    white = picture(tmp_path / "a.png") == 255
    last = 48 + shape[0] - 1
    assert white[48].sum() == white[last].sum() == 2 * shape[1]
    assert not white[47].any()
    assert not white[last + 1].any()


def test_the_picture_says_what_it_is_and_names_the_notice(tmp_path: Path) -> None:
    write_png(make_prediction(), tmp_path / "a.png", WINDOW)

    with Image.open(tmp_path / "a.png") as image:
        text = image.text  # type: ignore[attr-defined]
    assert text["Description"] == NOTICE
    assert "source_pixels_sha256=" + "0" * 64 in text["Provenance"]


def test_words_are_drawn_around_the_slices_only(tmp_path: Path) -> None:
    with_place = make_prediction()
    nominal = make_prediction(replace(with_place.slice, has_position=False))
    write_png(with_place, tmp_path / "a.png", WINDOW)
    write_png(nominal, tmp_path / "b.png", WINDOW)

    a, b = picture(tmp_path / "a.png"), picture(tmp_path / "b.png")
    changed = np.argwhere(a != b)
    assert len(changed) > 0  # the letters of the patient's sides
    assert not (a != b)[48:176, 66:194].any()
    assert b[28:48].max() == 0


@pytest.mark.parametrize("shape", [(16, 16), (40, 700)])
def test_the_picture_fits_small_and_wide_slices(tmp_path: Path, shape: tuple[int, int]) -> None:
    slice_ = make_slice(np.full(shape, 1e4))

    write_png(make_prediction(slice_), tmp_path / "a.png", VoiLut(0, np.array([0.0, 1.0])))

    grey = picture(tmp_path / "a.png")
    width = max(260, shape[1] + 40)
    assert grey.shape == (48 + shape[0] + 108, 2 * width)
    # White lines left and right of the text would mean that it is cut off.
    assert grey[:, 0].max() == grey[:, -1].max() == 0


def test_an_override_is_drawn_into_the_picture(tmp_path: Path) -> None:
    red = Finding("red", "This is no CT.")
    run_anyway = make_prediction(findings=[red], overridden=True)
    write_png(run_anyway, tmp_path / "a.png", WINDOW)
    write_png(replace(run_anyway, overridden=False), tmp_path / "b.png", WINDOW)

    assert (picture(tmp_path / "a.png") != picture(tmp_path / "b.png")).any()


def test_a_removed_shape_is_ringed_on_both_slices(tmp_path: Path) -> None:
    row, column = ERASED_AT
    prediction = make_erased(make_slice(plane=make_plane(spacing_mm=(0.5, 1.5))))
    (mark,) = prediction.compute_removed().marks
    radius = round(0.8 * mark.size_mm / 0.5)  # the picture's pixels are squares of 0.5 mm
    assert (mark.row, mark.column) == pytest.approx((row, column), abs=3)
    assert radius > 9

    write_png(prediction, tmp_path / "a.png", WINDOW)

    grey = picture(tmp_path / "a.png")
    for left in (20, 444):  # 384 columns and 20 for the letters on each side
        y, x = 48 + round(mark.row), left + round(3 * mark.column + 1)
        sides = [(y, x - radius), (y, x + radius), (y - radius, x), (y + radius, x)]
        for y, x in sides:
            assert grey[y - 1 : y + 2, x - 1 : x + 2].max() == 255


def test_the_picture_says_how_many_places_lost_structure_and_how_much() -> None:
    two = make_erased(places=((64, 52), (40, 80)))

    content, words = draw_comparison(two, WINDOW, ("app=x",))

    assert "2 places are marked: structure, not only noise, may have been removed." in words
    assert (
        sum(re.fullmatch(r"[12]: [+]\d+ HU", line) is not None for line in words.splitlines()) == 4
    )
    assert content.startswith(b"\x89PNG")


def test_a_picture_without_marks_says_that_noise_was_removed() -> None:
    image = make_slice()
    noisy = image.pixels + np.random.default_rng(0).normal(0, 10, image.shape)
    honest = make_prediction(replace(image, pixels=noisy.astype(np.float32)))
    honest = replace(honest, fully_denoised=image.pixels.copy())

    _, words = draw_comparison(honest, WINDOW, ())

    assert "Removed: looks like noise" in words
    assert "marked" not in words


def test_the_words_of_a_mark_stay_on_its_slice() -> None:
    image = make_slice(body_image(200, 200), make_plane(spacing_mm=(2.0, 2.0)))
    edge = make_erased(image, places=((100, 170), (100, 30)))

    marks = edge.compute_removed().marks
    rings = [comparison_image._ring(one, edge.slice, (1.0, 1.0)) for one in marks]
    drawn = comparison_image._amounts(marks, rings, (40, 48), 100.0, " HU")

    anchors = {text[0]: (x - 40, anchor) for (x, _), anchor, text, _ in drawn}
    assert sorted(anchor for _, anchor in anchors.values()) == ["lm", "rm"]
    assert all((x > 100) == (anchor == "rm") for x, anchor in anchors.values())
