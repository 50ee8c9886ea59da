"""Every file of the shared corpus opens as a reference decoder opens it, or is refused."""

import csv
import logging
from collections import Counter
from pathlib import Path

import pytest

from jrviewer import dicom
from jrviewer.dicom import Row

Expected = dict[str, str]

pytestmark = pytest.mark.shared


def _fits(row: Row, expected: Expected) -> bool:
    same = row.sha_frame0 == expected["sha_frame0"]
    shape = "x".join(str(size) for size in row.shape or ())
    visible = bool(row.message or row.warnings)
    return {
        "open_exact": row.status == "open" and same and row.dtype == expected["dtype"],
        "open_pm1": row.status == "open" and shape == expected["shape"],
        "reject_no_image": row.status == "no_image" and bool(row.message),
        "reject_corrupt": row.status in ("corrupt", "unsupported") and bool(row.message),
        "either": visible and (row.status != "open" or same),
    }[expected["expect"]]


@pytest.fixture(scope="module")
def index(shared: Path) -> list[Expected]:
    with (shared / "dicom" / "index.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def rows(shared: Path, index: list[Expected]) -> list[Row]:
    # One call for each file, as a DICOMDIR given by itself brings its members' rows along.
    return [dicom.inspect([shared / "dicom" / one["path"]])[0] for one in index]


def test_every_file_opens_or_is_refused_as_expected(rows: list[Row], index: list[Expected]) -> None:
    wrong = [(r, e) for r, e in zip(rows, index, strict=True) if not _fits(r, e)]
    by_syntax = Counter(expected["transfer_syntax"] for _, expected in wrong)
    lines = [f"{e['path']}: {e['expect']}, got {r.status} {r.message}" for r, e in wrong]

    assert not wrong, f"{by_syntax}\n" + "\n".join(lines)


def test_the_corpus_is_complete(index: list[Expected]) -> None:
    counted = Counter(one["expect"] for one in index)

    assert (counted["open_exact"], counted["open_pm1"]) == (255, 4)
    assert counted["reject_no_image"] + counted["reject_corrupt"] == 99


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
