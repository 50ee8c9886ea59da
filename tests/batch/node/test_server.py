"""The listening side, called by real peers over loopback."""

import socket
import threading
import time
from pathlib import Path

import pydicom
import pytest
from pynetdicom import build_context

from jrviewer.batch.node.config import Caller
from tests.batch.node.listening import HERE, listening, store
from tests.batch.runs import wait_until
from tests.support.dicom_factory import write_ct, write_report, write_series
from tests.support.dicom_objects import PATIENT_ID, PATIENT_NAME

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
PRIVATE_CLASS = pydicom.uid.UID("1.2.840.113619.4.26")


def test_a_listed_caller_is_let_in_and_its_objects_are_kept_byte_for_byte(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "scan", 3)
    with listening(tmp_path) as node, node.called() as peer:
        assert peer.send_c_echo().Status == 0x0000
        assert [store(peer, path).Status for path in paths] == [0, 0, 0]
        kept = node.kept()

    assert len(kept) == 3
    sent = {pydicom.dcmread(path).PixelData for path in paths}
    assert {pydicom.dcmread(path).PixelData for path in kept} == sent
    assert all(pydicom.dcmread(path).PatientID == PATIENT_ID for path in kept)


@pytest.mark.parametrize(
    ("title", "called", "address", "diagnostic"),
    [
        ("STRANGER", "JRVIEWER", HERE, 3),
        ("PACS", "OTHER", HERE, 7),
        ("PACS", "JRVIEWER", "192.0.2.0/24", 3),
    ],
)
def test_everybody_else_is_rejected_with_the_reason(
    tmp_path: Path, title: str, called: str, address: str, diagnostic: int
) -> None:
    with (
        listening(tmp_path, callers=(Caller("PACS", address),)) as node,
        node.called(title, called) as peer,
    ):
        assert peer.is_rejected
        answer = peer.acceptor.primitive
        assert answer is not None
        assert (answer.result, answer.result_source, answer.diagnostic) == (1, 1, diagnostic)
        assert len(node.said) == 1


def test_what_is_refused_says_why_in_its_status_and_names_nobody(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")
    with listening(tmp_path, most_bytes=10) as node, node.called() as peer:
        first, again = store(peer, path), store(peer, path)
        said = list(node.said)

    assert first.Status == again.Status == 0xA700
    assert first.ErrorComment == "The queue is full. Try again later."
    assert said == [
        "Refused: the queue is full. Try again later.",
        "Refused (2 times): the queue is full. Try again later.",
    ]
    for identifier in (PATIENT_NAME, PATIENT_ID):
        assert identifier not in str(said)


def test_objects_without_pixels_have_no_context(tmp_path: Path) -> None:
    report = write_report(tmp_path / "sr.dcm")
    with listening(tmp_path) as node, node.called() as peer:
        assert {cx.abstract_syntax for cx in peer.rejected_contexts} == {
            pydicom.dcmread(report).SOPClassUID
        }
        with pytest.raises(ValueError, match="No presentation context"):
            store(peer, report)


def test_a_private_class_has_no_context_and_what_comes_beside_it_is_kept(tmp_path: Path) -> None:
    image = write_ct(tmp_path / "a.dcm")
    private = pydicom.dcmread(image)
    private.SOPClassUID = private.file_meta.MediaStorageSOPClassUID = PRIVATE_CLASS
    private.save_as(tmp_path / "b.dcm")
    contexts = [build_context(one, [EXPLICIT]) for one in (CT, PRIVATE_CLASS)]
    with listening(tmp_path) as node, node.called(contexts=contexts) as peer:
        assert [one.abstract_syntax for one in peer.rejected_contexts] == [PRIVATE_CLASS]
        with pytest.raises(ValueError, match="No presentation context"):
            store(peer, tmp_path / "b.dcm")
        assert store(peer, image).Status == 0x0000
        assert len(node.kept()) == 1


def test_an_object_beyond_the_limit_ends_its_association_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    import numpy as np

    large = write_ct(tmp_path / "a.dcm", np.zeros((1024, 1024)), rows=1024, columns=1024)
    with listening(tmp_path, largest_mb=0.5) as node, node.called() as peer:
        status = store(peer, large)
        assert status.get("Status") in (None, 0xA700)
        assert node.kept() == []
        assert "larger than" in node.said[0] or "too large" in node.said[0]


def test_a_peer_that_stops_in_the_middle_leaves_nothing_and_the_next_one_is_served(
    tmp_path: Path,
) -> None:
    path = write_ct(tmp_path / "a.dcm")
    with listening(tmp_path, timeout_seconds=2.0) as node:
        with node.called() as peer:
            held = peer.dul.socket
            assert held is not None
            assert held.socket is not None
            held.socket.sendall(b"\x04\x00\x00\x01\x00\x00half of a data PDU")
            held.socket.shutdown(socket.SHUT_RDWR)
        with node.called() as other:
            assert store(other, path).Status == 0x0000
        assert len(node.kept()) == 1


def test_silent_connections_are_ended_and_do_not_keep_others_out(tmp_path: Path) -> None:
    with listening(tmp_path, timeout_seconds=1.0, most_associations=3) as node:
        silent = [socket.create_connection((HERE, node.server.port)) for _ in range(3)]
        for one in silent:
            one.settimeout(20)
            assert one.recv(1) == b""
            one.close()
        with node.called() as peer:
            assert peer.is_established


def test_more_associations_than_listed_are_told_to_come_again(tmp_path: Path) -> None:
    with (
        listening(tmp_path, most_associations=1) as node,
        node.called() as first,
        node.called() as second,
    ):
        assert first.is_established
        assert second.is_rejected
        answer = second.acceptor.primitive
        assert answer is not None
        assert (answer.result, answer.result_source, answer.diagnostic) == (2, 3, 2)


def test_a_peer_that_is_too_fast_is_slowed_down(tmp_path: Path) -> None:
    paths = write_series(tmp_path / "scan", 2)
    started = time.monotonic()
    with listening(tmp_path, most_per_minute=40) as node, node.called() as peer:
        assert [store(peer, path).Status for path in paths] == [0] * 2

    assert time.monotonic() - started > 60 / 40


def test_five_senders_at_once_lose_nothing(tmp_path: Path) -> None:
    for number in range(5):
        write_series(tmp_path / str(number), 6, series_uid=f"1.2.{number + 1}")
    statuses: list[int] = []

    with listening(tmp_path) as node:

        def send(number: int) -> None:
            with node.called() as peer:
                paths = sorted((tmp_path / str(number)).iterdir())
                statuses.extend(store(peer, path).Status for path in paths)

        senders = [threading.Thread(target=send, args=(number,)) for number in range(5)]
        for one in senders:
            one.start()
        for one in senders:
            one.join()
        wait_until(lambda: len(node.kept()) == 30)
        assert [entry.count() for entry in node.queue] == [6] * 5

    assert statuses == [0] * 30
