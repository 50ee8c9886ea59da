"""The results of one run, on disk until its report is written."""

import json
import sqlite3
from collections.abc import Iterator

from jrviewer.export.report import Result, empty_result

_KEYS = tuple(empty_result(0, None))


class Results:
    """Grows by a few bytes of memory whatever there is; gone when the process ends."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE results (id INTEGER PRIMARY KEY, argument INTEGER, result TEXT)"
        )
        self.total = self.done = self.earlier = self.short_of_strength = 0

    def add(self, result: Result, *, earlier: bool = False) -> None:
        """Keep a result, or what a record of the manifest says of one."""
        # A record of an older version lacks what is new since then.
        kept = {name: result.get(name) for name in _KEYS}
        self._database.execute(
            "INSERT INTO results (argument, result) VALUES (?, ?)",
            (kept["argument"], json.dumps(kept)),
        )
        self.total += 1
        self.done += bool(kept["ok"])
        self.short_of_strength += kept["strength_reached"] is False
        self.earlier += earlier

    def __iter__(self) -> Iterator[Result]:
        """All of them, in the order of their arguments."""
        rows = self._database.execute("SELECT result FROM results ORDER BY argument, id")
        for (text,) in rows:
            yield json.loads(text)

    def close(self) -> None:
        """Forget everything."""
        self._database.close()
