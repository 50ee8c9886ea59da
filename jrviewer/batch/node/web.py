"""DICOMweb as a destination (STOW-RS) and a source (QIDO-RS, WADO-RS), PS3.18.

Needs dicomweb-client. A root beyond this computer must be https, and what the peer says of itself
never reaches a log.
"""

import ipaddress
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pydicom

from jrviewer.batch.node.config import ConfigError, Peer
from jrviewer.batch.node.peers import PeerError
from jrviewer.batch.node.queue import Entry, NotTakenError, Queue

if TYPE_CHECKING:
    from jrviewer.batch.node.fetch import Wanted

STUDY, SERIES = "0020000D", "0020000E"

Say = Callable[[str], None]


def store(peer: Peer, entry: Entry, files: Iterator[Path]) -> int:
    """Send derived files that were not sent yet by STOW-RS, as they come; returns how many."""
    sent, count = entry.sent(), 0
    client = _client(peer)
    for path in files:
        if path.name in sent:
            continue
        ds = pydicom.dcmread(path)
        response = _tried(peer, lambda ds=ds: client.store_instances([ds]))  # type: ignore[misc]
        if response.get("FailedSOPSequence"):
            raise PeerError(f"{peer.name}: it refused an object.")
        entry.note_sent(path.name)
        count += 1
    return count


def retrieve(peer: Peer, wanted: "Wanted", queue: Queue, say: Say) -> int:
    """Fetch all series that match by WADO-RS; returns how many came whole."""
    client = _client(peer)
    filters = {
        "StudyInstanceUID": wanted.study,
        "SeriesInstanceUID": wanted.series,
        "AccessionNumber": wanted.accession,
        "PatientID": wanted.patient,
        "Modality": wanted.modality,
    }
    given = {key: value for key, value in filters.items() if value}
    found = _tried(peer, lambda: client.search_for_series(search_filters=given))
    whole = 0
    for number, one in enumerate(found, start=1):
        uids = (str(one[STUDY]["Value"][0]), str(one[SERIES]["Value"][0]))
        came = _tried(peer, lambda uids=uids: _take(client.iter_series(*uids), queue))  # type: ignore[misc]
        whole += came > 0
        say(f"Series {number} of {len(found)}: {came} images came.")
    return whole


def _take(objects: Iterator[pydicom.Dataset], queue: Queue) -> int:
    """Put objects into the queue; returns how many images came."""
    came, entries = 0, set()
    for ds in objects:
        file = BytesIO()
        ds.save_as(file, enforce_file_format=True)
        try:
            entries.add(queue.take(file.getvalue()))
        except NotTakenError:
            continue  # an export of ours, or no object at all
        came += 1
    for entry in entries:
        entry.call_complete()
    return came


def _client(peer: Peer) -> Any:  # noqa: ANN401 - without types
    parts = urlsplit(peer.web)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise ConfigError(f"[peers.{peer.name}] “web” must be https beyond this computer.")
    try:
        from dicomweb_client.api import DICOMwebClient
        from requests import Session
    except ImportError as error:
        raise ConfigError(
            "DICOMweb needs dicomweb-client: pip install 'jrviewer[node]'."
        ) from error
    session = Session()
    session.trust_env = False  # no proxy that nobody has configured here
    if peer.tls is not None:
        session.cert = (str(peer.tls.certificate), str(peer.tls.key))
        session.verify = str(peer.tls.authorities)
    return DICOMwebClient(peer.web, session=session)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _tried(peer: Peer, work: Callable[[], Any]) -> Any:  # noqa: ANN401 - of whatever kind
    import requests

    try:
        return work()
    except requests.RequestException as error:  # its words hold addresses and UIDs
        response = error.response
        said = "it does not answer" if response is None else f"status {response.status_code}"
        raise PeerError(f"{peer.name}: {said}.") from None
