"""An open port of an application entity, which closes as soon as it is told to."""

import socket
import ssl
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from socketserver import BaseServer
from typing import Any

from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.transport import ThreadedAssociationServer

LARGEST_PDU = 1 << 17  # bytes: fewer turns than the usual 16 KiB
LOOK_EVERY_S = 0.05  # whether it shall close
LOOKS = 10  # of ours for one of pynetdicom's, which counts them to collect what was left
ENDING_S = 5.0  # for an association that is at work when the port closes


class Listener(ThreadedAssociationServer):
    """The server of an open port."""

    _looks = 0

    @property
    def port(self) -> int:
        """The port that is open."""
        return int(self.server_address[1])

    def service_actions(self) -> None:
        """What pynetdicom does between associations, as often as it does."""
        self._looks = (self._looks + 1) % LOOKS
        if self._looks == 0:
            super().service_actions()

    def shutdown(self) -> None:
        """Close the port and end all associations, each at once and all at the same time."""
        BaseServer.shutdown(self)  # its entity has no list of this one
        self.server_close()
        associations = self.ae.active_associations
        if associations:
            with ThreadPoolExecutor(len(associations)) as pool:
                list(pool.map(_end, associations))


def open_port(
    entity: AE,
    address: tuple[str, int],
    handlers: Sequence[Any],
    tls: ssl.SSLContext | None = None,
) -> Listener:
    """Take associations on threads of their own until `shutdown`; port 0 is any that is free.
    Raises OSError.
    """
    server = entity.make_server(
        address,
        ssl_context=tls,
        evt_handlers=[(evt.EVT_CONN_OPEN, prepare), *handlers],
        server_class=Listener,
    )
    assert isinstance(server, Listener)
    threading.Thread(
        target=server.serve_forever, args=(LOOK_EVERY_S,), name="jrviewer-port", daemon=True
    ).start()
    return server


def prepare(event: evt.Event) -> None:
    """For a new connection: small answers are not held back by Nagle's algorithm, which costs 40 ms
    an object, and reach whoever waits for them.
    """
    held = event.assoc.dul.socket
    if held is not None and held.socket is not None:
        held.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    event.assoc._reactor_checkpoint = Checkpoint(event.assoc)


class Checkpoint(threading.Event):
    """Where the thread of an association pauses while another one waits for an answer.

    pynetdicom 3.0.4 calls it paused when it is about to go on: beside load it then takes the answer
    and drops it, and who waits for it does so until its time is up.
    """

    def __init__(self, association: Association) -> None:
        super().__init__()
        self._association, self._turn = association, threading.Lock()
        self.set()

    def clear(self) -> None:
        """Ask for a pause, which the association's `_is_paused` then says truly."""
        with self._turn:
            super().clear()

    def wait(self, timeout: float | None = None) -> bool:
        """Until the association's thread may go on; from then on it is not paused."""
        while super().wait(timeout):
            with self._turn:
                if self.is_set():
                    self._association._is_paused = False
                    return True
        return False


def _end(association: Association) -> None:
    if association.is_established:
        association.abort()
    else:  # it waits for a request, or for a handshake
        association.dul.to_user_queue.put(None)  # type: ignore[arg-type]  # as if its time were up
        if association.dul.socket is not None:
            association.dul.socket.close()
        association.kill()
    association.join(ENDING_S)
