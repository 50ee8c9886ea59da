"""Every file of the shared corpus opens as a reference decoder opens it, or is refused."""

import logging
import shutil
from collections import Counter
from pathlib import Path

import pytest

from jrviewer import dicom
from jrviewer.dicom import Row
from tests.dicom.tools.conformance import check
from tests.dicom.tools.score import Expected, fits, index_of, rows_of

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def index(shared: Path) -> list[Expected]:
    return index_of(shared / "dicom")


@pytest.fixture(scope="module")
def rows(shared: Path, index: list[Expected]) -> list[Row]:
    return list(rows_of(shared / "dicom", index))


def test_every_file_opens_or_is_refused_as_expected(rows: list[Row], index: list[Expected]) -> None:
    wrong = [(r, e) for r, e in zip(rows, index, strict=True) if not fits(r, e)]
    by_syntax = Counter(expected["transfer_syntax"] for _, expected in wrong)
    lines = [f"{e['path']}: {e['expect']}, got {r.status} {r.message}" for r, e in wrong]

    assert not wrong, f"{by_syntax}\n" + "\n".join(lines)


def test_the_corpus_is_complete(index: list[Expected]) -> None:
    counted = Counter(one["expect"] for one in index)

    assert (counted["open_exact"], counted["open_pm1"]) == (255, 4)
    assert counted["reject_no_image"] + counted["reject_corrupt"] == 99


@pytest.mark.slow
def test_no_patient_data_is_logged_or_told_while_the_corpus_is_read(
    shared: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    identifiers: set[str] = set()
    with caplog.at_level(logging.DEBUG):
        opened = dicom.read([shared / "dicom"])
    for series in opened.series:
        identifiers |= {one for image in series for one in image.source.identifiers}
    out, err = capfd.readouterr()
    told = "\n".join(
        [caplog.text, out, err, *(refused.message for refused in opened.refused)]
        + [sentence for series in opened.series for sentence in series.warnings]
        + [sentence for series in opened.series for image in series for sentence in image.warnings]
    )

    assert identifiers
    assert not {one for one in identifiers if len(one) > 3 and one in told}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy of dicom3tools")
def test_what_is_derived_has_no_error_that_its_source_lacks(shared: Path) -> None:
    """Some of the corpus; `python -m tests.dicom.tools.conformance` does this with all of it."""
    checked = list(check(shared / "dicom" / "highdicom"))

    assert [one for one in checked if not one.refusal]
    assert [one for one in checked if one.errors] == []
