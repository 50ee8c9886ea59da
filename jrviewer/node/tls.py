"""TLS as the BCP 195 profile of DICOM wants it (PS3.15 B.12, RFC 9325): 1.2 or newer, ephemeral
keys, authenticated ciphers, and a certificate of either side.
"""

import ssl

from jrviewer.node.config import ConfigError, Tls

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"  # of TLS 1.2; those of 1.3 are all sound


def server_context(tls: Tls) -> ssl.SSLContext:
    """For the side that listens. Raises ConfigError."""
    return _context(ssl.PROTOCOL_TLS_SERVER, tls)


def client_arguments(tls: Tls | None) -> tuple[ssl.SSLContext, str] | None:
    """For the side that calls, as pynetdicom takes them; None without TLS. Raises ConfigError."""
    return None if tls is None else (_context(ssl.PROTOCOL_TLS_CLIENT, tls), tls.name)


def _context(side: int, tls: Tls) -> ssl.SSLContext:
    context = ssl.SSLContext(side)
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
