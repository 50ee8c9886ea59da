"""Associations that the node asks for, with sentences for what goes wrong."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from jrviewer.batch.node.config import Peer
from jrviewer.batch.node.listener import LARGEST_PDU, prepare
from jrviewer.batch.node.tls import client_arguments, why_not_connected
from jrviewer.core.errors import JRViewerError

TIMEOUT_S = 30.0
DUPLICATE = 0x0111  # an instance is there already: it was derived and sent before
_REASONS = {  # PS3.8 9.3.4: source and diagnostic
    (1, 3): "it does not know this node's AE title",
    (1, 7): "it has another AE title than the configuration says",
    (3, 1): "it is busy",
    (3, 2): "it has too many associations already",
}


class PeerError(JRViewerError):
    """A peer did not do what it was asked for; another time it may."""


class UnreachableError(PeerError):
    """A peer that cannot be called: what else is meant for it can wait, too."""


@contextmanager
def associated(
    title: str,
    peer: Peer,
    contexts: Sequence[PresentationContext],
    handlers: Sequence[Any] = (),
    roles: Sequence[Any] = (),
) -> Iterator[Association]:
    """An association that is released at the end. Raises PeerError."""
    entity = AE(title)
    entity.connection_timeout = entity.acse_timeout = 10
    entity.dimse_timeout = entity.network_timeout = TIMEOUT_S
    arguments: dict[str, Any] = {}
    if tls := client_arguments(peer.tls):
        arguments["tls_args"] = tls
    try:
        association = entity.associate(
            peer.address,
            peer.port,
            contexts=list(contexts),
            ae_title=peer.title,
            max_pdu=LARGEST_PDU,
            ext_neg=[*roles],
            evt_handlers=[(evt.EVT_CONN_OPEN, prepare), *handlers],
            **arguments,
        )
    except (OSError, RuntimeError, ValueError) as error:
        why = _why_not_connected(peer) or "its address cannot be called"
        raise UnreachableError(f"{peer.name}: {why}.") from error
    if not association.is_established:
        raise UnreachableError(f"{peer.name}: {_why(association, peer)}.")
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def echo(title: str, peer: Peer) -> None:
    """Ask a peer for a sign of life. Raises PeerError."""
    context = PresentationContext()
    context.abstract_syntax = Verification
    context.transfer_syntax = ["1.2.840.10008.1.2"]
    with associated(title, peer, [context]) as association:
        status = association.send_c_echo()
        if status.get("Status", -1) != 0x0000:
            raise PeerError(f"{peer.name}: it lets this node in, but does not answer C-ECHO.")


def _why(association: Association, peer: Peer) -> str:
    if association.is_rejected:
        answer = association.acceptor.primitive
        known = (getattr(answer, "result_source", 0), getattr(answer, "diagnostic", 0))
        return f"it refuses the association: {_REASONS.get(known, 'it gives no reason')}"
    if association.acceptor.primitive is not None:
        return "it accepts none of the kinds of objects or transfer syntaxes"
    return _why_not_connected(peer) or (
        "something speaks TLS there, but not as DICOM does"
        if peer.tls
        else "something listens there, but not as DICOM does: perhaps it wants TLS"
    )


def _why_not_connected(peer: Peer) -> str:
    context, name = client_arguments(peer.tls) or (None, None)
    return why_not_connected(peer.address, peer.port, context, name)
