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


def refused(*reasons: int) -> bytes:
    items = [{"00081197": {"vr": "US", "Value": [reason]}} for reason in reasons]
    return json.dumps({"00081198": {"vr": "SQ", "Value": items}}).encode()


def service(root: str) -> Peer:
    return Peer("pacs", "", "", 0, web=root)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "one.dcm"
    write_ct(path, body_image(16, 16), signed=True)
    return path


@pytest.mark.parametrize("status", [202, 409])
def test_an_object_that_is_there_already_counts_as_sent(file: Path, status: int) -> None:
    notes = SentNotes(file.parent / "sent")

    with answering(status, JSON, refused(0x0111)) as server:
        assert store(service(server.root), notes, iter([file])) == 1

    assert notes.names() == {"one.dcm"}


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, refused(0xA700), "pacs: it refused an object with reason 0xA700."),
        (409, refused(0x0122), "pacs: it refused an object with reason 0x0122."),
        (409, refused(0x0111, 0x0122), "pacs: it refused an object with reason 0x0122."),
        (409, b"Jane Doe is here", "pacs: status 409."),
        (409, b"{}", "pacs: status 409."),
    ],
)
def test_what_is_not_stored_is_not_noted_and_its_reason_is_told(
    file: Path, status: int, body: bytes, said: str
) -> None:
    notes = SentNotes(file.parent / "sent")

    with answering(status, JSON, body) as server, pytest.raises(PeerError) as raised:
        store(service(server.root), notes, iter([file]))

    assert str(raised.value) == said
    assert notes.names() == set()
