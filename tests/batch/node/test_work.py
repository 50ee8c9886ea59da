"""From the queue to the destination."""

import errno
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from jrviewer.batch.node.commitment import Commitments
from jrviewer.batch.node.config import NodeConfig
from jrviewer.batch.node.queue import NotTakenError, Queue
from jrviewer.batch.node.send import Sender
from jrviewer.batch.node.sent import SentNotes
from jrviewer.batch.node.work import Node
from tests.batch.node.archives import Archive, archive
from tests.batch.runs import NO_CLOUD, derived, predict, replace_model, small_model
from tests.support.dicom_factory import write_ct, write_series
from tests.support.dicom_objects import PATIENT_ID, PATIENT_NAME


class Working:
    """A node with a queue, a destination, and no port."""

    def __init__(self, folder: Path, to: Archive | None, **changes: object) -> None:
        peers = {"archive": to.peer} if to else {}
        base = NodeConfig("JRVIEWER", folder / "queue", run_anyway=True, peers=peers)
        self.config = replace(base, send_to="archive" if to else "", **changes)  # type: ignore[arg-type]
        self.queue = Queue(self.config.folder)
        self.said: list[str] = []
        self.is_over = False
        listens = Commitments(is_listening=False)
        self.sender = sender = Sender(self.config, to.peer, listens) if to else None
        self.node = Node(
            self.config,
            self.queue,
            small_model(),
            sender,
            self.said.append,
            lambda: self.is_over,
        )

    def take(self, paths: list[Path]) -> None:
        for path in paths:
            self.queue.take(path.read_bytes())

    def try_again_at_once(self) -> None:
        self.node._waits.clear()
        if self.sender is not None:
            self.sender._down_until = 0.0


def scan(folder: Path, count: int = 3, **ct: object) -> list[Path]:
    return write_series(folder / "scan", count, extra=NO_CLOUD, **ct)  # type: ignore[arg-type]


def test_what_arrives_is_what_predict_makes_of_the_same_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_model(monkeypatch)
    paths = scan(tmp_path)
    predict(tmp_path / "out", *paths)
    expected = {one.InstanceNumber: one for one in map(dcmread, derived(tmp_path / "out"))}

    with archive() as destination:
        work = Working(tmp_path, destination)
        work.take(paths)
        assert work.node.step(0)

    sources = {one.InstanceNumber: one for one in map(dcmread, paths)}
    assert len(destination.came) == 3
    assert len({ds.SeriesInstanceUID for ds in destination.came}) == 1
    for ds in destination.came:
        one, source = expected[ds.InstanceNumber], sources[ds.InstanceNumber]
        assert np.array_equal(ds.pixel_array, one.pixel_array)
        assert ds.StudyInstanceUID == source.StudyInstanceUID
        assert ds.PatientID == source.PatientID
        referred = ds.SourceImageSequence[0].ReferencedSOPInstanceUID
        assert referred == source.SOPInstanceUID != ds.SOPInstanceUID
    assert work.queue.is_empty()
    assert work.said[0].startswith("A series: 3 of 3 slices derived, 3 sent and committed in ")
    assert not work.node.step(0)


# pynetdicom leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_destination_that_is_down_gets_everything_later_and_nothing_twice(
    tmp_path: Path,
) -> None:
    with archive() as destination:
        port = destination.peer.port
        destination.refuse_after = 1
        work = Working(tmp_path, destination)
        work.take(scan(tmp_path))
        work.node.step(0)
        assert "it refused an object with status 0xA700" in work.said[-1]
        first = list(destination.came)
    work.try_again_at_once()
    work.node.step(0)
    assert work.said[-1] == "archive: nothing listens at its port."
    assert not work.queue.is_empty()

    with archive(port) as destination:
        destination.came += first
        work.try_again_at_once()
        work.node.step(0)

    uids = [ds.SOPInstanceUID for ds in destination.came]
    assert len(uids) == len(set(uids)) == 3
    assert work.queue.is_empty()


# pynetdicom leaves the socket of a refused connection to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_destination_that_cannot_be_called_is_not_called_for_each_of_many_series(
    tmp_path: Path,
) -> None:
    with archive() as destination:
        port = destination.peer.port
        work = Working(tmp_path, destination)
    for uid in ("1.2.1", "1.2.2", "1.2.3"):
        work.take(scan(tmp_path / uid, 1, series_uid=uid))

    work.node.step(0)

    assert work.said == ["archive: nothing listens at its port."]
    assert all(len(derived(entry.derived)) == 1 for entry in work.queue)
    with archive(port) as destination:
        work.try_again_at_once()
        work.node.step(0)
    assert len(destination.came) == 3
    assert work.queue.is_empty()


