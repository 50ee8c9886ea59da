"""An archive to send to, on this computer's loopback: it keeps what it gets and commits to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pydicom.dataset import Dataset
from pynetdicom import AE, StoragePresentationContexts, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification  # type: ignore[attr-defined]

from jrviewer.batch.node.config import Peer
from jrviewer.batch.node.listener import open_port
from tests.batch.node.listening import HERE
from tests.batch.runs import wait_until


@dataclass
class Archive:
    """What came, in order, and what the archive shall do about it."""

    peer: Peer
    came: list[Dataset] = field(default_factory=list)
    refuse_after: int = 1 << 30  # objects
    forgets: int = 0  # requests for commitment that are answered with “not kept”
    refuses_twice: bool = False  # what is there, as a strict archive does
    reports: bool = True  # whether anything is said after a request for commitment
    asked: int = 0  # requests for commitment

    def store(self, event: evt.Event) -> int:
        if len(self.came) >= self.refuse_after:
            return 0xA700
        ds = event.dataset
        if self.refuses_twice and ds.SOPInstanceUID in {one.SOPInstanceUID for one in self.came}:
            return 0x0111
        ds.file_meta = event.file_meta
        self.came.append(ds)
        return 0x0000

    def commit(self, event: evt.Event) -> tuple[int, None]:
        asked = event.action_information
        self.asked += 1
        report = Dataset()
        report.TransactionUID = asked.TransactionUID
        kept = {str(ds.SOPInstanceUID) for ds in self.came}
        wanted = list(asked.ReferencedSOPSequence)
        here = [one for one in wanted if one.ReferencedSOPInstanceUID in kept]
        if self.forgets:
            self.forgets, here = self.forgets - 1, []
        report.ReferencedSOPSequence = here
        kind = 1 if len(here) == len(wanted) else 2
        if self.reports:
            threading.Timer(0.2, _answer, (event.assoc, report, kind)).start()
        return 0x0000, None


def _answer(association: Association, report: Dataset, kind: int) -> None:
    association.send_n_event_report(
        report, kind, StorageCommitmentPushModel, "1.2.840.10008.1.20.1.1"
    )


@contextmanager
def archive(port: int = 0, *, commitment: bool = True) -> Iterator[Archive]:
    """An archive that runs."""
    entity = AE("ARCHIVE")
    entity.add_supported_context(Verification)
    for context in StoragePresentationContexts:
        assert context.abstract_syntax is not None
        entity.add_supported_context(context.abstract_syntax)
    if commitment:
        entity.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
    held: list[Archive] = []
    server = open_port(
        entity,
        (HERE, port),
        [
            (evt.EVT_C_ECHO, lambda event: 0x0000),
            (evt.EVT_C_STORE, lambda event: held[0].store(event)),
            (evt.EVT_N_ACTION, lambda event: held[0].commit(event)),
        ],
    )
    held.append(Archive(Peer("archive", "ARCHIVE", HERE, server.port)))
    try:
        yield held[0]
    finally:
        wait_until(lambda: not entity.active_associations)
        server.shutdown()
