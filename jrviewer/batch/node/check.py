"""`jrviewer node check`: does a configuration work, step by step, without touching a patient."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pydicom

from jrviewer.batch.folder_lock import FolderBusyError
from jrviewer.batch.node.commitment import Commitments
from jrviewer.batch.node.config import Listen, NodeConfig, Peer
from jrviewer.batch.node.fetch import fetch
from jrviewer.batch.node.peers import echo
from jrviewer.batch.node.queue import Queue
from jrviewer.batch.node.send import Sender
from jrviewer.batch.node.server import PortError, Server
from jrviewer.batch.node.wanted import Wanted
from jrviewer.core.errors import JRViewerError
from jrviewer.core.records import Slice
from jrviewer.core.resources import resource

Step = tuple[str, Callable[[], str]]


@dataclass(frozen=True, slots=True)
class Checked:
    """One step, whether it went well, and what is to be said of it."""

    name: str
    ok: bool
    said: str


def check(config: NodeConfig, *, with_phantom: bool) -> Iterator[Checked]:
    """Every step in turn; a later one is tried though an earlier one failed."""
    for name, step in _steps(config, with_phantom=with_phantom):
        try:
            yield Checked(name, True, step())
        except JRViewerError as error:
            yield Checked(name, False, str(error))


def _steps(config: NodeConfig, *, with_phantom: bool) -> Iterator[Step]:
    yield "folder", lambda: _folder(config)
    if config.listen is not None:
        listen = config.listen
        yield "listen", lambda: _listen(config, listen)
    for peer in config.peers.values():
        if not peer.web:
            yield f"echo {peer.name}", lambda peer=peer: _echo(config, peer)  # type: ignore[misc]
    destination = config.destination
    if destination is not None and with_phantom:
        yield f"phantom {destination.name}", lambda: _phantom(config, destination)


def _folder(config: NodeConfig) -> str:
    runs = " A node runs with it." if _is_running(config) else ""
    return f"The queue's folder can be used.{runs}"


def _is_running(config: NodeConfig) -> bool:
    try:
        with Queue(config.folder).worked_by_one():
            return False
    except FolderBusyError:
        return True


def _listen(config: NodeConfig, listen: Listen) -> str:
    count = len(listen.callers)
    callers = f"{count} caller{'s are' if count > 1 else ' is'} listed."
    try:
        with TemporaryDirectory() as folder, Server(config, listen, Queue(Path(folder)), _unsaid):
            return f"Port {listen.port} can be opened; {callers}"
    except PortError:
        if not _is_running(config):
            raise
        return f"Port {listen.port} is in use, as a node runs with the queue's folder; {callers}"


def _echo(config: NodeConfig, peer: Peer) -> str:
    echo(config.title, peer)
    return "It answers."


def _phantom(config: NodeConfig, peer: Peer) -> str:
    """Send the bundled phantom, fetch it back and compare its pixels."""
    from jrviewer import dicom

    sample = _only_slice(resource("sample/phantom.dcm"))
    with TemporaryDirectory() as folder:
        out, back = Queue(Path(folder) / "out"), Queue(Path(folder) / "back")
        source = Path(folder) / "phantom.dcm"
        dicom.write_phantom(sample, source)
        entry = out.take(source.read_bytes())
        files = sorted(entry.received.glob("*.dcm"))
        Sender(config, peer, Commitments(is_listening=False)).send(entry, iter(files))
        ds = pydicom.dcmread(source, stop_before_pixels=True)
        wanted_there = Wanted(study=str(ds.StudyInstanceUID), series=str(ds.SeriesInstanceUID))
        fetch(config, peer, wanted_there, back, _unsaid)
        came = [_only_slice(path) for one in back for path in one.received.glob("*.dcm")]
    wanted = sample.source.pixels_sha256
    if [one.source.pixels_sha256 for one in came] != [wanted]:
        raise JRViewerError(f"{peer.name}: the phantom came back with other pixels.")
    return "The phantom went there and came back unchanged. It can be deleted: patient “Phantom”."


def _only_slice(path: Path) -> Slice:
    from jrviewer import dicom

    return dicom.read([path]).series[0][0]


def _unsaid(sentence: str) -> None:
    """What is counted on the way is not needed."""
