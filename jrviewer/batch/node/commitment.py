"""Storage commitment (PS3.4 annex J): asked of a destination, and answered to a caller."""

import threading
from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]

from jrviewer.batch.node.config import Caller, NodeConfig
from jrviewer.batch.node.queue import Queue

PUSH_INSTANCE = "1.2.840.10008.1.20.1.1"
REQUEST, ALL_KEPT, SOME_FAILED = 1, 1, 2
NO_SUCH_OBJECT = 0x0112
ANSWER_AFTER_S = 0.5  # when the association of the request has had its response
MOST_ASKED = 4000  # instances of one request

Instance = tuple[str, str]  # SOP class and instance UID


class Commitments:
    """Requests that wait for their reports, by transaction."""

    def __init__(self) -> None:
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

    def ask(
        self, association: Association, instances: Sequence[Instance], seconds: float
    ) -> set[str] | None:
        """UIDs of the instances that the peer commits to keep; None where it does not say."""
        transaction = str(generate_uid(prefix=None))
        request = Dataset()
        request.TransactionUID = transaction
        request.ReferencedSOPSequence = [_reference(one) for one in instances]
        heard, kept = threading.Event(), set[str]()
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
