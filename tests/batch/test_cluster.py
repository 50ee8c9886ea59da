"""The same work on a local Dask cluster."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from jrviewer import cli
from jrviewer.batch.bundle import BatchOptions
from jrviewer.batch.cluster import Task, work
from jrviewer.batch.job import Job
from jrviewer.dicom import Looked
from jrviewer.export.writer import ExportRequest
from tests.batch.runs import NO_CLOUD, derived, predict, records, replace_model, start, wait_until
from tests.support.dicom_factory import write_ct, write_report, write_series
from tests.support.dicom_objects import PATIENT_NAME

pytest.importorskip("distributed")
psutil = pytest.importorskip("psutil")

SHORT = "from jrviewer.batch import cluster; cluster.PART = 3"  # files of a task


@pytest.mark.slow
def test_two_workers_make_what_one_process_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two series, one of them of three tasks, and of what cannot be read."""
    source = tmp_path / "in"
    write_series(source, 7, series_uid="1.2.1", extra=NO_CLOUD)
    write_ct(source / f"{PATIENT_NAME}.dcm", series_uid="1.2.2", spacing=(4, 4))
    write_report(source / "report.dcm")
    (source / "note.txt").write_text("no image")
    replace_model(monkeypatch)
    alone, cluster = tmp_path / "alone", tmp_path / "cluster"
    arguments = ("--run-anyway", "--only", "dcm,png")
    predict(alone, source, "--only", "dcm,png")

    given = ("predict", source, "--out", cluster, *arguments, "--cluster", "local:2")
    with start(tmp_path, *given, first=SHORT) as running:
        said, _ = running.communicate(timeout=250)

    assert "8 of 10 done; the details are in report.json." in said
    assert PATIENT_NAME not in said
    for path in sorted(alone.glob("*.png")):
        assert (cluster / path.name).read_bytes() == path.read_bytes()
    for path in derived(alone):
        one, other = dcmread(path), dcmread(cluster / path.name)
        assert np.array_equal(one.pixel_array, other.pixel_array)
        assert one.InstanceNumber == other.InstanceNumber
    assert len({dcmread(path).SeriesInstanceUID for path in derived(cluster)}) == 2
    assert len(records(cluster)) == 10
    assert not list(cluster.glob(".*"))


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    for number in range(2):
        write_series(source / str(number), 30, series_uid=f"1.2.{number + 1}", extra=NO_CLOUD)
    arguments = ("predict", source, "--out", out, "--run-anyway", "--only", "dcm")
    with start(tmp_path, *arguments, "--cluster", "local:2", first=SHORT) as running:
        wait_until(lambda: len(derived(out)) >= 5, 120)
        workers = [
            child
            for child in psutil.Process(running.pid).children(recursive=True)
            if "forkserver" in " ".join(child.cmdline())
            and "forkserver" in " ".join(child.parent().cmdline())
        ]
        workers[0].kill()
        said, _ = running.communicate(timeout=250)

    assert running.returncode == 0, said
    assert "60 of 60 done" in said
    assert len(derived(out)) == len(records(out)) == 60
    assert len({dcmread(path).SOPInstanceUID for path in derived(out)}) == 60
    assert not list(out.glob(".*"))


def test_a_scheduler_beyond_this_computer_needs_certificates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace_model(monkeypatch)
    given = ["predict", str(write_ct(tmp_path / "a.dcm")), "--out", str(tmp_path / "out")]

    assert cli.main([*given, "--cluster", "tcp://192.0.2.1:8786"]) == 1

    assert "needs certificates" in capsys.readouterr().err


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_ends_in_a_sentence(tmp_path: Path) -> None:
    given = ("predict", write_ct(tmp_path / "a.dcm"), "--out", tmp_path / "out")
    impatient = "from jrviewer.batch import cluster_client; cluster_client.PATIENCE_S = 1.0"
    with start(tmp_path, *given, "--cluster", "tcp://127.0.0.1:9", first=impatient) as running:
        said, _ = running.communicate(timeout=120)

    assert running.returncode == 1
    assert said == "No scheduler answers there, or not with these certificates.\n"


def test_whatever_a_dashboard_shows_of_a_task_is_its_number(tmp_path: Path) -> None:
    job = Job(ExportRequest(tmp_path), BatchOptions())
    file = Looked(tmp_path / PATIENT_NAME, "", 1, "ab")

    task = Task(7, job, b"key", (file,), frozenset())

    assert repr(task) == "task 7"
    answer = work(task)  # of a file that is not there
    assert PATIENT_NAME not in f"{answer!r} {answer.records} {answer.refusals} {answer.fault}"
