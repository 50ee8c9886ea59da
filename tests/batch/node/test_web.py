"""What a DICOMweb service may say of objects that are stored there."""

import json
from pathlib import Path

import pytest

from jrviewer.batch.node.config import Peer
from jrviewer.batch.node.peers import PeerError
from jrviewer.batch.node.sent import SentNotes
from jrviewer.batch.node.web import store
from tests.batch.node.web_server import answering
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import body_image

JSON = {"Content-Type": "application/dicom+json"}
NAMED = {"Content-Type": "application/dicom+json; charset=utf-8"}
PAGE = {"Content-Type": "text/html"}


STORED = b'{"00081199": {"vr": "SQ", "Value": [{"00081155": {"vr": "UI", "Value": ["1.2"]}}]}}'


def refused(*reasons: int) -> bytes:
    items = [{"00081197": {"vr": "US", "Value": [reason]}} for reason in reasons]
    return json.dumps({"00081198": {"vr": "SQ", "Value": items or [{}]}}).encode()


def service(root: str) -> Peer:
    return Peer("pacs", "", "", 0, web=root)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "one.dcm"
    write_ct(path, body_image(16, 16), signed=True)
    return path


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, STORED), (200, b""), (202, refused(0x0111)), (409, refused(0x0111))],
    ids=["stored", "nothing said", "there already", "conflict: there already"],
)
def test_an_object_that_is_there_counts_as_sent(file: Path, status: int, body: bytes) -> None:
    notes = SentNotes(file.parent / "sent")

    with answering(status, JSON, body) as server:
        assert store(service(server.root), notes, iter([file])) == 1

    assert notes.names() == {"one.dcm"}


@pytest.mark.parametrize(
    ("status", "kind", "body", "said"),
    [
        (200, JSON, refused(0xA700), "it refused an object with reason 0xA700."),
        (202, NAMED, refused(0xA700), "it refused an object with reason 0xA700."),
        (409, JSON, refused(0x0122), "it refused an object with reason 0x0122."),
        (409, JSON, refused(0x0111, 0x0122), "it refused an object with reason 0x0122."),
        (409, JSON, refused(0x0111, 0x0110), "it refused an object with reason 0x0110."),
        (409, JSON, refused(), "it refused an object."),
        (409, JSON, b"Jane Doe is here", "status 409."),
        (409, JSON, b"{}", "status 409."),
        (409, JSON, b"[1]", "status 409."),
        (200, PAGE, b"Log in, Jane Doe", "its answer is not of DICOMweb."),
    ],
)
def test_what_is_not_stored_is_not_noted_and_its_reason_is_told(
    file: Path, status: int, kind: dict[str, str], body: bytes, said: str
) -> None:
    notes = SentNotes(file.parent / "sent")

    with answering(status, kind, body) as server, pytest.raises(PeerError) as raised:
        store(service(server.root), notes, iter([file]))

    assert str(raised.value) == f"pacs: {said}"
    assert notes.names() == set()
