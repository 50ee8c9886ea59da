"""The manifest: a JSON line for every slice, written when its exports are complete.

A line is the commit: what has none is done again. Before the exports of a slice are written, their
name is reserved in a file of its own; what a killed process leaves without a line is found by it
and removed, so that nothing is there twice.
"""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jrviewer.core.atomic_write import reason_of
from jrviewer.core.errors import ExportError
from jrviewer.export.own_exports import is_export_file
from jrviewer.export.writer import ENDINGS

NAME = "manifest.jsonl"
RESERVED = ".jrviewer-at-work-"
EXPORTS = ("ply", "png", "dcm")

Record = dict[str, Any]


class Manifest:
    """The manifest of a folder, for one kind of job: the same weights and options.

    Records are found in the file by where they begin; memory does not grow with it. Raises
    ExportError where the system refuses.
    """

    def __init__(self, folder: Path, job: str) -> None:
        self._folder, self._job = folder, job
        self._known = sqlite3.connect("", isolation_level=None)
        self._known.execute("CREATE TABLE lines (key TEXT PRIMARY KEY, at INTEGER)")
        self._reserved: list[Path] = []
        try:
            self._file = (folder / NAME).open("a+b")
            self._read()
        except OSError as error:
            raise ExportError(f"{reason_of(error)}; nothing was changed.") from error
        remove_left_overs(folder, self._names_written())

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

    def reserve(self, stem: str) -> bool:
        """Keep a name for the slice that is exported next; False where another process has it."""
        folded = hashlib.sha256(stem.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        path = self._folder / f"{RESERVED}{folded[:16]}"
        try:
            with path.open("x", encoding="utf-8", errors="surrogatepass") as file:
                file.write(stem)
        except FileExistsError:
            return False
        except OSError as error:
            raise ExportError(f"{reason_of(error)}; nothing was changed.") from error
        self._reserved.append(path)
        return True

    def commit(self, key: str, record: Record) -> None:
        """Append the record of a slice whose exports are complete."""
        line = json.dumps({"key": key, "job": self._job, **record}) + "\n"
        try:
            at = self._file.seek(0, os.SEEK_END)
            self._file.write(line.encode("ascii"))
            self._file.flush()
            os.fsync(self._file.fileno())
            for path in self._reserved:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ExportError(f"The manifest cannot be written. {reason_of(error)}.") from error
        self._reserved.clear()
        if key:
            self._known.execute("INSERT OR REPLACE INTO lines VALUES (?, ?)", (key, at))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._known.close()

    def _read(self) -> None:
        """Note where the records of this job begin; end a line that was cut short."""
        self._file.seek(0)
        at, line = 0, b"\n"
        for line in self._file:
            try:
                record = json.loads(line)
            except ValueError:
                record = {}
            if isinstance(record, dict) and record.get("job") == self._job and record.get("key"):
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
        names = (record.get(kind) for kind in EXPORTS)
        return all((self._folder / name).exists() for name in names if name)

    def _names_written(self) -> frozenset[str]:
        """Names of recorded exports, of those that were reserved when a process was killed."""
        stems = {_stem_in(path) for path in self._folder.glob(f"{RESERVED}*")}
        wanted = {f"{stem}{ending}" for stem in stems for ending in ENDINGS.values()}
        if not wanted:
            return frozenset()
        found = set()
        self._file.seek(0)
        for line in self._file:
            try:
                record = json.loads(line)
            except ValueError:
                continue
            found |= wanted & {record.get(kind) for kind in EXPORTS}
        return frozenset(found)


def remove_left_overs(folder: Path, recorded: frozenset[str]) -> None:
    """Remove what a killed process has exported without a record, and its reservations."""
    try:
        for path in folder.glob(f"{RESERVED}*"):
            stem = _stem_in(path)
            for name in (f"{stem}{ending}" for ending in ENDINGS.values() if stem):
                if name not in recorded and is_export_file(folder / name):
                    (folder / name).unlink()
            path.unlink()
    except OSError as error:
        raise ExportError(f"{reason_of(error)}; nothing was changed.") from error


def _stem_in(reservation: Path) -> str:
    """The reserved name; "" where the process was killed before it wrote it, or it is odd."""
    stem = reservation.read_text("utf-8", errors="surrogatepass")
    return stem if stem == Path(stem).name else ""
