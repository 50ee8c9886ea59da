"""The queue on disk: what was received, until it is derived, sent and old enough to be removed.

Everything is a file that appears whole, so nothing is lost by a kill: an object counts as received
when its file has its name. Folders and files are named by hashes, never by what a peer says.
"""

import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pydicom

from jrviewer.batch.folder_lock import FolderBusyError, FolderLock
from jrviewer.batch.node.sent import SentNotes
from jrviewer.core.atomic_write import create_file, reason_of, replace_file
from jrviewer.core.errors import ExportError, JRViewerError
from jrviewer.export.own_exports import is_export_content

_NEEDED = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
_UNREADABLE = (Exception,)  # whatever pydicom raises for what a peer has sent
COMPLETE = "complete"


class NotTakenError(JRViewerError):
    """An object that is not taken into the queue; `status` is of its C-STORE response."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Entry:
    """A series in the queue."""

    folder: Path

    @property
    def received(self) -> Path:
        """The folder of what was received."""
        return self.folder / "in"

    @property
    def derived(self) -> Path:
        """The folder of what was made of it."""
        return self.folder / "out"

    def count(self) -> int:
        """How many objects were received."""
        return sum(1 for path in self.received.glob("*.dcm"))

    def last_change(self) -> float:
        """When the last object came, in seconds of the system's clock."""
        try:
            return self.received.stat().st_mtime
        except OSError:
            return time.time()

    @property
    def is_called_complete(self) -> bool:
        """Whether somebody said that nothing more will come."""
        return self._number(COMPLETE) == self.count()

    def call_complete(self) -> None:
        """Note that nothing more will come."""
        replace_file(self.folder / COMPLETE, f"{self.count()}\n".encode())

    def is_over(self) -> bool:
        """Whether all that was received has been derived and sent."""
        return self._number("over") == self.count()

    def end(self, count: int) -> None:
        """Note that so many objects were received, derived and sent."""
        replace_file(self.folder / "over", f"{count}\n".encode())

    def over_since(self) -> float:
        """When it was noted, in seconds of the system's clock."""
        return (self.folder / "over").stat().st_mtime

    def _number(self, name: str) -> int:
        try:
            return int((self.folder / name).read_text("ascii"))
        except (OSError, ValueError):
            return -1

    @property
    def sent(self) -> SentNotes:
        """Which derived files the destination has taken."""
        return SentNotes(self.folder / "sent.jsonl")

    def remove(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self.folder)


