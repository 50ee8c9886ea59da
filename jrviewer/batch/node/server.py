"""The listening side: C-ECHO, C-STORE and storage commitment, for listed callers only.

Every refusal says why: in the rejection of the association, or in the status and the comment of the
response. Nothing that a peer says reaches a path or a log.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification  # type: ignore[attr-defined]

from jrviewer.batch.node.commitment import Commitments, answer_request
from jrviewer.batch.node.config import Caller, Listen, NodeConfig
from jrviewer.batch.node.listener import LARGEST_PDU, Listener, open_port
from jrviewer.batch.node.queue import NotTakenError, Queue
from jrviewer.batch.node.tls import server_context
from jrviewer.core.errors import JRViewerError
from jrviewer.dicom import is_image_class

SYNTAXES = (  # all that the reader decodes, those first that need no decoder
    "1.2.840.10008.1.2.1",  # explicit little endian
    "1.2.840.10008.1.2",  # implicit little endian
    "1.2.840.10008.1.2.2",  # explicit big endian
    "1.2.840.10008.1.2.1.99",  # deflated
    "1.2.840.10008.1.2.5",  # RLE
    "1.2.840.10008.1.2.4.50",  # JPEG baseline
    "1.2.840.10008.1.2.4.51",  # JPEG extended
    "1.2.840.10008.1.2.4.57",  # JPEG lossless
    "1.2.840.10008.1.2.4.70",  # JPEG lossless, first-order prediction
    "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.81",  # JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91",  # JPEG 2000
    "1.2.840.10008.1.2.4.201",  # HTJ2K lossless
    "1.2.840.10008.1.2.4.202",  # HTJ2K lossless, RPCL
    "1.2.840.10008.1.2.4.203",  # HTJ2K
)
COMMENT = 64  # letters of an error comment (PS3.5 6.2, LO)
UNKNOWN_CALLER, UNKNOWN_CALLED = (0x01, 0x01, 0x03), (0x01, 0x01, 0x07)  # PS3.8 9.3.4

Say = Callable[[str], None]
Status = Dataset | int


class PortError(JRViewerError):
    """The port cannot be opened."""


class Server:
    """A context manager that listens. Raises PortError."""

    def __init__(self, config: NodeConfig, listen: Listen, queue: Queue, say: Say) -> None:
        self._config, self._listen, self._queue, self._say = config, listen, queue, say
        self.commitments = Commitments(is_listening=True)
        self._reasons = _Counted(say)
        self._tls = None if listen.tls is None else server_context(listen.tls)
        self._listener: Listener | None = None
        self._entity = AE(config.title)
        self._is_ending = threading.Event()

    @property
    def port(self) -> int:
        """The port that is open."""
        return self._listener.port if self._listener else 0

    def __enter__(self) -> "Server":
        listen = self._listen
        entity = self._entity
        entity.maximum_associations = listen.most_associations
        entity.maximum_pdu_size = LARGEST_PDU
        for name in ("network_timeout", "acse_timeout", "dimse_timeout"):
            setattr(entity, name, listen.timeout_seconds)
        entity.add_supported_context(Verification)
        entity.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        for context in AllStoragePresentationContexts:
            if context.abstract_syntax and is_image_class(context.abstract_syntax):
                entity.add_supported_context(context.abstract_syntax, [*SYNTAXES])
        try:
            self._listener = open_port(
                entity, (listen.address, listen.port), self._handlers(), self._tls
            )
        except OSError as error:
            raise PortError(
                "The port cannot be opened: it is in use, below 1024, or its address is not of "
                "this computer."
            ) from error
        return self

    def __exit__(self, *raised: object) -> None:
        self._is_ending.set()
        if self._listener is not None:
            self._listener.shutdown()

    def _handlers(self) -> list[tuple[evt.EventType, Callable[..., Any]]]:
        return [
            (evt.EVT_REQUESTED, self._let_in),
            (evt.EVT_DATA_RECV, self._measure),
            (evt.EVT_C_ECHO, lambda event: 0x0000),
            (evt.EVT_C_STORE, self._store),
            (evt.EVT_N_ACTION, self._commit),
            (evt.EVT_N_EVENT_REPORT, self.commitments.hear),
        ]

    def _caller(self, association: Association) -> Caller | None:
        """The listed caller that a peer is, by title and address together."""
        title = str(association.requestor.ae_title).strip()
        address = str(association.requestor.address)
        listed = self._listen.callers
        return next((one for one in listed if one.title == title and one.is_at(address)), None)

    def _let_in(self, event: evt.Event) -> None:
        """Reject whoever is not listed, or asks for another title."""
        association = event.assoc
        primitive = association.requestor.primitive
        if primitive is None:
            return
        association.requestor.ae_title = primitive.calling_ae_title
        reason: tuple[int, int, int] | None = None
        if primitive.called_ae_title.strip() != self._config.title:
            reason = UNKNOWN_CALLED
            self._reasons.add("an association that called another title")
        elif self._caller(association) is None:
            reason = UNKNOWN_CALLER
            self._reasons.add("an association from a title and address that are not listed")
        if reason is not None:
            association.acse.send_reject(*reason)
            association.is_rejected = True
            association.kill()

    def _measure(self, event: evt.Event) -> None:
        """End an association whose object grows beyond the limit, before it fills the memory."""
        state = _state_of(event.assoc)
        state.received += len(event.data)
        if state.received > self._listen.largest_mb * 1e6 + LARGEST_PDU:
            self._reasons.add("an object that is larger than “largest_mb”")
            threading.Thread(target=event.assoc.abort, daemon=True).start()

    def _store(self, event: evt.Event) -> Status:
        state = _state_of(event.assoc)
        state.wait(self._listen.most_per_minute, self._is_ending)
        state.received = 0
        try:
            content = event.encoded_dataset()
            if len(content) > self._listen.largest_mb * 1e6:
                raise NotTakenError(0xA700, "The object is too large for this node.")
            self._queue.take(content, instance_of(event))
        except NotTakenError as error:
            self._reasons.add(str(error))
            return _status(error.status, str(error))
        except Exception as error:  # noqa: BLE001 - whatever a peer's bytes cause ends in a status
            self._reasons.add(f"an object that caused a {type(error).__name__}")
            return _status(0x0110, "The object could not be processed.")
        return 0x0000

    def _commit(self, event: evt.Event) -> tuple[Status, Dataset | None]:
        """Say in an association of its own which instances are kept: those series are complete."""
        caller = self._caller(event.assoc)
        if caller is None or not caller.port:
            return _status(0x0110, "No port for reports is known of this caller."), None
        return answer_request(event, self._config, caller, self._queue), None


def instance_of(event: evt.Event) -> str:
    """The SOP instance UID of a C-STORE request."""
    return str(getattr(event.request, "AffectedSOPInstanceUID", ""))


def _status(code: int, sentence: str) -> Dataset:
    """A status that says why."""
    said = Dataset()
    said.Status = code
    said.ErrorComment = sentence[:COMMENT]
    return said


class _State:
    """What is counted of one association."""

    def __init__(self) -> None:
        self.received = 0  # bytes since the last object
        self._next = 0.0

    def wait(self, most_per_minute: float, is_ending: threading.Event) -> None:
        """Slow a peer down to so many objects a minute, unless the server ends."""
        now = time.monotonic()
        if most_per_minute and self._next > now:
            is_ending.wait(self._next - now)
        self._next = max(self._next, now) + 60 / max(most_per_minute, 1)


def _state_of(association: Any) -> _State:  # noqa: ANN401 - of pynetdicom, which has no place for it
    state: _State | None = getattr(association, "jrviewer_state", None)
    if state is None:
        state = association.jrviewer_state = _State()
    return state


class _Counted:
    """Says a reason when it comes first, then only how often, so that no peer can fill a log."""

    def __init__(self, say: Say) -> None:
        self._say, self._lock = say, threading.Lock()
        self._counts: dict[str, int] = {}

    def add(self, reason: str) -> None:
        with self._lock:
            count = self._counts[reason] = self._counts.get(reason, 0) + 1
        if count & (count - 1) == 0:  # the 1st, 2nd, 4th, 8th …
            times = "" if count == 1 else f" ({count} times)"
            self._say(f"Refused{times}: {reason[0].lower()}{reason[1:].rstrip('.')}.")
