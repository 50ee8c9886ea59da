"""Storage commitment that a caller asks of the node."""

from pathlib import Path

import pytest
from pydicom import dcmread
from pynetdicom import AE, build_context, evt
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]

from jrviewer.batch.node.commitment import Commitments
from jrviewer.batch.node.config import Caller
from jrviewer.batch.node.listener import open_port
from tests.batch.node.listening import HERE, listening, store
from tests.batch.runs import wait_until
from tests.support.dicom_factory import write_series

CT = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize("missing", [False, True])
def test_what_is_kept_is_reported_and_the_series_is_complete(tmp_path: Path, missing: bool) -> None:
    paths = write_series(tmp_path / "scan", 2)
    commitments = Commitments(is_listening=True)
    entity = AE("PACS")
    entity.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
    reports = open_port(entity, (HERE, 0), [(evt.EVT_N_EVENT_REPORT, commitments.hear)])
    contexts = [build_context(CT, "1.2.840.10008.1.2.1"), build_context(StorageCommitmentPushModel)]
    caller = Caller("PACS", HERE, reports.port)
    uids = [str(dcmread(path).SOPInstanceUID) for path in paths]

    with listening(tmp_path, callers=(caller,)) as node:
        with node.called(contexts=contexts) as peer:
            for path in paths[missing:]:
                assert store(peer, path).Status == 0x0000
            kept = commitments.ask(peer, [(CT, uid) for uid in uids])
        assert len(list(node.queue.complete(3600))) == (0 if missing else 1)
        wait_until(lambda: not entity.active_associations)
    reports.shutdown()

    assert kept == set(uids[missing:])
