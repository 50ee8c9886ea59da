"""TLS as the BCP 195 profile of DICOM wants it (PS3.15 B.12, RFC 9325): 1.2 or newer, ephemeral
keys, authenticated ciphers, and a certificate of either side.
"""

import socket
import ssl
from typing import Any

from jrviewer.batch.node.config import ConfigError, Tls

SILENCE_S = 30.0  # of a peer, after which its connection ends
CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all sound


class _Context(ssl.SSLContext):
    """Leaves the handshake of a caller to the thread of its association: in the thread that accepts
    connections a silent caller would keep all others out.
    """

    def wrap_socket(  # type: ignore[override]
        self,
        sock: socket.socket,
        server_side: bool = False,
        **how: Any,  # noqa: ANN401, FBT
    ) -> ssl.SSLSocket:
        if server_side:
            sock.settimeout(SILENCE_S)
            how["do_handshake_on_connect"] = False
        return super().wrap_socket(sock, server_side=server_side, **how)


def server_context(tls: Tls) -> ssl.SSLContext:
    """For the side that listens. Raises ConfigError."""
    return _context(ssl.PROTOCOL_TLS_SERVER, tls)


def client_arguments(tls: Tls | None) -> tuple[ssl.SSLContext, str | None] | None:
    """For the side that calls, as pynetdicom takes them; None without TLS. Raises ConfigError."""
    return None if tls is None else (_context(ssl.PROTOCOL_TLS_CLIENT, tls), tls.name or None)


def _context(side: int, tls: Tls) -> ssl.SSLContext:
    context = _Context(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    if side == ssl.PROTOCOL_TLS_CLIENT:
        context.check_hostname = bool(tls.name)
    context.verify_mode = ssl.CERT_REQUIRED
    try:
        context.load_cert_chain(tls.certificate, tls.key)
        context.load_verify_locations(tls.authorities)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            "A certificate, its key or the authorities cannot be used: they are missing, no PEM, "
            "or do not belong together."
        ) from error
    return context
