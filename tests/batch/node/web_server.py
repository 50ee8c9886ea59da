"""A DICOMweb service that gives one answer."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.batch.node.listening import HERE


class Answering(ThreadingHTTPServer):
    """A service that gives every request the same answer."""

    daemon_threads = True

    def __init__(
        self, status: int, headers: dict[str, str], body: bytes, tls: ssl.SSLContext | None
    ) -> None:
        super().__init__((HERE, 0), _Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )
        self.scheme = "http" if tls is None else "https"
        self.status, self.headers, self.body = status, headers, body
        self.asked: list[tuple[str, str]] = []  # paths and their credentials

    @property
    def root(self) -> str:
        return f"{self.scheme}://{HERE}:{self.server_address[1]}/dicom-web"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Answering)
        server.asked.append((self.path, self.headers.get("Authorization", "")))
        self.send_response(server.status)
        for name, value in server.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(server.body)))
        self.end_headers()
        self.wfile.write(server.body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def handle(self) -> None:
        with suppress(OSError):  # of a handshake that the other side gives up
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def log_message(self, *arguments: object) -> None:
        """Nothing is printed."""


@contextmanager
def answering(
    status: int = 200,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    tls: ssl.SSLContext | None = None,
) -> Iterator[Answering]:
    with Answering(status, headers or {}, body, tls) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
