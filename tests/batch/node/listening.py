"""A server on this computer's loopback, and peers that call it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from jrviewer.batch.node.config import Caller, Listen, NodeConfig, Peer, Tls
from jrviewer.batch.node.listener import prepare
from jrviewer.batch.node.queue import Queue
from jrviewer.batch.node.server import Server
from jrviewer.batch.node.tls import client_arguments

HERE = "127.0.0.1"


@dataclass
class Listening:
    """A server that runs, and what it said."""

    server: Server
    queue: Queue
    config: NodeConfig
    said: list[str] = field(default_factory=list)

    @property
    def peer(self) -> Peer:
        """The server as somebody else's configuration names it."""
        return Peer("node", self.config.title, HERE, self.server.port)

    def kept(self) -> list[Path]:
        return sorted(path for entry in self.queue for path in entry.received.glob("*.dcm"))

    @contextmanager
    def called(
        self,
        title: str = "PACS",
        called: str = "JRVIEWER",
        contexts: Sequence[PresentationContext] = (),
        tls: Tls | None = None,
    ) -> Iterator[Association]:
        """An association of a peer, established or not; it ends with the block."""
        entity = AE(title)
        entity.acse_timeout = entity.dimse_timeout = entity.connection_timeout = 10
        arguments = {"tls_args": client_arguments(tls)} if tls else {}
        association = entity.associate(
            HERE,
            self.server.port,
            contexts=list(contexts) or [build_context(Verification), *_storage()],
            ae_title=called,
            evt_handlers=[(evt.EVT_CONN_OPEN, prepare)],
            **arguments,  # type: ignore[arg-type]
        )
        try:
            yield association
        finally:
            if association.is_established:
                association.release()


def _storage() -> list[PresentationContext]:
    return [
        build_context(one, ["1.2.840.10008.1.2.1"])
        for one in ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.11")
    ]


@contextmanager
def listening(folder: Path, *, most_bytes: float = 1e9, **changes: object) -> Iterator[Listening]:
    """A node's server at a free port; `changes` are of its [listen]."""
    listen = replace(Listen(port=0, callers=(Caller("PACS", HERE),)), **changes)  # type: ignore[arg-type]
    config = NodeConfig("JRVIEWER", folder / "queue", listen=listen)
    queue = Queue(config.folder, most_bytes)
    said: list[str] = []
    with Server(config, listen, queue, said.append) as server:
        yield Listening(server, queue, config, said)


def store(association: Association, path: Path) -> Dataset:
    """The status of a C-STORE."""
    return association.send_c_store(pydicom.dcmread(path))
