"""DICOMweb as a destination (STOW-RS) and a source (QIDO-RS, WADO-RS), PS3.18.

Needs dicomweb-client. A root beyond this computer must be https, and neither what the peer says of
itself nor its address reaches a log.
"""

import ipaddress
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from ssl import create_default_context
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import pydicom

from jrviewer.batch.node.config import ConfigError, Peer
from jrviewer.batch.node.peers import DUPLICATE, PeerError, UnreachableError
from jrviewer.batch.node.queue import NotTakenError, Queue
from jrviewer.batch.node.sent import SentNotes
from jrviewer.batch.node.tls import web_context, why_not_connected
from jrviewer.batch.node.wanted import Wanted
from jrviewer.core.errors import JRViewerError

if TYPE_CHECKING:
    from requests import Response, Session
    from requests.adapters import HTTPAdapter

STUDY, SERIES = "0020000D", "0020000E"
AS_STORED = (("application/dicom", "*"),)  # decoded here, not there
ATTEMPTS = 3
WAIT_S = 2.0  # doubled before the third attempt; the second comes at once
READABLE = (
    "application/dicom+json",
    "application/json",
    "application/dicom+xml",
    "application/xml",
)
CONFLICT = 409  # nothing of what was sent was stored
BUSY = (408, 429, 503, 504)  # statuses after which it may be asked again
TIMEOUT_S = (10.0, 60.0)  # for the connection, and for the next bytes

Say = Callable[[str], None]
Answer = TypeVar("Answer")


def store(peer: Peer, notes: SentNotes, files: Iterator[Path]) -> int:
    """Send those derived files that were not sent yet by STOW-RS, as they come; returns how many.
    Raises PeerError; what was sent until then is noted.
    """
    sent, count = notes.names(), 0
    client = connect(peer)
    for path in files:
        if path.name in sent:
            continue
        ds = pydicom.dcmread(path)
        refusals = tried(peer, lambda ds=ds: _refusals(client, ds))  # type: ignore[misc]
        if refused := refusals - {DUPLICATE}:
            reason = max(refused)
            why = f" with reason 0x{reason:04X}" if reason else ""
            raise PeerError(f"{peer.name}: it refused an object{why}.")
        notes.note(path.name)
        count += 1
    return count


def _refusals(client: Any, ds: pydicom.Dataset) -> set[int]:  # noqa: ANN401 - without types
    """Why an object was not stored, 0 for a reason that is not told; nothing where it was."""
    import requests

    try:
        answer = client.store_instances([ds])
    except requests.HTTPError as error:
        answer = _answer_in(error.response)
        if not answer.get("FailedSOPSequence"):
            raise
    failed = answer.get("FailedSOPSequence") or []
    return {int(one.get("FailureReason") or 0) for one in failed}


def _answer_in(response: "Response | None") -> pydicom.Dataset:
    """What a service says that stored nothing: a conflict with its reasons, if it tells any."""
    if response is None or response.status_code != CONFLICT:
        return pydicom.Dataset()
    try:
        return pydicom.Dataset.from_json(response.json())
    except (ValueError, KeyError, TypeError, AttributeError):  # no DICOM
        return pydicom.Dataset()


def _readable(response: "Response", *_: object, **__: object) -> None:
    """Refuse what follows on an object that was sent and is no DICOM, such as a page to log in:
    dicomweb-client would pass over it as if nothing had failed, and over JSON of a named alphabet.
    """
    if response.request.method == "POST" and response.ok and response.content:
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind not in READABLE:
            raise ValueError("no DICOM")
        response.headers["Content-Type"] = kind


def retrieve(peer: Peer, wanted: Wanted, queue: Queue, say: Say) -> int:
    """Fetch all series that match by WADO-RS; returns how many came whole. Raises PeerError."""
    client = connect(peer)
    filters = {
        "StudyInstanceUID": wanted.study,
        "SeriesInstanceUID": wanted.series,
        "AccessionNumber": wanted.accession,
        "PatientID": wanted.patient,
        "Modality": wanted.modality,
    }
    given = {key: value for key, value in filters.items() if value}
    found = tried(peer, lambda: client.search_for_series(search_filters=given))
    whole = 0
    for number, one in enumerate(found, start=1):
        study, series = (str(one[key]["Value"][0]) for key in (STUDY, SERIES))
        came = tried(
            peer,
            lambda study=study, series=series: _take(  # type: ignore[misc]
                client.iter_series(study, series, media_types=AS_STORED), queue
            ),
        )
        whole += came > 0
        say(f"Series {number} of {len(found)}: {came} images came.")
    return whole


