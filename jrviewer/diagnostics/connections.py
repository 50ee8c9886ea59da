"""How often this process has tried to reach a network: 0, and anybody can see that it is.

Counts Python's audit events (PEP 578), which code in C that goes through Python's sockets raises
too. Sockets of the local machine, such as a desktop's, are no connections. An audit hook cannot be
taken off again: watching lasts until the process ends.
"""

import sys
import threading
from collections.abc import Callable

_CONNECTING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOKING_UP = frozenset(
    {
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "socket.gethostbyaddr",
        "socket.getnameinfo",
        "urllib.Request",
        "http.client.connect",
        "ftplib.connect",
        "smtplib.connect",
    }
)


class Watch:
    """A count of attempts; `on_attempt` hears the name of each event and may raise."""

    def __init__(self, on_attempt: Callable[[str], None] | None = None) -> None:
        self.attempts = 0
        self._on_attempt = on_attempt

    def start(self) -> None:
        """Watch from now on."""
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if event not in _LOOKING_UP and not (event in _CONNECTING and _is_remote(arguments[1:2])):
            return
        self.attempts += 1
        if self._on_attempt is not None:
            self._on_attempt(event)


def watch() -> None:
    """Count the app's attempts from now on; once is enough, more often does no harm."""
    global _is_watching  # noqa: PLW0603 - the hook is one for the process, so its switch is too
    with _lock:
        if not _is_watching:
            _app.start()
            _is_watching = True


def attempts() -> int | None:
    """How often a connection has been tried since `watch`; None where nobody watches."""
    return _app.attempts if _is_watching else None


def _is_remote(address: tuple[object, ...]) -> bool:
    """Whether a socket's address is of an internet family: a local socket's is one text."""
    return bool(address) and isinstance(address[0], tuple)


_app = Watch()
_is_watching = False
_lock = threading.Lock()
