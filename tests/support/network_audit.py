"""How often a process tries to reach a network.

Counts Python's audit events (PEP 578), which code in C that goes through Python's sockets raises
too. Sockets of the local machine, such as a desktop's, are no connections. An audit hook cannot be
removed: it lasts until the process ends.
"""

import sys
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


class NetworkAudit:
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


def _is_remote(address: tuple[object, ...]) -> bool:
    """Whether a socket's address is of an internet family: a local socket's is one text."""
    return bool(address) and isinstance(address[0], tuple)
