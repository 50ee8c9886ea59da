"""A proxy that speaks TLS on loopback and hands everything on to a port that does not, as one
stands before many an archive; in a process of its own. Debian's Orthanc 1.10.1 ends at its first
TLS connection.
"""

import socket
import ssl
import sys
import threading
from contextlib import suppress
from pathlib import Path

from jrviewer.batch.node.config import Tls
from jrviewer.batch.node.tls import server_context

HERE = "127.0.0.1"


def _relay(source: socket.socket, to: socket.socket) -> None:
    with suppress(OSError):  # either side may go at any time
        while data := source.recv(65536):
            to.sendall(data)
    for one in (source, to):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _serve(connection: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError), context.wrap_socket(connection, server_side=True) as caller:
        caller.do_handshake()
        with socket.create_connection((HERE, port)) as behind:
            answers = threading.Thread(target=_relay, args=(behind, caller))
            answers.start()
            _relay(caller, behind)
            answers.join()


def main(port: str, behind: str, *files: str) -> None:
    """Take connections at a port until the process is ended; a line says that it begins."""
    certificate, key, authorities = map(Path, files)
    context = server_context(Tls(certificate, key, authorities))
    with socket.create_server((HERE, int(port))) as server:
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        while True:
            connection, _ = server.accept()
            arguments = (connection, context, int(behind))
            threading.Thread(target=_serve, args=arguments, daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