def test_a_disk_that_is_full_when_a_sent_file_is_noted_only_delays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(notes: SentNotes, name: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", name)

    with archive() as destination:
        work = Working(tmp_path, destination)
        work.take(scan(tmp_path, 2))
        with monkeypatch.context() as full:
            full.setattr(SentNotes, "note", fail)
            work.node.step(0)
        (said,) = work.said
        assert said.startswith("A series has to wait. The disk is full.")
        work.try_again_at_once()
        work.node.step(0)

    assert len({ds.SOPInstanceUID for ds in destination.came}) == 2
    assert work.queue.is_empty()


def test_what_is_not_kept_is_sent_again_under_the_same_uids(tmp_path: Path) -> None:
    with archive() as destination:
        destination.forgets = 1
        work = Working(tmp_path, destination)
        work.take(scan(tmp_path, 2))
        work.node.step(0)
        assert not work.queue.is_empty()
        work.try_again_at_once()
        work.node.step(0)

    uids = [ds.SOPInstanceUID for ds in destination.came]
    assert len(uids) == 4
    assert len(set(uids)) == 2
    assert work.queue.is_empty()


def test_where_no_commitment_is_offered_sending_is_enough(tmp_path: Path) -> None:
    with archive(commitment=False) as destination:
        work = Working(tmp_path, destination)
        work.take(scan(tmp_path, 1))
        work.node.step(0)

    assert "1 sent in" in work.said[0]
    assert work.queue.is_empty()


def test_a_report_for_which_no_port_is_open_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jrviewer.batch.node.commitment.REPORT_HERE_S", 0.1)
    with archive() as destination:
        destination.reports = False
        work = Working(tmp_path, destination)
        for uid in ("1.2.1", "1.2.2"):
            work.take(scan(tmp_path / uid, 1, series_uid=uid))
        work.node.step(0)

    assert ["1 sent in" in one for one in work.said] == [True, True]
    assert destination.asked == 1
    assert work.queue.is_empty()


def test_a_late_slice_joins_the_derived_series(tmp_path: Path) -> None:
    *early, late = scan(tmp_path)
    with archive() as destination:
        work = Working(tmp_path, destination)
        work.take(early)
        work.node.step(0)
        work.take([late])
        work.node.step(0)

    assert len(destination.came) == 3
    assert len({ds.SeriesInstanceUID for ds in destination.came}) == 1


def test_a_series_that_is_sent_twice_is_done_once(tmp_path: Path) -> None:
    paths = scan(tmp_path)
    with archive() as destination:
        work = Working(tmp_path, destination)
        work.take(paths)
        work.node.step(0)
        work.take(paths)
        assert not work.node.step(0)

    assert len(destination.came) == 3


def test_an_instance_that_comes_again_with_other_pixels_changes_nothing_that_was_sent(
    tmp_path: Path,
) -> None:
    first, second = scan(tmp_path, 2)
    changed = dcmread(first)
    changed.PixelData = changed.PixelData[::-1]
    changed.save_as(tmp_path / "changed.dcm")
    with archive() as destination:
        work = Working(tmp_path, destination)
        work.take([first, second])
        work.node.step(0)
        with pytest.raises(NotTakenError, match="other content is here") as raised:
            work.take([tmp_path / "changed.dcm"])
        assert not work.node.step(0)

    assert raised.value.status == 0x0111
    assert len(destination.came) == 2


def test_without_a_destination_the_exports_stay_until_their_time(tmp_path: Path) -> None:
    work = Working(tmp_path, None, keep_hours=0.0)
    work.take(scan(tmp_path, 2))

    work.node.step(0)

    assert work.said[0].startswith("A series: 2 of 2 slices derived in")
    assert work.said[1] == "Removed 1 series that were kept long enough."
    assert list(work.queue) == []


def test_a_node_that_is_told_to_end_goes_on_with_the_rest_after_its_next_start(
    tmp_path: Path,
) -> None:
    paths = scan(tmp_path, 4)
    with archive() as destination:
        work = Working(tmp_path, destination)
        work.take(paths)
        work.is_over = True
        work.node.step(0)
        assert destination.came == []
        again = Working(tmp_path, destination)
        again.node.step(0)

    assert len(destination.came) == 4


def test_nothing_that_the_node_says_or_notes_names_the_patient(tmp_path: Path) -> None:
    write_ct(tmp_path / "cut.dcm", series_uid="1.2.3", keep_bytes=3000)
    paths = scan(tmp_path, 2)
    with archive() as destination:
        work = Working(tmp_path, destination, deidentify=True)
        work.take([*paths, tmp_path / "cut.dcm"])
        work.node.step(0)

    told = " ".join(work.said)
    for path in work.config.folder.rglob("*"):
        if path.is_file() and path.parent.name != "in":
            told += path.read_bytes().decode("latin-1")
        told += path.name
    for identifier in (
        PATIENT_NAME,
        PATIENT_ID,
        "ACC-99-123",
        str(dcmread(paths[0]).StudyInstanceUID),
    ):
        assert identifier not in told
    assert {str(ds.PatientID)[:5] for ds in destination.came} == {"ANON-"}
