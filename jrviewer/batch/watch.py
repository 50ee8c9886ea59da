"""A folder that is watched: whatever arrives is predicted once its series is complete.

Needs no network and knows no router: it looks at the folder again and again. A file counts once it
has not changed for a while, a series once none of its files has come for as long.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from jrviewer.batch.plan import Group, bundles
from jrviewer.batch.run import Run
from jrviewer.core.real_path import real_path
from jrviewer.export.own_exports import is_export_file

TRY_AGAIN_S = 300.0  # after something failed that may succeed, such as a full disk
Say = Callable[[str], None]


class Watch:
    """Steps of a run over a folder that fills. `quiet_s`: for how long nothing must have come."""

    def __init__(self, run: Run, folder: Path, quiet_s: float, say: Say) -> None:
        self._run, self._folder, self._quiet_s, self._say = run, folder, quiet_s, say
        self._out = Path(real_path(run.folder))
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute(
            "CREATE TABLE seen (path BLOB PRIMARY KEY, size INTEGER, changed INTEGER,"
            " since REAL, looked INTEGER DEFAULT 0, step INTEGER)"
        )
        self._step = 0

    def step(self, now: float) -> bool:
        """Look once, and do what is complete; whether anything is still to come. `now` is of a
        clock that never goes back, in seconds.
        """
        self._step += 1
        for path in _files_in(self._folder, self._out):
            self._note(path, now)
        self._forget_what_is_gone()
        for path in self._settled(now):
            self._look(path, now)
        for bundle in bundles(self._run.plan.groups(now - self._quiet_s)):
            self._do(bundle, now)
        return self._is_waiting()

    def _note(self, path: Path, now: float) -> None:
        try:
            found = path.stat()
        except OSError:  # gone since it was listed, or not ours to see yet
            return
        about = (found.st_size, found.st_mtime_ns)
        known = self._seen.execute(
            "SELECT size, changed FROM seen WHERE path = ?", (os.fsencode(path),)
        ).fetchone()
        if known == about:
            self._seen.execute(
                "UPDATE seen SET step = ? WHERE path = ?", (self._step, os.fsencode(path))
            )
            return
        if known is not None:
            self._run.plan.remove(path)
        self._seen.execute(
            "INSERT OR REPLACE INTO seen (path, size, changed, since, step) VALUES (?, ?, ?, ?, ?)",
            (os.fsencode(path), *about, now, self._step),
        )

    def _forget_what_is_gone(self) -> None:
        gone = self._seen.execute("SELECT path FROM seen WHERE step < ?", (self._step,)).fetchall()
        for (path,) in gone:
            self._run.plan.remove(Path(os.fsdecode(path)))
        self._seen.execute("DELETE FROM seen WHERE step < ?", (self._step,))

    def _settled(self, now: float) -> list[Path]:
        rows = self._seen.execute(
            "SELECT path FROM seen WHERE NOT looked AND since <= ? ORDER BY path",
            (now - self._quiet_s,),
        )
        return [Path(os.fsdecode(path)) for (path,) in rows]

    def _look(self, path: Path, now: float) -> None:
        """Plan a file that has arrived, or say why it cannot be read."""
        from jrviewer import dicom

        self._seen.execute("UPDATE seen SET looked = 1 WHERE path = ?", (os.fsencode(path),))
        for file in dicom.look([path]):
            if is_export_file(file.path, file.member) or file.is_directory:
                continue
            if file.refusal:
                self._run.refuse(file)
            else:
                self._run.plan.add(file, since=now)

    def _do(self, groups: list[Group], now: float) -> None:
        plan, results = self._run.plan, self._run.results
        todo = [group for group in groups if not self._run.is_finished(group)]
        before = results.done, results.total, results.earlier
        if todo and not self._run.do(todo):
            for group in groups:
                plan.put_off(group, now + TRY_AGAIN_S)
        else:
            for group in groups:
                plan.end(group)
        done, total, earlier = (
            after - then
            for after, then in zip(
                (results.done, results.total, results.earlier), before, strict=True
            )
        )
        if total > earlier:
            self._say(f"{done - earlier} of {total - earlier} slices done.")

    def _is_waiting(self) -> bool:
        unseen = self._seen.execute("SELECT 1 FROM seen WHERE NOT looked LIMIT 1").fetchone()
        return unseen is not None or self._run.plan.is_open

    def close(self) -> None:
        """Forget what was seen."""
        self._seen.close()


def _files_in(folder: Path, out: Path) -> Iterator[Path]:
    """The files below a folder but those of an output folder in it; where the exports lie among the
    files, they are told apart when they are looked at.
    """
    from jrviewer.dicom import files_below

    is_apart = Path(real_path(folder)) in out.parents
    for path in files_below(folder):
        if not is_apart or out not in Path(real_path(path)).parents:
            yield path
