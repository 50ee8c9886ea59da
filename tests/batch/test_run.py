"""A folder that is worked through in several goes."""

import json
import shutil
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from jrviewer import cli, dicom
from jrviewer.batch.folder_lock import FolderLock
from tests.batch.runs import NO_CLOUD, derived, predict, records, replace_model, start, wait_until
from tests.support.dicom_factory import write_ct, write_report, write_series
from tests.support.dicom_objects import PATIENT_ID, PATIENT_NAME

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_model(monkeypatch)


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Two series in two folders, of which files have the same names."""
    for name, count in (("a", 3), ("b", 2)):
        write_series(tmp_path / "in" / name, count, series_uid=f"1.2.{ord(name)}", extra=NO_CLOUD)
    return tmp_path / "in"


def test_every_slice_has_a_record_with_its_facts(scans: Path, tmp_path: Path) -> None:
    assert predict(tmp_path / "out", scans) == 0

    found = records(tmp_path / "out")
    assert len(found) == 5
    assert {one["outcome"] for one in found} == {"done"}
    for one in found:
        assert (tmp_path / "out" / one["dcm"]).is_file()
        assert one["strength"] == "standard"
        assert one["seconds"] > 0
        assert {"noise_before", "noise_after", "input_check", "removed_marks"} <= one.keys()


def test_started_again_nothing_is_done_twice(scans: Path, tmp_path: Path, capsys: Captured) -> None:
    predict(tmp_path / "out", scans)
    before = {path: path.stat().st_mtime_ns for path in derived(tmp_path / "out")}
    capsys.readouterr()

    assert predict(tmp_path / "out", scans) == 0

    assert {path: path.stat().st_mtime_ns for path in derived(tmp_path / "out")} == before
    assert "5 of 5 done, 5 of them by an earlier run" in capsys.readouterr().out
    first, second = (
        json.loads((tmp_path / "out" / name).read_text())
        for name in ("report.json", "report-0002.json")
    )
    assert first == second


def test_as_json_the_report_is_all_that_is_printed(
    scans: Path, tmp_path: Path, capsys: Captured
) -> None:
    (scans / "no_image.txt").write_text("no image")

    assert predict(tmp_path / "out", scans, "--json") == 1

    said = capsys.readouterr()
    assert json.loads(said.out) == json.loads((tmp_path / "out" / "report.json").read_text())
    assert len(json.loads(said.out)["results"]) == 6
    assert said.err.startswith("argument 1: This is not a DICOM file.")


def test_only_what_is_new_or_changed_or_gone_is_done(scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    predict(out, scans)
    times = {path: path.stat().st_mtime_ns for path in derived(out)}
    write_ct(scans / "b" / "new.dcm", position=(0, 0, 50), series_uid="1.2.98", instance=9)
    changed = np.full((64, 64), 40)
    write_series(scans / "a", 1, pixels=changed, series_uid="1.2.97", extra=NO_CLOUD)
    gone = out / records(out)[1]["dcm"]
    gone.unlink()

    predict(out, scans)

    untouched = {path for path in times if path != gone}
    assert all(path.stat().st_mtime_ns == times[path] for path in untouched)
    assert len(derived(out)) == 5 - 1 + 3
    assert len(records(out)) == 5 + 3


def test_an_evidence_sheet_that_is_gone_is_made_again_like_any_export(
    scans: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    words = ["predict", str(scans), "--out", str(out), "--only", "sheet-png", "--run-anyway"]
    assert cli.main(words) == 0
    sheets = sorted(out.glob("*.evidence.png"))
    assert len(sheets) == 5
    times = {path: path.stat().st_mtime_ns for path in sheets[1:]}
    sheets[0].unlink()

    assert cli.main(words) == 0

    assert len(list(out.glob("*.evidence.png"))) == 5
    assert all(path.stat().st_mtime_ns == time for path, time in times.items())


def test_other_options_are_another_job(scans: Path, tmp_path: Path) -> None:
    predict(tmp_path / "out", scans)
    predict(tmp_path / "out", scans, "--strength", "high")

    assert len(derived(tmp_path / "out")) == 10
    assert {one["strength"] for one in records(tmp_path / "out")} == {"standard", "high"}


def test_what_was_refused_is_not_tried_again(scans: Path, tmp_path: Path, capsys: Captured) -> None:
    write_report(scans / "report.dcm")
    (scans / "note.txt").write_text("no image")
    assert predict(tmp_path / "out", scans) == 1
    lines = len(records(tmp_path / "out"))
    capsys.readouterr()

    assert predict(tmp_path / "out", scans) == 1

    assert len(records(tmp_path / "out")) == lines == 7
    assert "5 of 7 done" in capsys.readouterr().out


def test_a_line_that_was_cut_short_costs_its_slice_and_no_other(
    scans: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    predict(out, scans)
    manifest = out / "manifest.jsonl"
    whole = manifest.read_bytes().splitlines(keepends=True)
    kept = [line for line in whole if b'"group"' not in line]
    manifest.write_bytes(b"".join(kept)[:-20])

    predict(out, scans)

    lines = manifest.read_text().splitlines()
    assert len(lines) == len(kept) + 1 + 2  # the slice again, and the ends of two groups
    assert len(derived(out)) == 5 + 1  # nothing of that is replaced


def test_a_second_run_at_the_same_time_is_refused(
    scans: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "out").mkdir()

    with FolderLock(tmp_path / "out"):
        assert predict(tmp_path / "out", scans) == 1

    assert "Another run of JRViewer writes into this folder" in capsys.readouterr().err
    assert predict(tmp_path / "out", scans) == 0


def test_names_and_records_tell_nobody(scans: Path, tmp_path: Path) -> None:
    write_report(scans / f"{PATIENT_NAME}.dcm")

    predict(tmp_path / "out", scans, "--deidentify")

    for path in (tmp_path / "out").iterdir():
        if path.suffix != ".dcm":
            content = path.read_bytes().decode("latin-1").lower()
            for identifier in (PATIENT_NAME, PATIENT_ID, "1.2.97", str(scans)):
                assert identifier.lower() not in content, path.name


def test_members_of_an_archive_are_resumed_too(scans: Path, tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "all"), "zip", scans)

    for _ in range(2):
        assert predict(tmp_path / "out", packed) == 0

    assert len(derived(tmp_path / "out")) == 5


def test_files_of_one_series_in_two_folders_are_one_series(tmp_path: Path) -> None:
    for name, z in (("a", 0), ("b", 15)):
        write_series(tmp_path / name, 3, start=(0, 0, z), extra=NO_CLOUD)

    predict(tmp_path / "out", tmp_path / "a", tmp_path / "b")

    uids = {dcmread(path).SeriesInstanceUID for path in derived(tmp_path / "out")}
    (series,) = dicom.read(derived(tmp_path / "out")).series
    assert len(uids) == 1
    assert len(series) == 6


def has_records(out: Path, wanted: int) -> bool:
    return len(records(out)) >= wanted


@pytest.mark.slow
def test_killed_again_and_again_nothing_is_lost_and_nothing_is_there_twice(
    tmp_path: Path,
) -> None:
    write_series(tmp_path / "in", 30, extra=NO_CLOUD)
    out = tmp_path / "out"
    arguments = ("predict", tmp_path / "in", "--out", out, "--only", "dcm", "--run-anyway")
    for kill in range(3):
        running = start(tmp_path, *arguments)
        wanted = len(records(out)) + 4 + 3 * kill
        wait_until(partial(has_records, out, wanted))
        running.kill()
        running.communicate()
        assert running.returncode == -signal.SIGKILL
        assert len(derived(out)) - len(records(out)) in (0, 1)  # at most the slice at work

    with start(tmp_path, *arguments) as last:
        said, _ = last.communicate()

    assert last.returncode == 0, said
    assert len(derived(out)) == len(records(out)) == 30
    objects = [dcmread(path) for path in derived(out)]
    assert len({one.SOPInstanceUID for one in objects}) == 30
    assert len({one.SeriesInstanceUID for one in objects}) == 1
    # What a kill cut off while it was written goes after ten minutes, when nobody can be at it.
    assert {path.suffix for path in out.glob(".*")} <= {".part"}


@pytest.mark.slow
def test_an_interrupt_keeps_what_was_finished(tmp_path: Path) -> None:
    write_series(tmp_path / "in", 30, extra=NO_CLOUD)
    out = tmp_path / "out"
    with start(
        tmp_path, "predict", tmp_path / "in", "--out", out, "--only", "dcm", "--run-anyway"
    ) as running:
        wait_until(lambda: len(records(out)) >= 3)
        running.send_signal(signal.SIGINT)
        said, _ = running.communicate()

    assert running.returncode == 1
    assert said == "Stopped. What was finished is kept.\n"
    assert len(derived(out)) - len(records(out)) in (0, 1)
