from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jrviewer import NOTICE
from jrviewer.export import (
    write_png,
)
from jrviewer.records import Finding, VoiLut, Window
from tests.factory import make_prediction, make_slice

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
    assert grey.shape == (48 + shape[0] + 88, 2 * width)
    # White lines left and right of the text would mean that it is cut off.
    assert grey[:, 0].max() == grey[:, -1].max() == 0


def test_an_override_is_drawn_into_the_picture(tmp_path: Path) -> None:
    red = Finding("red", "This is no CT.")
    run_anyway = make_prediction(findings=[red], overridden=True)
    write_png(run_anyway, tmp_path / "a.png", WINDOW)
    write_png(replace(run_anyway, overridden=False), tmp_path / "b.png", WINDOW)

    assert (picture(tmp_path / "a.png") != picture(tmp_path / "b.png")).any()