def _take(objects: Iterator[pydicom.Dataset], queue: Queue) -> int:
    """Put objects into the queue; returns how many images came."""
    came, entries = 0, set()
    for ds in objects:
        try:
            entries.add(queue.take(as_file(ds)))
        except NotTakenError:
            continue  # an export of ours, or no object at all
        came += 1
    for entry in entries:
        entry.call_complete()
    return came


def as_file(ds: pydicom.Dataset) -> bytes:
    """The DICOM file of an object that came."""
    file = BytesIO()
    ds.save_as(file, enforce_file_format=True)
    return file.getvalue()


def connect(peer: Peer) -> Any:  # noqa: ANN401 - without types
    """A client of a peer's service, which nothing was asked of yet. Raises ConfigError."""
    parts = urlsplit(peer.web)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise ConfigError(f"{peer.name}: its DICOMweb address must be https beyond this computer.")
    try:
        from dicomweb_client.api import DICOMwebClient
    except ImportError as error:
        raise ConfigError(
            "DICOMweb is an extra: pip install '.[node]' in JRViewer's source folder."
        ) from error
    client = DICOMwebClient(peer.web, session=_session(peer))
    client.set_http_retry_params(retry=False)  # its way retries whatever is raised
    return client


def _session(peer: Peer) -> "Session":
    from requests import Session

    session = Session()
    session.headers["Accept"] = "application/dicom+json"  # where a request does not say otherwise
    session.hooks["response"].append(_readable)
    session.trust_env = False  # no proxy and no password that nobody has configured here
    adapter = _adapter(peer)
    for scheme in ("http://", "https://"):
        session.mount(scheme, adapter)
    if peer.authorization is not None:
        try:
            session.headers["Authorization"] = peer.authorization.read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                f"{peer.name}: the file of its “authorization” cannot be read."
            ) from error
    return session


def _adapter(peer: Peer) -> "HTTPAdapter":
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    context = None if peer.tls is None else web_context(peer.tls)
    name = peer.tls.name if peer.tls is not None else ""

    class StrictAdapter(HTTPAdapter):
        """Does not wait forever, and is not sent elsewhere: only whoever has the certificate
        answers.
        """

        def send(self, *arguments: Any, **how: Any) -> Any:  # noqa: ANN401 - without types
            answer = super().send(*arguments, **how | {"timeout": TIMEOUT_S})
            answer.headers.pop("Location", None)
            return answer

        def cert_verify(self, conn: Any, *given: Any) -> None:  # noqa: ANN401
            """Add no other authorities to those of the configuration."""
            if context is None:
                super().cert_verify(conn, *given)

        def build_connection_pool_key_attributes(self, *given: Any, **how: Any) -> Any:  # noqa: ANN401
            """Certificates are those of the configuration alone, where it names any."""
            host, pool = super().build_connection_pool_key_attributes(*given, **how)
            if context is not None and host["scheme"] == "https":
                pool = {"ssl_context": context}
                if name:
                    pool["server_hostname"] = name  # which the certificate must bear then
            return host, pool

    # A certificate that is wrong stays so, and whoever refuses is asked once.
    again = Retry(
        total=ATTEMPTS - 1,
        other=0,
        status_forcelist=BUSY,
        allowed_methods=None,
        backoff_factor=WAIT_S,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    return StrictAdapter(max_retries=again)


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(peer: Peer) -> str:
    """Why a service did not answer, as a connection of its own shows it."""
    from certifi import where

    parts = urlsplit(peer.web)
    host, context, name = parts.hostname or "", None, ""
    if parts.scheme == "https":
        usual = create_default_context(cafile=where())
        context = usual if peer.tls is None else web_context(peer.tls)
        name = peer.tls.name if peer.tls is not None else ""
    port = parts.port or (443 if context else 80)
    return why_not_connected(host, port, context, name or host) or "it does not answer"


def tried(peer: Peer, work: Callable[[], Answer]) -> Answer:
    """What a request ends in. Raises PeerError: the words of others hold addresses and UIDs."""
    import requests

    try:
        return work()
    except JRViewerError:
        raise
    except requests.RequestException as error:
        if error.response is None:
            raise UnreachableError(f"{peer.name}: {_why(peer)}.") from None
        raise PeerError(f"{peer.name}: status {error.response.status_code}.") from None
    except OSError:  # of this computer, such as a full disk
        raise
    except Exception:  # noqa: BLE001 - whatever a peer's bytes cause ends in a sentence
        raise PeerError(f"{peer.name}: its answer is not of DICOMweb.") from None
