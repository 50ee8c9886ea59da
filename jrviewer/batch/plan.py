"""Which files of an archive are read together: whole series, small ones in bundles.

The list lies in a temporary database, so memory does not grow with the archive. It holds paths and
nothing else of a patient, and is gone when the process ends, however it ends.
"""

import math
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jrviewer.core.real_path import real_path
from jrviewer.dicom import Looked

MOST_FILES = 100  # of a bundle of small groups; a larger series is a bundle of its own

_FILES = """
CREATE TABLE files (
    id INTEGER PRIMARY KEY, place BLOB UNIQUE, path BLOB, member TEXT, argument INTEGER,
    sha256 TEXT, series TEXT, alike TEXT, frames INTEGER, directory INTEGER, refusal TEXT,
    grp TEXT, shown INTEGER DEFAULT 0, since REAL, over INTEGER DEFAULT 0
)"""
# Paths are bytes: a name need not be UTF-8.
# Files that are alone in their series, or name none, may form one by their circumstances, and are
# read together. A patient's name is no part of it: files of a series UID are always together.
_GROUP = """
UPDATE files SET grp = CASE
    WHEN series != '' AND series IN (
        SELECT series FROM files GROUP BY series HAVING COUNT(*) > 1) THEN series
    WHEN alike != '' THEN alike
    ELSE id END
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Files that may form one series."""

    files: tuple[Looked, ...]


class Plan:
    """The files of one run, in the order in which they were found."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # a file without name
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(_FILES)
        self._database.execute("CREATE INDEX paths ON files (path)")

    def add(self, file: Looked, since: float = 0.0) -> bool:
        """Note a file, and since when it has not changed; False where it is known already."""
        place = os.fsencode(f"{real_path(file.path)}\0{file.member}")
        values = (
            *(place, os.fsencode(file.path), file.member, file.argument, file.sha256, file.series),
            *(file.alike, file.frames, file.is_directory, file.refusal),
            since,
        )
        added = self._database.execute(
            "INSERT OR IGNORE INTO files (place, path, member, argument, sha256, series, alike,"
            " frames, directory, refusal, since) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        return added.rowcount == 1

    @property
    def frames(self) -> int:
        """How many slices there may be."""
        found = self._database.execute(
            "SELECT SUM(frames) FROM files WHERE NOT directory AND refusal = ''"
        ).fetchone()
        return int(found[0] or 0)

    @property
    def files(self) -> int:
        """How many files there are."""
        return int(self._database.execute("SELECT COUNT(*) FROM files").fetchone()[0])

    @property
    def is_open(self) -> bool:
        """Whether a group has not ended."""
        found = self._database.execute("SELECT 1 FROM files WHERE NOT over LIMIT 1").fetchone()
        return found is not None

    def refused(self) -> Iterator[Looked]:
        """Files that could not even be looked at, each with its refusal."""
        yield from self._select("refusal != ''")

    def remove(self, path: Path) -> None:
        """Forget a file, and all members of an archive."""
        self._database.execute("DELETE FROM files WHERE path = ?", (os.fsencode(path),))

    def put_off(self, group: Group, until: float) -> None:
        """Take a group up again at a later time."""
        for file in group.files:
            self._set(file, "since", until)

    def end(self, group: Group) -> None:
        """Leave a group alone until a file joins it."""
        for file in group.files:
            self._set(file, "over", 1)

    def groups(self, unchanged_since: float = math.inf) -> Iterator[Group]:
        """Files that must be read together, in the order of their first ones; only groups that have
        not ended and of which no file is younger.
        """
        self._database.execute(_GROUP)
        self._database.execute("CREATE INDEX IF NOT EXISTS groups ON files (grp)")
        names = self._database.execute(
            "SELECT grp FROM files WHERE NOT directory AND refusal = ''"
            " GROUP BY grp HAVING MIN(over) = 0 AND MAX(since) <= ? ORDER BY MIN(id)",
            (unchanged_since,),
        )
        for (name,) in names:
            files = self._select("grp = ? AND NOT directory AND refusal = ''", name)
            yield Group(tuple(files))

    def count_groups(self) -> int:
        """How many groups there are."""
        self._database.execute(_GROUP)
        found = self._database.execute("SELECT COUNT(DISTINCT grp) FROM files").fetchone()
        return int(found[0])

    def show(self, file: Looked) -> None:
        """Note that a file brought a slice, or would have."""
        self._set(file, "shown", 1)

    def useless_directories(self) -> Iterator[Looked]:
        """DICOMDIRs of which no file was shown."""
        for one in list(self._select("directory")):
            place = os.fsencode(one.path if one.member else f"{one.path.parent}{os.sep}")
            found = self._database.execute(
                "SELECT 1 FROM files WHERE shown AND substr(path, 1, ?) = ? LIMIT 1",
                (len(place), place),
            ).fetchone()
            if found is None:
                yield one

    def _set(self, file: Looked, column: str, value: float) -> None:
        self._database.execute(
            f"UPDATE files SET {column} = ? WHERE path = ? AND member = ?",
            (value, os.fsencode(file.path), file.member),
        )

    def _select(self, where: str, *values: str) -> Iterator[Looked]:
        rows = self._database.execute(
            "SELECT path, member, argument, sha256, series, alike, frames, directory, refusal"
            f" FROM files WHERE {where} ORDER BY id",
            values,
        )
        for path, member, argument, sha256, series, alike, frames, directory, refusal in rows:
            about = (argument, sha256, series, alike, frames, bool(directory), refusal)
            yield Looked(Path(os.fsdecode(path)), member, *about)

    def close(self) -> None:
        """Forget everything."""
        self._database.close()


def bundles(groups: Iterator[Group]) -> Iterator[list[Group]]:
    """Groups to read at once: small ones together, up to so many files."""
    waiting: list[Group] = []
    for group in groups:
        if waiting and sum(len(one.files) for one in [*waiting, group]) > MOST_FILES:
            yield waiting
            waiting = []
        waiting.append(group)
    if waiting:
        yield waiting
