"""One page of evidence: what stands on it, and that it can be checked."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from PIL import Image

from jrviewer import NOTICE
from jrviewer.core.errors import ExportError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Window
from jrviewer.export.evidence_sheet import Evidence, draw_sheet, write_sheet
from jrviewer.export.own_exports import is_export_file
from jrviewer.export.provenance import verify
from tests.support.record_factory import make_prediction, slice_named

WINDOW = Window(40, 400)
CLOUD = np.full((60, 80, 3), (200, 30, 30), np.uint8)
DISTANCES = np.array([0.5] * 60 + [5.0] * 35 + [15.0] * 5 + [np.nan] * 10)
KINDS: tuple[Literal["pdf", "png"], ...] = ("pdf", "png")


def said(prediction: Prediction, evidence: Evidence, place: str = "") -> str:
    return "\n".join(draw_sheet(prediction, WINDOW, evidence, place)[1])


def test_the_sheet_names_slice_notice_noise_distances_model_and_hashes() -> None:
    prediction = make_prediction()

    words = said(prediction, Evidence(CLOUD, DISTANCES), "slice 40 of 66")

    assert "Evidence sheet: slice 40 of 66" in words
    assert NOTICE in words
    assert "ORIGINAL" in words
    assert f"strength {prediction.strength.words}" in words
    assert "Half of the points lie within 0.5 mm, 95 of 100 within 5" in words
    assert "(100 points counted)" in words
    assert prediction.weights_sha256 in words
    assert prediction.slice.source.pixels_sha256 in words


def test_without_a_measured_surface_no_distance_is_claimed() -> None:
    words = said(make_prediction(), Evidence(CLOUD, np.full(5, np.nan)))

    assert "measured surface" not in words
    assert "Half of the points" not in words


def test_contrast_medium_is_named_beside_bone() -> None:
    words = said(replace(make_prediction(), contrast="stated"), Evidence())

    assert "bone or contrast medium" in words.replace("\n", " ")
    assert "states a contrast agent" in words.replace("\n", " ")


def test_a_cloud_between_slices_is_called_so() -> None:
    prediction = replace(make_prediction(), interpolated_from=7, widest_gap_mm=20)

    words = said(prediction, Evidence(CLOUD)).replace("\n", " ")

    assert "INTERPOLATED + INFERRED 3D - NOT MEASURED" in words
    assert "interpolated between 7 slices, where they are at most 20 mm apart" in words
    assert "slice alone" not in words


def test_every_picture_is_on_the_page() -> None:
    prediction = make_prediction()
    with_cloud = np.asarray(draw_sheet(prediction, WINDOW, Evidence(CLOUD, DISTANCES))[0])
    without = np.asarray(draw_sheet(prediction, WINDOW, Evidence())[0])

    def is_red(page: np.ndarray) -> int:
        return int((page == (200, 30, 30)).all(axis=2).sum())

    assert is_red(with_cloud) > 100_000
    assert is_red(without) == 0
    assert (without != 255).any(axis=2).sum() > 300_000  # the slices


@pytest.mark.parametrize("kind", KINDS)
def test_a_sheet_verifies_and_a_changed_one_does_not(
    tmp_path: Path, kind: Literal["pdf", "png"]
) -> None:
    path = tmp_path / f"a.{kind}"
    write_sheet(make_prediction(), path, kind, WINDOW, Evidence(CLOUD, DISTANCES))

    verdict = verify(path)
    assert verdict.status == "other_weights"  # this prediction's are made up
    assert verdict.stated["strength"]
    assert is_export_file(path)

    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert verify(path).status == "changed"


def test_the_pdf_has_one_page_that_every_offset_of_its_table_leads_to(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    write_sheet(make_prediction(), path, "pdf", WINDOW, Evidence())

    content = path.read_bytes()
    table = int(content.rpartition(b"startxref\n")[2].split()[0])
    assert content[table : table + 5] == b"xref\n"
    rows = content[table:].split(b"\n")[3:9]
    for number, row in enumerate(rows, start=1):
        place = int(row[:10])
        assert content[place : place + 7] == f"{number} 0 obj".encode()
    assert content.count(b"/Type /Page ") == 1
    assert content.endswith(b"%%EOF\n")


def test_the_png_is_as_large_as_a_page_at_200_dots_an_inch(tmp_path: Path) -> None:
    write_sheet(make_prediction(), tmp_path / "a.png", "png", WINDOW, Evidence())

    with Image.open(tmp_path / "a.png") as page:
        assert page.size == (1654, 2339)


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_on_the_sheet_stops_it(tmp_path: Path, kind: Literal["pdf", "png"]) -> None:
    prediction = make_prediction(slice_named("slice.dcm", "Zaphod^Beeblebrox"))

    with pytest.raises(ExportError, match="identifies the patient"):
        write_sheet(
            prediction, tmp_path / f"a.{kind}", kind, WINDOW, Evidence(), place="of Beeblebrox"
        )

    assert not list(tmp_path.iterdir())
