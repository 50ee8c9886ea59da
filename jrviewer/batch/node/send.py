"""What was derived goes to the destination: C-STORE, then storage commitment where it is offered.

A file that was sent is noted at once, so after a kill only the rest is sent; an instance that
arrives twice all the same, or whose source came again later, has the same UID and pixels, and an
archive keeps it once.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pydicom
from pynetdicom import build_context
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]

from jrviewer.batch.node.commitment import AnswerHere, Commitments, Instance
from jrviewer.batch.node.config import NodeConfig, Peer
from jrviewer.batch.node.peers import DUPLICATE, PeerError, UnreachableError, associated
from jrviewer.batch.node.queue import Entry

EXPLICIT, IMPLICIT = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
FIRST_PAUSE_S, LONGEST_PAUSE_S = 15.0, 300.0  # for a destination that could not be called
WARNINGS = (0xB000, 0xB006, 0xB007)  # stored, though changed or oddly encoded


class StillDownError(PeerError):
    """A destination is not called again yet, for so many seconds."""

    def __init__(self, sentence: str, seconds: float) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Sender:
    """Sends to one destination over one association, which is kept open meanwhile."""

    def __init__(self, config: NodeConfig, peer: Peer, commitments: Commitments) -> None:
        self._config, self._peer, self._commitments = config, peer, commitments
        self._is_asked = peer.commitment and not peer.web
        self._down_until, self._pause = 0.0, FIRST_PAUSE_S

    def send(self, entry: Entry, files: Iterator[Path]) -> int:
        """Send those derived files that were not sent yet, as they come; returns how many.

        Raises PeerError; what was sent until then is noted. A destination that could not be called
        is left alone for a while, which a series tells by a StillDownError: each of many would wait
        in vain for a firewall that says nothing.
        """
        left = self._down_until - time.monotonic()
        if left > 0:
            raise StillDownError(f"{self._peer.name}: it is not called again yet.", left)
        try:
            count = self._send(entry, files)
        except UnreachableError:
            self._down_until = time.monotonic() + self._pause
            self._pause = min(2 * self._pause, LONGEST_PAUSE_S)
            raise
        self._pause = FIRST_PAUSE_S
        return count

    def _send(self, entry: Entry, files: Iterator[Path]) -> int:
        if self._peer.web:
            from jrviewer.batch.node.web import store

            return store(self._peer, entry.sent, files)
        sent, count = entry.sent.names(), 0
        waiting = (path for path in files if path.name not in sent)
        first = next(waiting, None)
        if first is None:
            return 0
        with associated(self._config.title, self._peer, _contexts(first)) as association:
            for path in _chain(first, waiting):
                _send_one(association, path, self._peer)
                entry.sent.note(path.name)
                count += 1
        return count

    def commit(self, files: Sequence[Path]) -> bool | None:
        """Whether the destination commits to keep all files; None where it does not say."""
        if not self._is_asked or not files:
            return None
        instances = [_instance(path) for path in files]
        contexts = [build_context(StorageCommitmentPushModel)]
        answer = AnswerHere(self._commitments)
        title, handlers = self._config.title, answer.handlers
        with suppress(PeerError):  # not offered
            with associated(title, self._peer, contexts, handlers) as association:
                kept = self._commitments.ask(association, instances)
                answer.wait(association)
            if kept is None:
                # Without a port for its reports it would be waited for in vain with each series.
                self._is_asked = self._commitments.is_listening
                return None
            return kept >= {uid for _, uid in instances}
        return None


def _send_one(association: Association, path: Path, peer: Peer) -> None:
    if not association.is_established:
        raise PeerError(f"{peer.name}: it ended the association.")
    try:
        status = association.send_c_store(path)
    except (ValueError, RuntimeError) as error:  # no context for its class, or it ended meanwhile
        raise PeerError(f"{peer.name}: it takes no objects of this kind.") from error
    code = status.get("Status", -1)
    if code not in (0x0000, DUPLICATE, *WARNINGS):
        said = f"it refused an object with status 0x{code:04X}" if code >= 0 else "no answer came"
        raise PeerError(f"{peer.name}: {said}.")


def _contexts(path: Path) -> list[PresentationContext]:
    """All slices of a derived series have one class; a capture may stand beside them."""
    classes = dict.fromkeys([_instance(path)[0], "1.2.840.10008.5.1.4.1.1.7"])
    return [build_context(one, [EXPLICIT, IMPLICIT]) for one in classes]


def _instance(path: Path) -> Instance:
    meta = pydicom.filereader.read_file_meta_info(path)
    return str(meta.MediaStorageSOPClassUID), str(meta.MediaStorageSOPInstanceUID)


def _chain(first: Path, rest: Iterator[Path]) -> Iterator[Path]:
    yield first
    yield from rest
