"""Fetching from an archive by C-FIND and C-GET: no port is opened, and nothing is registered.

What arrived is counted; an archive's own counters are not believed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom import build_context, build_role, evt
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelFind as Find,
)
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelGet as Get,
)

from jrviewer.batch.node.config import NodeConfig, Peer
from jrviewer.batch.node.peers import PeerError, associated
from jrviewer.batch.node.queue import Entry, NotTakenError, Queue
from jrviewer.batch.node.server import SYNTAXES, instance_of
from jrviewer.batch.node.wanted import Wanted
from jrviewer.dicom import is_image_class

PENDING = (0xFF00, 0xFF01)
PLAIN = 4  # of SYNTAXES: those that need no decoder come first

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A series at a peer."""

    study: str
    series: str
    instances: int  # 0: the peer does not say


def fetch(config: NodeConfig, peer: Peer, wanted: Wanted, queue: Queue, say: Say) -> int:
    """Fetch all series that match into the queue; returns how many came whole. Raises PeerError."""
    if peer.web:
        from jrviewer.batch.node.web import retrieve

        return retrieve(peer, wanted, queue, say)
    whole = 0
    found = list(find(config.title, peer, wanted))
    for number, series in enumerate(found, start=1):
        came = _get(config.title, peer, series, queue)
        is_whole = came > 0 and came >= series.instances
        whole += is_whole
        of = f" of {series.instances}" if series.instances else ""
        say(f"Series {number} of {len(found)}: {came}{of} images came.")
    return whole


def find(title: str, peer: Peer, wanted: Wanted) -> Iterator[Found]:
    """The series that match, by C-FIND. Raises PeerError."""
    with associated(title, peer, [build_context(Find)]) as association:
        studies = [wanted.study]
        if not wanted.study:
            keys = {"AccessionNumber": wanted.accession, "PatientID": wanted.patient}
            query = _query("STUDY", StudyInstanceUID="", **keys)
            studies = [str(one.StudyInstanceUID) for one in _matches(association, query, peer)]
        for study in studies:
            query = _query(
                "SERIES",
                StudyInstanceUID=study,
                SeriesInstanceUID=wanted.series,
                Modality=wanted.modality,
                NumberOfSeriesRelatedInstances=None,
            )
            for one in list(_matches(association, query, peer)):
                count = one.get("NumberOfSeriesRelatedInstances") or 0
                yield Found(study, str(one.SeriesInstanceUID), int(count))


def _query(level: str, **keys: str | None) -> Dataset:
    query = Dataset()
    query.QueryRetrieveLevel = level
    for keyword, value in keys.items():
        setattr(query, keyword, value)
    return query


def _matches(association: Association, query: Dataset, peer: Peer) -> Iterator[Dataset]:
    for status, match in association.send_c_find(query, Find):
        code = status.get("Status", -1)
        if code in PENDING and match is not None:
            yield match
        elif code != 0x0000:
            raise PeerError(f"{peer.name}: it did not answer the query ({_hex(code)}).")


def _get(title: str, peer: Peer, series: Found, queue: Queue) -> int:
    """How many images of a series came by C-GET."""
    classes = _classes(title, peer, series)
    contexts = [build_context(Get)]
    for one in classes:  # compressed ones apart, or an archive would choose to compress
        contexts.append(build_context(one, [*SYNTAXES[:PLAIN]]))
        contexts += [build_context(one, [syntax]) for syntax in SYNTAXES[PLAIN:]]
    came: set[str] = set()
    entries: set[Entry] = set()

    def store(event: evt.Event) -> int:
        uid = instance_of(event)
        try:
            entries.add(queue.take(event.encoded_dataset(), uid))
        except NotTakenError as error:
            return error.status
        came.add(uid)
        return 0x0000

    roles = [build_role(one, scp_role=True) for one in classes]
    with associated(title, peer, contexts, [(evt.EVT_C_STORE, store)], roles) as association:
        query = _query("SERIES", StudyInstanceUID=series.study, SeriesInstanceUID=series.series)
        for status, _ in association.send_c_get(query, Get):
            code = status.get("Status", -1)
            if code not in PENDING and code != 0x0000 and not came:
                raise PeerError(f"{peer.name}: it sent nothing ({_hex(code)}).")
    for entry in entries:
        entry.call_complete()
    return len(came)


def _classes(title: str, peer: Peer, series: Found) -> list[str]:
    """Image classes of a series: an association has room for few, so they are asked for first."""
    query = _query(
        "IMAGE",
        StudyInstanceUID=series.study,
        SeriesInstanceUID=series.series,
        SOPInstanceUID="",
        SOPClassUID="",
    )
    with associated(title, peer, [build_context(Find)]) as association:
        found = {str(one.get("SOPClassUID", "")) for one in _matches(association, query, peer)}
    known = sorted(one for one in found if one and is_image_class(one))
    if not known:
        raise PeerError(
            f"{peer.name}: the series holds no images, or it does not say of what kind."
        )
    return known[:7]


def _hex(code: int) -> str:
    return f"status 0x{code:04X}" if code >= 0 else "no answer"
