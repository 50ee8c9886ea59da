"""The manifest: a JSON line for every slice, written when its exports are complete.

A line is the commit: what has none is done again. Before the exports of a slice are written, their
name is reserved in a file of its own; what a killed process leaves without a line is found by it
and removed, so that nothing is there twice.
"""

import contextlib
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from jrviewer.batch.reservations import Reservations
from jrviewer.core.atomic_write import reason_of, replace_file
from jrviewer.core.errors import ExportError
from jrviewer.export.own_exports import HEAD_BYTES, begins_like_a_manifest
from jrviewer.export.writer import KINDS

NAME = "manifest.jsonl"
RECORDS = ".jrviewer-records"

Record = dict[str, Any]


class Manifest:
    """The manifest of a folder, for one kind of job: the same weights and options.

    Records are found in the file by where they begin; memory does not grow with it. Raises
    ExportError where the system refuses.
    """

    def __init__(self, folder: Path, job: str) -> None:
        self._folder, self.job = folder, job
        self._known = sqlite3.connect("", isolation_level=None)
        self._known.execute("CREATE TABLE lines (key TEXT PRIMARY KEY, at INTEGER)")
        self.reservations = Reservations(folder)
        self._file: BinaryIO = BytesIO()  # until there is something to record
        try:
            if _is_there(folder / NAME):
                self._open()
                self._read()
        except OSError as error:
            raise ExportError(f"{reason_of(error)}; nothing was changed.") from error
        take_records(folder, self)
        self.reservations.remove_left_overs(self._names_written())

    def __contains__(self, key: str) -> bool:
        """Whether a slice, or a finished group, is recorded and its exports are still there."""
        record = self.find(key)
        return record is not None and self._is_whole(record)

    def find(self, key: str) -> Record | None:
        """The last record of a key."""
        row = self._known.execute("SELECT at FROM lines WHERE key = ?", (key,)).fetchone()
        return self._at(row[0]) if row else None

    def of_file(self, sha256: str) -> Iterator[Record]:
        """The records of a file's slices."""
        if sha256:
            rows = self._known.execute(
                "SELECT at FROM lines WHERE key >= ? AND key < ? ORDER BY at",
                (f"{sha256}.", f"{sha256}/"),
            ).fetchall()
            yield from (self._at(row[0]) for row in rows)

    def __iter__(self) -> Iterator[Record]:
        """The last record of every slice, in the order of the file."""
        rows = self._known.execute("SELECT at FROM lines WHERE key NOT LIKE 'group %' ORDER BY at")
        for (at,) in rows:
            yield self._at(at)

    def commit(self, key: str, record: Record, *, sync: bool = True) -> None:
        """Append the record of a slice whose exports are complete; without `sync` it may come to
        the disk later.
        """
        whole = {"key": key, "job": self.job, **record}
        line = json.dumps(whole) + "\n"
        try:
            if isinstance(self._file, BytesIO):
                self._open()
            at = self._file.seek(0, os.SEEK_END)
            self._file.write(line.encode("ascii"))
            self._file.flush()
            if sync:
                os.fsync(self._file.fileno())
            self.reservations.release()
        except OSError as error:
            raise ExportError(f"The manifest cannot be written. {reason_of(error)}.") from error
        if key and whole["job"] == self.job:
            self._known.execute("INSERT OR REPLACE INTO lines VALUES (?, ?)", (key, at))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self.reservations.close()
        self._known.close()

    def _open(self) -> None:
        self._file = (self._folder / NAME).open("a+b")

    def _read(self) -> None:
        """Note where the records of this job begin; end a line that was cut short."""
        self._file.seek(0)
        at, line = 0, b"\n"
        for line in self._file:
            try:
                record = json.loads(line)
            except ValueError:
                record = {}
            if isinstance(record, dict) and record.get("job") == self.job and record.get("key"):
                self._known.execute(
                    "INSERT OR REPLACE INTO lines VALUES (?, ?)", (record["key"], at)
                )
            at += len(line)
        if not line.endswith(b"\n"):
            self._file.write(b"\n")
            self._file.flush()

    def _at(self, at: int) -> Record:
        self._file.seek(at)
        record: Record = json.loads(self._file.readline())
        return record

    def _is_whole(self, record: Record) -> bool:
        names = (record.get(kind) for kind in KINDS)
        return all((self._folder / name).exists() for name in names if name)

    def _names_written(self) -> frozenset[str]:
        """Names of recorded exports, of those that were reserved when a process was killed."""
        wanted = self.reservations.left_over()
        if not wanted:
            return frozenset()
        found = set()
        self._file.seek(0)
        for line in self._file:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            found |= wanted & {record.get(kind) for kind in KINDS}
        return frozenset(found)


class Records:
    """What one task of many has done: a file for every record, renamed into place as the commit.
    Whoever gave the task puts them into the manifest.
    """

    def __init__(self, folder: Path, task: str, job: str, done: frozenset[str]) -> None:
        """`done`: keys of the manifest that need no work."""
        self._folder, self._job, self._done = folder / RECORDS, job, done
        self.reservations = Reservations(folder, task)
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise ExportError(f"{reason_of(error)}; nothing was changed.") from error
        self.kept: list[tuple[str, Record]] = []

    def recall(self, keys: Iterable[str]) -> None:
        """Take over what an earlier attempt has recorded, and remove what it has not."""
        found = [(key, _read(self._path(key))) for key in keys]
        self.kept = [(key, one) for key, one in found if one and one.get("job") == self._job]
        names = {record.get(kind) for _, record in self.kept for kind in KINDS}
        self.reservations.remove_left_overs(frozenset(name for name in names if name))

    def __contains__(self, key: str) -> bool:
        return key in self._done or self._path(key).exists()

    def commit(self, key: str, record: Record) -> None:
        """Record a slice whose exports are complete."""
        if key:
            content = json.dumps({"key": key, "job": self._job, **record}).encode("ascii")
            replace_file(self._path(key), content, sync=False)  # what is lost is done again
        self.reservations.release()
        self.kept.append((key, record))

    def _path(self, key: str) -> Path:
        return _record_path(self._folder, key)


def _is_there(path: Path) -> bool:
    """Whether there is a manifest. Raises ExportError where a file of its name, or what a link of
    its name leads to, is of somebody else: records must not be added to it.
    """
    if not path.exists():
        return False
    with path.open("rb") as file:
        if not begins_like_a_manifest(file.read(HEAD_BYTES)):
            raise ExportError(
                f"The output folder holds a {NAME} that is not of JRViewer. Choose another folder; "
                "nothing was changed."
            )
    return True


def forget_records(folder: Path, keys: Iterable[str]) -> None:
    """Remove the records of slices that are in the manifest, on the disk."""
    for key in keys:
        _record_path(folder / RECORDS, key).unlink(missing_ok=True)


def _record_path(folder: Path, key: str) -> Path:
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"


def take_records(folder: Path, manifest: Manifest) -> None:
    """Put records that wait in a folder into the manifest. Raises ExportError."""
    for path in sorted((folder / RECORDS).glob("*.json")):
        record = _read(path)
        if record is not None and manifest.find(record["key"]) != record:
            manifest.commit(record["key"], record)
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # never made, or still in use by another computer's worker
        for path in (folder / RECORDS).iterdir():  # begun by a process that was killed
            path.unlink()
        (folder / RECORDS).rmdir()


def _read(path: Path) -> Record | None:
    try:
        record: Record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return record
