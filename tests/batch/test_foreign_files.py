"""What lies in the output folder stays as it is, whoever made it and wherever a link leads."""

import hashlib
import os
from contextlib import closing
from pathlib import Path

import pytest

from jrviewer.batch.bundle import BatchOptions
from jrviewer.batch.job import Job
from jrviewer.batch.run import open_run
from jrviewer.batch.watch import Watch
from jrviewer.export.writer import ExportRequest
from tests.batch.runs import NO_CLOUD, derived, predict, replace_model
from tests.support.dicom_factory import write_series

Captured = pytest.CaptureFixture[str]
NAMES = ("manifest.jsonl", "summary.html", "report.json", "manifest.parquet", "s0.denoised.dcm")


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_model(monkeypatch)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    write_series(tmp_path / "in", 2, extra=NO_CLOUD)
    return tmp_path / "in"


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
    }


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
@pytest.mark.parametrize("name", NAMES)
def test_a_link_that_has_a_name_of_ours_leads_nothing_into_an_original(
    scans: Path, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / name).symlink_to(scans / "image-0000.dcm")
    before = hashes(scans)

    predict(out, scans)

    assert hashes(scans) == before
    assert (out / name).is_symlink()


@pytest.mark.parametrize("content", ["a shipping list\n", '{"key": 1}\n', "[]"])
def test_a_manifest_of_somebody_else_is_told_and_stays(
    scans: Path, tmp_path: Path, capsys: Captured, content: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.jsonl").write_text(content)

    assert predict(out, scans) == 1

    assert (
        "manifest.jsonl that is not of JRViewer. Choose another folder" in capsys.readouterr().err
    )
    assert [path.name for path in out.iterdir()] == ["manifest.jsonl"]
    assert (out / "manifest.jsonl").read_text() == content


@pytest.mark.parametrize("left", ["", '{"k', "\n"])
def test_a_manifest_that_was_hardly_begun_is_gone_on_with(
    scans: Path, tmp_path: Path, left: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.jsonl").write_bytes(left.encode())

    assert predict(out, scans) == 0
    assert predict(out, scans) == 0
    assert len(derived(out)) == 2


def test_exports_may_lie_among_the_originals(scans: Path, capsys: Captured) -> None:
    before = hashes(scans)

    first = predict(scans, scans)
    said = capsys.readouterr().err
    second = predict(scans, scans)

    assert (first, said, second) == (0, "", 0)
    assert len(derived(scans)) == 2
    assert before.items() <= hashes(scans).items()


@pytest.mark.parametrize("inside", ["in", "in/out", "."])
def test_exports_may_lie_in_around_or_among_what_is_watched(
    scans: Path, tmp_path: Path, inside: str
) -> None:
    out = tmp_path / inside
    job = Job(ExportRequest(out, frozenset({"dcm"})), BatchOptions(run_anyway=True))

    with open_run(job, lambda argument, sentence: None) as run:
        with closing(Watch(run, scans, 10.0, lambda sentence: None)) as watch:
            for now in (0.0, 10.0, 20.0, 30.0, 40.0):
                watch.step(now)
        ended = run.end()

    assert (ended.done, ended.total) == (2, 2)
    assert len(derived(out)) == 2
