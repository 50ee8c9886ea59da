"""TLS as the BCP 195 profile of DICOM wants it (PS3.15 B.12, RFC 9325): 1.2 or newer, ephemeral
keys, authenticated ciphers, and a certificate of either side.
"""

import socket
import ssl
from collections.abc import Iterator
from typing import Any

from jrviewer.batch.node.config import ConfigError, Tls

SILENCE_S = 30.0  # of a peer, after which its connection ends
UNKNOWN_AUTHORITY = (
    "its certificate is signed by none of the authorities (“authorities” in the configuration "
    "names them)"
)
NO_TLS = "it does not speak TLS there, or not with the versions and ciphers that are safe (BCP 195)"
_VERIFY = {  # OpenSSL's codes
    9: "its certificate is not valid yet: look at both clocks",
    10: "its certificate has expired",
    62: "its certificate bears another name (“name” says which it should)",
    64: "its certificate does not bear this address (“name” says which name it should)",
}
_NOT_LET_IN = (
    "it does not accept this computer's certificate, or wants one and there is none (“certificate” "
    "and “key”)"
)
_ALERTS = {  # what the other side said, in OpenSSL's words
    "CERTIFICATE_REQUIRED": _NOT_LET_IN,
    "UNKNOWN_CA": _NOT_LET_IN,
    "BAD_CERTIFICATE": _NOT_LET_IN,
    "CERTIFICATE_UNKNOWN": _NOT_LET_IN,
    "CERTIFICATE_EXPIRED": "it says that this computer's certificate has expired",
    "HANDSHAKE_FAILURE": _NOT_LET_IN,
    "ACCESS_DENIED": _NOT_LET_IN,
}
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
        if tls.certificate is not None:
            context.load_cert_chain(tls.certificate, tls.key)
        context.load_verify_locations(tls.authorities)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            "A certificate, its key or the authorities cannot be used: they are missing, no PEM, "
            "or do not belong together."
        ) from error
    return context


def web_context(tls: Tls) -> ssl.SSLContext:
    """For a DICOMweb service, whose certificate must bear its address too. Raises ConfigError."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, tls)
    context.check_hostname = True
    return context


def reason_of_tls(error: BaseException) -> str:
    """Why an encrypted connection did not come about, without a full stop; "" where something else
    went wrong. Names nobody: neither the peer's words nor its address are repeated.
    """
    found = next((one for one in _causes(error) if isinstance(one, ssl.SSLError)), None)
    if found is None:
        return ""
    if isinstance(found, ssl.SSLCertVerificationError):
        return _VERIFY.get(found.verify_code, UNKNOWN_AUTHORITY)
    reason = found.reason or ""
    return next((said for word, said in _ALERTS.items() if word in reason), NO_TLS)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it came from, as libraries wrap them."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            inside = (*one.args, getattr(one, "reason", None), one.__cause__, one.__context__)
            waiting += [other for other in inside if isinstance(other, BaseException)]
