"""The page at the end of a run."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from jrviewer.batch.summary_page import MOST_SHOWN, write_summary
from jrviewer.export.own_exports import is_export_file
from jrviewer.export.report import empty_result
from tests.batch.runs import predict, replace_model
from tests.support.dicom_factory import write_ct, write_mr

ABOUT = {"model": "JointNet <1>", "weights_sha256": "5c" * 32, "device": "CPU"}


def record(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    kept = {"outcome": "done", "series": "ab", "thumbnail": "", "key": "cd.0"}
    return {**empty_result(1, "ef" * 32), **kept, **values}


def test_slices_stand_under_what_is_worst_of_them(tmp_path: Path) -> None:
    records = [
        record(input_check="green", png="good.png"),
        record(input_check="red", png="red.png", reasons=["A <localiser>."]),
        record(input_check="amber", removed_marks=2, png="marked.png"),
        record(input_check="amber", png="amber.png"),
    ]

    page = (tmp_path / write_summary(tmp_path, ABOUT, records)).read_text("utf-8")

    order = [page.index(f"<b>{name}.png</b>") for name in ("red", "marked", "amber")]
    assert order == sorted(order)
    assert "good.png" not in page
    assert "A &lt;localiser&gt;." in page
    assert "JointNet &lt;1&gt;" in page
    assert not re.search(r"<script|<link|https?://", page)


def test_a_long_list_is_cut_and_says_so(tmp_path: Path) -> None:
    records = (record(input_check="amber", png=f"{n}.png") for n in range(MOST_SHOWN + 7))

    page = (tmp_path / write_summary(tmp_path, ABOUT, records)).read_text("utf-8")

    assert page.count("<figure>") == MOST_SHOWN
    assert "7 more are in the manifest." in page


def test_a_page_replaces_none_and_is_known_as_ours(tmp_path: Path) -> None:
    names = [write_summary(tmp_path, ABOUT, []) for _ in range(2)]

    assert names == ["summary.html", "summary-0002.html"]
    assert all(is_export_file(tmp_path / name) for name in names)


def test_what_was_amber_is_shown_with_a_picture_and_burned_in_text_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_model(monkeypatch)
    (tmp_path / "in").mkdir()
    write_mr(tmp_path / "in" / "mr.dcm", series_uid="1.2.1")
    burned = {"BurnedInAnnotation": "YES", "RescaleType": "US"}
    write_ct(tmp_path / "in" / "text.dcm", np.zeros((64, 64)), extra=burned, series_uid="1.2.2")

    predict(tmp_path / "out", tmp_path / "in", "--strength", "low")

    page = (tmp_path / "out" / "summary.html").read_text("utf-8")
    figures = re.findall(r"<figure>.*?</figure>", page)
    assert any("<b>mr.denoised.dcm</b>" in one and "<img" in one for one in figures)
    assert not any("text" in one and "<img" in one for one in figures)


def test_pictures_are_small() -> None:
    from base64 import b64decode
    from io import BytesIO

    from jrviewer.core.prediction import Mark
    from jrviewer.export.thumbnail import thumbnail
    from tests.support.record_factory import make_slice

    encoded = thumbnail(make_slice(), [Mark(3.0, 3.0, 4.0, 20.0, 8.0)])
    with Image.open(BytesIO(b64decode(encoded))) as picture:
        picture.load()

    assert max(picture.size) == 160
    red = np.asarray(picture).astype(int)
    assert ((red[..., 0] - red[..., 1]) > 60).any()
