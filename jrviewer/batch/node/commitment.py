"""Storage commitment (PS3.4 annex J): asked of a destination, and answered to a caller."""

import threading
from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.dimse_messages import N_EVENT_REPORT_RSP
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]

from jrviewer.batch.node.config import Caller, NodeConfig
from jrviewer.batch.node.queue import Queue

PUSH_INSTANCE = "1.2.840.10008.1.20.1.1"
REQUEST, ALL_KEPT, SOME_FAILED = 1, 1, 2
NO_SUCH_OBJECT = 0x0112
REPORT_S = 30.0  # for a report, which may come on an association of its own
REPORT_HERE_S = 3.0  # where no port is open for one: only the association of the request is left
ANSWER_AFTER_S = 0.5  # when the association of the request has had its response
MOST_ASKED = 4000  # instances of one request

Instance = tuple[str, str]  # SOP class and instance UID


class Commitments:
    """Requests that wait for their reports, by transaction. `is_listening`: whether a port is open
    for peers that report on an association of their own.
    """

    def __init__(self, *, is_listening: bool) -> None:
        self.is_listening = is_listening
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[threading.Event, set[str]]] = {}

    def hear(self, event: evt.Event) -> tuple[int, Dataset | None]:
        """Take a report, on whichever association it comes."""
        report = event.event_information
        with self._lock:
            known = self._waiting.get(str(report.get("TransactionUID", "")))
            if known is None:
                return 0x0110, None
            heard, kept = known
            sequence = report.get("ReferencedSOPSequence") or []
            kept |= {str(one.ReferencedSOPInstanceUID) for one in sequence}
            heard.set()
        return 0x0000, None

    def ask(self, association: Association, instances: Sequence[Instance]) -> set[str] | None:
        """UIDs of the instances that the peer commits to keep; None where it does not say."""
        transaction = str(generate_uid(prefix=None))
        request = Dataset()
        request.TransactionUID = transaction
        request.ReferencedSOPSequence = [_reference(one) for one in instances]
        heard, kept = threading.Event(), set[str]()
        seconds = REPORT_S if self.is_listening else REPORT_HERE_S
        with self._lock:
            self._waiting[transaction] = (heard, kept)
        try:
            status, _ = association.send_n_action(
                request, REQUEST, StorageCommitmentPushModel, PUSH_INSTANCE
            )
            accepted = status is not None and status.get("Status", -1) == 0x0000
            return kept if accepted and heard.wait(seconds) else None
        finally:
            with self._lock:
                del self._waiting[transaction]


class AnswerHere:
    """Takes a report that comes on the association of its request, and knows when the answer to it
    is out: pynetdicom would let a release overtake it.
    """

    def __init__(self, commitments: Commitments) -> None:
        self._commitments = commitments
        self._is_due = self._is_queued = False
        self._is_out = threading.Event()
        self.handlers = [
            (evt.EVT_N_EVENT_REPORT, self._hear),
            (evt.EVT_DIMSE_SENT, self._note_message),
            (evt.EVT_PDU_SENT, self._note_pdu),
        ]

    def wait(self, association: Association) -> None:
        """Until the answer has left, where one is due; as long as there is somebody to get it."""
        while self._is_due and association.is_established and not self._is_out.wait(0.05):
            pass

    def _hear(self, event: evt.Event) -> tuple[int, Dataset | None]:
        self._is_due = True
        return self._commitments.hear(event)

    def _note_message(self, event: evt.Event) -> None:
        """The answer is cut into PDUs next; the request went out before it was answered."""
        self._is_queued = self._is_queued or isinstance(event.message, N_EVENT_REPORT_RSP)

    def _note_pdu(self, event: evt.Event) -> None:
        """The first data after that is the answer, which fits one PDU."""
        if self._is_queued and isinstance(event.pdu, P_DATA_TF):
            self._is_out.set()


def answer_request(event: evt.Event, config: NodeConfig, caller: Caller, queue: Queue) -> int:
    """Report to a caller what is kept of what it asks for, and call those series complete."""
    asked = event.action_information
    wanted = list(asked.get("ReferencedSOPSequence") or [])[:MOST_ASKED]
    report = Dataset()
    report.TransactionUID = asked.TransactionUID
    here = [one for one in wanted if queue.has(str(one.ReferencedSOPInstanceUID))]
    missing = [one for one in wanted if one not in here]
    if here:
        report.ReferencedSOPSequence = here
    for one in missing:
        one.FailureReason = NO_SUCH_OBJECT
    if missing:
        report.FailedSOPSequence = missing
    entries = {queue.entry_of(str(one.ReferencedSOPInstanceUID)) for one in here}
    if not missing:
        for entry in entries - {None}:
            entry.call_complete()  # type: ignore[union-attr]
    timer = threading.Timer(ANSWER_AFTER_S, _report, (event, config, caller, report))
    timer.daemon = True
    timer.start()
    return 0x0000


def _report(event: evt.Event, config: NodeConfig, caller: Caller, report: Dataset) -> None:
    """Call back with the report; a caller that does not answer asks again by itself."""
    from pynetdicom import build_role

    entity = AE(config.title)
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = 10
    entity.add_requested_context(StorageCommitmentPushModel)
    role = build_role(StorageCommitmentPushModel, scp_role=True)
    address = str(event.assoc.requestor.address)
    association = entity.associate(address, caller.port, ae_title=caller.title, ext_neg=[role])
    if association.is_established:
        kind = SOME_FAILED if "FailedSOPSequence" in report else ALL_KEPT
        association.send_n_event_report(report, kind, StorageCommitmentPushModel, PUSH_INSTANCE)
        association.release()


def _reference(instance: Instance) -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = instance
    return reference
