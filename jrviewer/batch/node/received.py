"""What `predict` is given by DICOMweb addresses: received into a folder that is gone afterwards."""

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jrviewer.batch.bundle import make_folder
from jrviewer.batch.folder_lock import FolderLock
from jrviewer.batch.node.config import Peer
from jrviewer.batch.node.peers import PeerError
from jrviewer.batch.node.web import AS_STORED, as_file, connect, tried
from jrviewer.batch.web_address import WebAddress
from jrviewer.core.progress import Report, silent
from jrviewer.dicom import is_image_class

FOLDER = ".jrviewer-received"

Source = Path | WebAddress


def peer_of(root: str, peers: Mapping[str, Peer], name: str) -> Peer:
    """How to speak to a DICOMweb service: as the configuration says of it, if it does."""
    for one in peers.values():
        if one.web and one.web.rstrip("/") == root.rstrip("/"):
            return one
    return Peer(name, "", "", 0, web=root)


@contextmanager
def received(
    sources: Sequence[Source], out: Path, peers: Mapping[str, Peer], report: Report = silent
) -> Iterator[list[Path]]:
    """The sources with a folder instead of every address. The folders lie in `out`, for nobody else
    to read, until the block ends; after a kill the next one removes them. The same objects give the
    same files, so a run that is started again knows what is done.

    Raises PeerError and ExportError.
    """
    if not any(isinstance(one, WebAddress) for one in sources):
        yield [one for one in sources if isinstance(one, Path)]
        return
    make_folder(out)
    folder = out / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    with _ours_alone(folder):
        yield [
            one
            if isinstance(one, Path)
            else _fetch(
                peer_of(one.root, peers, f"argument {number}"), one, folder / str(number), report
            )
            for number, one in enumerate(sources, start=1)
        ]


@contextmanager
def _ours_alone(folder: Path) -> Iterator[None]:
    """A folder that is empty at first, locked until the block ends, and then gone."""
    has_lock = False
    try:
        with FolderLock(folder):
            has_lock = True
            try:
                _clear(folder)
                yield
            finally:
                _clear(folder)
    finally:
        if has_lock:
            with suppress(OSError):  # another command has begun to receive into it
                folder.rmdir()


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)


def _fetch(peer: Peer, address: WebAddress, folder: Path, report: Report) -> Path:
    """Receive the images of an address, one at a time."""
    folder.mkdir()
    client = connect(peer)

    def take() -> int:
        came = 0
        for ds in _objects(client, address):
            if is_image_class(str(ds.SOPClassUID)):
                name = hashlib.sha256(str(ds.SOPInstanceUID).encode()).hexdigest()[:32]
                (folder / f"{name}.dcm").write_bytes(as_file(ds))
                came += 1
                report(0.0, f"Receiving: {came}")
        return came

    if not tried(peer, take):
        raise PeerError(f"{peer.name}: there are no images under the address.")
    return folder


def _objects(client: Any, address: WebAddress) -> Iterator[Any]:  # noqa: ANN401 - without types
    study, series, instance = address.study, address.series, address.instance
    if instance:
        yield client.retrieve_instance(study, series, instance, media_types=AS_STORED)
    elif series:
        yield from client.iter_series(study, series, media_types=AS_STORED)
    else:
        yield from client.iter_study(study, media_types=AS_STORED)
