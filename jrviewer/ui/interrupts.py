"""Ctrl-C in the terminal, and the system's request to end, close the window as its cross does."""

import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal, Slot

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts(QObject):
    """Emits once for each signal. Qt's loop runs no Python code while it waits, so that a handler
    alone would never be called: the signal's number wakes it through a socket.
    """

    asked_to_end = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read, self._written = socket.socketpair()
        for end in (self._read, self._written):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._receive)
        signal.set_wakeup_fd(self._written.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _ignore)  # else Python would raise KeyboardInterrupt in a slot

    def close(self) -> None:
        """Give the signals back to Python."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for end in (self._read, self._written):
            end.close()

    @Slot()
    def _receive(self) -> None:
        self._read.recv(64)
        self.asked_to_end.emit()


def _ignore(number: int, frame: FrameType | None) -> None:
    """What is to be done, the socket's reader does."""
