"""What was received waits on disk."""

import errno
import os
import stat
from pathlib import Path

import pytest

from jrviewer.batch.folder_lock import FolderBusyError
from jrviewer.batch.node.queue import Entry, NotTakenError, Queue
from jrviewer.core import atomic_write
from tests.support.dicom_factory import write_ct, write_series

EVIL = "../../../etc/passwd"


def contents(tmp_path: Path, count: int = 1) -> list[bytes]:
    return [path.read_bytes() for path in write_series(tmp_path / "scan", count)]


def test_the_same_object_twice_is_kept_once(tmp_path: Path) -> None:
    (one,) = contents(tmp_path)
    queue = Queue(tmp_path / "queue")

    assert queue.take(one) == queue.take(one)

    (entry,) = queue
    assert entry.count() == 1


def test_another_content_of_a_known_instance_is_refused(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", sop_uid="1.2.3.4")
    other = write_ct(tmp_path / "b.dcm", sop_uid="1.2.3.4", slope=2)
    queue = Queue(tmp_path / "queue")
    queue.take(path.read_bytes())

    with pytest.raises(NotTakenError) as raised:
        queue.take(other.read_bytes())

    assert raised.value.status == 0x0111


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_a_path_for_a_uid_leads_nowhere(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", sop_uid=EVIL, series_uid=EVIL, study_uid=EVIL)

    Queue(tmp_path / "deep" / "er" / "queue").take(path.read_bytes(), EVIL)

    names = [one.name for one in (tmp_path / "deep").rglob("*.dcm")]
    assert len(names) == 1
    assert "passwd" not in str(names)


@pytest.mark.parametrize(
    ("content", "instance", "status"),
    [
        (b"no dicom", "", 0xC000),
        ("missing", "", 0xC002),
        ("good", "1.2.3", 0xA900),
        ("export", "", 0xC001),
    ],
)
def test_what_is_not_taken_has_a_status(
    tmp_path: Path, content: bytes | str, instance: str, status: int
) -> None:
    good = write_ct(tmp_path / "a.dcm").read_bytes()
    given = {
        "good": good,
        "missing": write_ct(tmp_path / "b.dcm", series_uid="").read_bytes(),
        "export": good + b"app=JRViewer content_sha256=",
    }.get(str(content), content)
    assert isinstance(given, bytes)

    with pytest.raises(NotTakenError) as raised:
        Queue(tmp_path / "queue").take(given, instance)

    assert raised.value.status == status


def test_a_full_queue_and_a_full_disk_are_out_of_resources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = contents(tmp_path, 2)
    queue = Queue(tmp_path / "queue", most_bytes=1.5 * len(one))
    queue.take(one)
    with pytest.raises(NotTakenError, match="The queue is full") as full:
        queue.take(two)

    def refuse(beside: Path, path: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(atomic_write, "_name_newly", refuse)
    with pytest.raises(NotTakenError, match="The disk is full") as disk:
        Queue(tmp_path / "queue").take(two)

    assert full.value.status == disk.value.status == 0xA700
    (entry,) = queue
    assert entry.count() == 1


def test_a_late_object_opens_its_series_again(tmp_path: Path) -> None:
    one, two = contents(tmp_path, 2)
    queue = Queue(tmp_path / "queue")
    entry = queue.take(one)
    assert list(queue.complete(3600)) == []
    entry.call_complete()
    assert list(queue.complete(3600)) == [entry]
    entry.end(1)
    assert queue.is_empty()

    queue.take(two)

    assert not queue.is_empty()
    assert list(queue.complete(3600)) == []
    assert list(queue.complete(0)) == [entry]


def test_what_is_over_goes_after_its_time_and_nothing_else(tmp_path: Path) -> None:
    one, two = contents(tmp_path, 2)
    other = write_ct(tmp_path / "b.dcm", series_uid="1.2.9").read_bytes()
    queue = Queue(tmp_path / "queue")
    entry = queue.take(one)
    queue.take(two)
    waiting = queue.take(other)
    entry.end(2)

    assert queue.remove_old(3600) == 0
    assert queue.remove_old(0) == 1
    assert list(queue) == [waiting]


def test_an_object_that_comes_while_its_series_is_removed_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = contents(tmp_path, 2)
    queue = Queue(tmp_path / "queue")
    entry = queue.take(one)
    entry.end(1)
    over_since = Entry.over_since

    def look_late(entry: Entry) -> float:
        queue.take(two)
        return over_since(entry)

    with monkeypatch.context() as late:
        late.setattr(Entry, "over_since", look_late)
        assert queue.remove_old(0) == 0

    assert [(left, left.count()) for left in queue] == [(entry, 2)]
    assert not queue.is_empty()


def test_what_a_kill_left_aside_is_put_back(tmp_path: Path) -> None:
    one, two, three = contents(tmp_path, 3)
    queue = Queue(tmp_path / "queue")
    entry = queue.take(one)
    queue.take(two)
    aside = tmp_path / "queue" / "removed" / entry.folder.name
    entry.folder.rename(aside)

    (found,) = Queue(tmp_path / "queue")
    assert found.count() == 2

    entry.folder.rename(aside)
    queue.take(three)
    (found,) = Queue(tmp_path / "queue")
    assert found.count() == 3
    assert list(aside.parent.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_nobody_else_may_look_into_the_queue(tmp_path: Path) -> None:
    Queue(tmp_path / "queue")

    assert stat.S_IMODE((tmp_path / "queue").stat().st_mode) == 0o700


def test_a_note_that_was_cut_short_is_no_note(tmp_path: Path) -> None:
    entry = Queue(tmp_path / "queue").take(contents(tmp_path)[0])
    entry.sent.note("a.dcm")
    with (entry.folder / "sent.jsonl").open("a") as file:
        file.write('{"name": "b.d')

    assert entry.sent.names() == {"a.dcm"}


def test_a_clock_that_jumps_neither_hurries_nor_holds_a_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = contents(tmp_path, 2)
    queue = Queue(tmp_path / "queue")
    entry = queue.take(first)
    now = 1000.0
    monkeypatch.setattr("jrviewer.batch.node.queue.time.monotonic", lambda: now)

    assert list(queue.complete(30)) == []
    for changed in (1e9, 4e9):  # long ago, and long to come
        os.utime(entry.received, (changed, changed))
        now += 29
        assert list(queue.complete(30)) == []
    now += 31
    assert list(queue.complete(30)) == [entry]
    queue.take(second)
    assert list(queue.complete(30)) == []
    now += 31
    assert list(queue.complete(30)) == [entry]


def test_two_nodes_do_not_work_through_one_queue(tmp_path: Path) -> None:
    first, second = Queue(tmp_path / "queue"), Queue(tmp_path / "queue")

    with first.worked_by_one():
        with pytest.raises(FolderBusyError, match="Another node works with this “folder”"):
            second.worked_by_one().__enter__()
        second.take(contents(tmp_path)[0])  # what is fetched meanwhile waits there
    with second.worked_by_one():
        assert [one.count() for one in second] == [1]


def test_what_is_sent_in_turns_of_five_modalities_becomes_five_series(tmp_path: Path) -> None:
    queue = Queue(tmp_path / "queue")
    series = []
    for number, modality in enumerate(("CT", "MR", "PT", "CR", "US"), start=1):
        of = {"Modality": modality}
        folder = tmp_path / modality
        series.append(write_series(folder, 3, series_uid=f"1.2.{number}", extra=of))

    for paths in zip(*series, strict=True):
        for path in paths:
            queue.take(path.read_bytes())

    assert [entry.count() for entry in queue] == [3] * 5


def test_an_object_of_no_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotTakenError) as raised:
        Queue(tmp_path / "queue").take(b"")

    assert raised.value.status == 0xC000