class Queue:
    """All series in a folder that nobody else may look into."""

    def __init__(self, folder: Path, most_bytes: float = float("inf")) -> None:
        self._folder, self._aside = folder / "series", folder / "removed"
        self._most = most_bytes
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._folder.mkdir(exist_ok=True)
            self._aside.mkdir(exist_ok=True)
            for left in self._aside.iterdir():  # by a kill: it may be waited for
                self._put_back(Entry(left))
        except OSError as error:
            raise ExportError(f"The queue's folder cannot be used. {reason_of(error)}.") from error
        self._changes: dict[Path, tuple[float, float]] = {}  # of each series, and when it was seen
        self._bytes = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())

    @contextmanager
    def worked_by_one(self) -> Iterator[None]:
        """One process at a time works through the queue. Raises FolderBusyError."""
        with ExitStack() as stack:
            try:
                stack.enter_context(FolderLock(self._folder.parent))
            except FolderBusyError as error:
                raise FolderBusyError(
                    "Another node works with this “folder”. End it, or give this one another."
                ) from error
            yield

    def take(self, content: bytes, sop_instance: str = "") -> Entry:
        """Keep a received DICOM file; the same one again is kept once.

        `sop_instance` is what the peer calls it. Raises NotTakenError.
        """
        about = _about(content)
        if sop_instance and about["SOPInstanceUID"] != sop_instance:
            raise NotTakenError(0xA900, "Data set and request name different instances.")
        if is_export_content(content):
            raise NotTakenError(0xC001, "This is an export of JRViewer: not denoised again.")
        entry = Entry(self._folder / _hash(about["StudyInstanceUID"], about["SeriesInstanceUID"]))
        path = entry.received / f"{_hash(about['SOPInstanceUID'])}.dcm"
        if path.exists():
            if path.read_bytes() != content:
                raise NotTakenError(0x0111, "An instance of this UID and other content is here.")
            return entry
        if self._bytes + len(content) > self._most:
            raise NotTakenError(0xA700, "The queue is full. Try again later.")
        try:
            entry.received.mkdir(parents=True, exist_ok=True)
            create_file(path, content)
        except (OSError, ExportError) as error:
            cause = error if isinstance(error, OSError) else error.__cause__
            reason = reason_of(cause) if isinstance(cause, OSError) else "It cannot be written"
            raise NotTakenError(0xA700, f"{reason.partition('.')[0]}.") from error
        self._bytes += len(content)
        return entry

    def has(self, sop_instance: str) -> bool:
        """Whether an instance is kept."""
        return any(self._folder.glob(f"*/in/{_hash(sop_instance)}.dcm"))

    def entry_of(self, sop_instance: str) -> Entry | None:
        """The series of a kept instance."""
        found = next(self._folder.glob(f"*/in/{_hash(sop_instance)}.dcm"), None)
        return None if found is None else Entry(found.parent.parent)

    def __iter__(self) -> Iterator[Entry]:
        """Every series, the one that has waited longest first."""
        entries = [Entry(path) for path in self._folder.iterdir() if (path / "in").is_dir()]
        return iter(sorted(entries, key=Entry.last_change))

    def complete(self, quiet_seconds: float) -> Iterator[Entry]:
        """Series that are to be derived or sent now: of which nothing has come for so long, by a
        clock that nobody sets, or which were called complete.
        """
        for entry in self:
            is_quiet = self._is_quiet(entry, quiet_seconds)
            if not entry.is_over() and (is_quiet or entry.is_called_complete):
                yield entry

    def _is_quiet(self, entry: Entry, seconds: float) -> bool:
        now, change = time.monotonic(), entry.last_change()
        known, since = self._changes.get(entry.folder, (None, now))
        if known != change:
            since = now
            self._changes[entry.folder] = (change, since)
        return now - since >= seconds

    def is_empty(self) -> bool:
        """Whether nothing is left to do."""
        return all(entry.is_over() for entry in self)

    def remove_old(self, keep_seconds: float) -> int:
        """Remove what has been over for so long; returns how many series."""
        removed = 0
        for entry in list(self):
            if entry.is_over() and time.time() - entry.over_since() >= keep_seconds:
                removed += self._remove(entry)
        return removed

    def _remove(self, entry: Entry) -> bool:
        """Remove a series, unless an object has come since it was looked at: it is put aside first,
        where nothing more can come.
        """
        aside = Entry(self._aside / entry.folder.name)
        entry.folder.rename(aside.folder)
        if not aside.is_over():
            self._put_back(aside)
            return False
        self._bytes -= sum(
            path.stat().st_size for path in aside.folder.rglob("*") if path.is_file()
        )
        aside.remove()
        self._changes.pop(entry.folder, None)
        return True

    def _put_back(self, aside: Entry) -> None:
        """To its place; where its next object was faster, beside it."""
        back = Entry(self._folder / aside.folder.name)
        if not back.received.exists():
            aside.folder.rename(back.folder)
            return
        for path in aside.received.glob("*.dcm"):
            path.replace(back.received / path.name)
        aside.remove()


def _about(content: bytes) -> dict[str, str]:
    try:
        ds = pydicom.dcmread(BytesIO(content), stop_before_pixels=True, specific_tags=[*_NEEDED])
        about = {name: str(ds.get(name, "")) for name in _NEEDED}
    except _UNREADABLE as error:
        raise NotTakenError(0xC000, "The data set cannot be read.") from error
    if not all(about.values()):
        raise NotTakenError(0xC002, "The data set lacks study, series or instance UID.")
    return about


def _hash(*uids: str) -> str:
    return hashlib.sha256(" ".join(uids).encode("utf-8", "replace")).hexdigest()[:32]
