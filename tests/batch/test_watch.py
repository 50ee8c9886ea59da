"""A watched folder, with a clock of the test's own."""

import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydicom import dcmread

from jrviewer.batch.bundle import BatchOptions
from jrviewer.batch.job import Job
from jrviewer.batch.run import Run, open_run
from jrviewer.batch.watch import TRY_AGAIN_S, Watch
from jrviewer.core import atomic_write
from jrviewer.export.writer import ExportRequest
from tests.batch.runs import NO_CLOUD, derived, records, replace_model, start, wait_until
from tests.support.dicom_factory import write_ct, write_series

QUIET = 10.0


class Watched:
    """A watch and its clock."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.said: list[str] = []
        self.now = 100.0
        self.folder, self.out = folder, run.folder
        self._watch = Watch(run, folder, QUIET, self.said.append)

    def after(self, seconds: float) -> bool:
        """Look again after so many seconds; whether something is still to come."""
        self.now += seconds
        return self._watch.step(self.now)

    def settle(self) -> None:
        """Look often enough for everything that is there."""
        for _ in range(4):
            self.after(QUIET)

    def close(self) -> None:
        self._watch.close()


@pytest.fixture
def watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    replace_model(monkeypatch)
    (tmp_path / "in").mkdir()
    request = ExportRequest(tmp_path / "out", frozenset({"dcm"}))
    job = Job(request, BatchOptions(run_anyway=True))
    with (
        open_run(job, lambda argument, sentence: None) as run,
        closing(Watched(run, tmp_path / "in")) as one,
    ):
        yield one


def test_a_series_is_done_once_nothing_of_it_has_come_for_a_while(watched: Watched) -> None:
    first, second, third = write_series(watched.folder.parent / "scan", 3, extra=NO_CLOUD)
    shutil.copy(first, watched.folder)
    watched.after(0)
    shutil.copy(second, watched.folder)
    watched.after(QUIET)
    shutil.copy(third, watched.folder)
    watched.after(QUIET)
    assert derived(watched.out) == []

    watched.settle()

    assert len(derived(watched.out)) == 3
    assert len({dcmread(path).SeriesInstanceUID for path in derived(watched.out)}) == 1
    assert watched.said == ["3 of 3 slices done."]
    assert not watched.after(1)


def test_a_file_that_is_still_being_written_is_waited_for(watched: Watched) -> None:
    whole = write_ct(watched.folder.parent / "scan.dcm", extra=NO_CLOUD).read_bytes()
    growing = watched.folder / "scan.dcm"
    for share in (0.2, 0.4, 0.6, 0.8):
        growing.write_bytes(whole[: int(share * len(whole))])
        assert watched.after(QUIET - 1)
    growing.write_bytes(whole)

    watched.settle()

    assert [one["outcome"] for one in records(watched.out)] == ["done"]


def test_a_late_slice_is_done_alone_and_joins_its_series(watched: Watched) -> None:
    *early, late = write_series(watched.folder.parent / "scan", 3, extra=NO_CLOUD)
    for path in early:
        shutil.copy(path, watched.folder)
    watched.settle()
    shutil.copy(late, watched.folder)
    watched.settle()

    assert watched.said == ["2 of 2 slices done.", "1 of 1 slices done."]
    assert len({dcmread(path).SeriesInstanceUID for path in derived(watched.out)}) == 1


def test_a_file_that_goes_before_its_turn_is_forgotten(watched: Watched) -> None:
    path = write_ct(watched.folder / "scan.dcm", extra=NO_CLOUD)
    watched.after(0)
    watched.after(QUIET)
    path.unlink()

    watched.settle()

    assert records(watched.out) == []
    assert not watched.after(1)


def test_what_is_no_image_is_said_once(watched: Watched) -> None:
    (watched.folder / "note.txt").write_text("no image")

    watched.settle()
    watched.settle()

    assert [one["outcome"] for one in records(watched.out)] == ["refused"]


def test_a_full_disk_is_tried_again_later(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ct(watched.folder / "scan.dcm", extra=NO_CLOUD)
    name_newly = atomic_write._name_newly

    def full(beside: Path, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_write, "_name_newly", full)
    watched.settle()
    assert [one["outcome"] for one in records(watched.out)] == ["failed"]
    monkeypatch.setattr(atomic_write, "_name_newly", name_newly)
    watched.settle()
    assert derived(watched.out) == []

    watched.after(TRY_AGAIN_S)
    watched.settle()

    assert len(derived(watched.out)) == 1
    assert records(watched.out)[-1]["outcome"] == "done"


@pytest.mark.slow
def test_the_command_ends_well_when_it_is_told_to_and_goes_on_where_it_was(tmp_path: Path) -> None:
    source = tmp_path / "in"
    write_series(source, 3, extra=NO_CLOUD)
    arguments = ("watch", source, "--out", tmp_path / "out", "--only", "dcm", "--run-anyway")
    with start(tmp_path, *arguments, "--quiet", 0.2) as running:
        wait_until(lambda: len(records(tmp_path / "out")) == 3)
        running.send_signal(signal.SIGTERM)
        said, _ = running.communicate()
    assert running.returncode == 0, said
    write_ct(source / "late.dcm", position=(0, 0, 90), instance=9, extra=NO_CLOUD)

    with start(tmp_path, *arguments, "--quiet", 0.2, "--once") as again:
        said, _ = again.communicate()

    assert again.returncode == 0, said
    assert len(derived(tmp_path / "out")) == len(records(tmp_path / "out")) == 4
    assert not list((tmp_path / "out").glob(".*"))
