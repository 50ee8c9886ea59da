"""Files that appear whole or not at all: written beside the target, then moved there in one step.

An unfinished file belongs to one write alone, so that two processes that write under one name at
the same time never mix; what a killed one leaves is removed by a later export into that folder.
Knows nothing of what is in the files.
"""

import contextlib
import errno
import hashlib
import itertools
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jrviewer.core.errors import ExportError, NameTakenError

ABANDONED_S = 600.0  # no export of ours takes that long: an older part belongs to a dead process

_together = threading.local()  # its folders, of which the names are still to come to the disk
_looked_through: dict[Path, float] = {}  # folders and when; a large one takes long

REASONS = {
    errno.ENOSPC: "The disk is full. Free some space, or choose another place",
    errno.EDQUOT: "Your share of the disk is full. Free some space, or choose another place",
    errno.EFBIG: "The file is larger than this place allows. Choose another one",
    errno.EROFS: "The place can only be read. Choose a folder that you may write to",
    errno.EACCES: "Writing is not allowed there, or the file is open in another program. "
    "Close it, or choose another folder",
    errno.EEXIST: "A file of that name is there already. Choose another name",
    errno.ENOENT: "The folder does not exist (any more). Choose another one",
}


def replace_file(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Give a finished content its name; the old file stays until the new one is complete. Without
    `sync` a loss of power, but not of the process, may take it.

    Raises ExportError, the old file untouched, where the system refuses.
    """
    _write(path, content, Path.replace, sync=sync)


def create_file(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Give a finished content, or its parts, a name that no file has yet.

    Raises NameTakenError, the file of that name untouched, where there is one, and ExportError
    where the system refuses.
    """
    _write(path, content, _name_newly)


def create_under(
    folder: Path, names: Iterable[str], content: Callable[[], bytes | Iterable[bytes]]
) -> str:
    """Give a content the first of the names that is free, even if another process takes names at
    the same time; returns it. Raises ExportError where the system refuses.
    """
    for name in names:
        if os.path.lexists(folder / name):
            continue
        with contextlib.suppress(NameTakenError):
            create_file(folder / name, content())
            return name
    raise ExportError("Every name for the file is taken. Choose another folder.")


def numbered(path: Path) -> Iterator[str]:
    """The file's own name, then `name-0002.png` and so on."""
    yield path.name
    for number in itertools.count(2):
        yield f"{path.stem}-{number:04d}{path.suffix}"


@contextmanager
def named_together() -> Iterator[None]:
    """Bring the names of all files that this thread writes in the block to the disk at its end, as
    one wait for it is shorter than many.
    """
    before = getattr(_together, "folders", None)
    _together.folders = set()
    try:
        yield
    finally:
        folders, _together.folders = _together.folders, before
        for folder in folders:
            _sync_folder(folder)


def _write(
    path: Path,
    content: bytes | Iterable[bytes],
    name: Callable[[Path, Path], object],
    *,
    sync: bool = True,
) -> None:
    beside = part_of(path)
    try:
        _remove_abandoned(path.parent)
        with beside.open("xb") as file:
            file.writelines([content] if isinstance(content, bytes) else content)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        name(beside, path)
        if sync:
            _sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):  # where it was never made, or the disk is gone
            beside.unlink(missing_ok=True)
        kind = NameTakenError if isinstance(error, FileExistsError) else ExportError
        raise kind(f"{reason_of(error)}; nothing was changed.") from error


def _name_newly(beside: Path, path: Path) -> None:
    """Rename without replacing. A link fails in one step where the name is taken."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links
        path.open("xb").close()  # takes the name, or fails where another has it
        try:
            beside.replace(path)
        except OSError:
            path.unlink(missing_ok=True)  # an empty file would pass for an export
            raise
    else:
        beside.unlink()


def reason_of(error: OSError) -> str:
    """Why writing failed and what to do, without a full stop at its end."""
    return REASONS.get(error.errno or 0, "The system refused to write. Choose another place")


def _sync_folder(folder: Path) -> None:
    """Bring the file's new name to the disk too, where the system can."""
    if os.name == "nt":  # opens no folders
        return
    folders: set[Path] | None = getattr(_together, "folders", None)
    if folders is not None:
        folders.add(folder)
        return
    with contextlib.suppress(OSError):  # some network disks cannot: the name is there all the same
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def part_of(path: Path) -> Path:
    """An unfinished file for a target, a new one each time; a hash, as the target's name may be a
    patient's.
    """
    digest = hashlib.sha256(os.fsencode(path.name)).hexdigest()
    return path.with_name(f".jrviewer-{digest[:16]}-{secrets.token_hex(4)}.part")


def _remove_abandoned(folder: Path) -> None:
    """Remove unfinished files that are too old to be still in the writing; a folder is looked
    through once in a while.
    """
    now = time.time()
    if now - _looked_through.get(folder, 0.0) < ABANDONED_S:
        return
    if len(_looked_through) > 1000:  # of a process that runs for years
        _looked_through.clear()
    _looked_through[folder] = now
    for left in folder.glob(".jrviewer-*.part"):
        with contextlib.suppress(OSError):  # gone meanwhile, or of another user
            if now - left.stat().st_mtime > ABANDONED_S:
                left.unlink()
