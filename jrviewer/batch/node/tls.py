"""TLS as the BCP 195 profile of DICOM wants it (PS3.15 B.12, RFC 9325): 1.2 or newer, ephemeral
keys, authenticated ciphers, and a certificate of either side.
"""

import socket
import ssl
from contextlib import suppress
from typing import Any

from jrviewer.batch.node.config import ConfigError, Tls

SILENCE_S = 30.0  # of a peer, after which its connection ends
PROBE_S = 5.0  # for a connection that is to show why another one failed
REFUSAL_S = 1.0  # for a refusal that follows the handshake
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


def why_not_connected(
    address: str, port: int, context: ssl.SSLContext | None, name: str | None
) -> str:
    """What a connection alone runs into, without a full stop, as what is sent over one does not
    say; "" where it comes about. Neither the peer's words nor its address are repeated. `context`
    is None without TLS; `name` is what the certificate must bear, where that is checked.
    """
    try:
        with socket.create_connection((address, port), PROBE_S) as connection:
            if context is not None:
                with context.wrap_socket(connection, server_hostname=name) as encrypted:
                    # A refusal of this side's certificate comes after the handshake.
                    encrypted.settimeout(REFUSAL_S)
                    with suppress(TimeoutError):
                        encrypted.recv(1)
    except socket.gaierror:
        return "its name is not known on this computer"
    except ConnectionRefusedError:
        return "nothing listens at its port"
    except TimeoutError:
        return "nothing answers at its address: is it right, and is a firewall between?"
    except ssl.SSLCertVerificationError as error:
        return _VERIFY.get(error.verify_code, UNKNOWN_AUTHORITY)
    except ssl.SSLError as error:
        reason = error.reason or ""
        return next((said for word, said in _ALERTS.items() if word in reason), NO_TLS)
    except OSError:
        return "the connection is cut"
    return ""
