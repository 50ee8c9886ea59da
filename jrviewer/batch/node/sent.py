"""What a destination has taken, noted file by file, so that after a kill only the rest is sent."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from jrviewer.batch.manifest import Record
from jrviewer.batch.run import Run


class SentNotes:
    """The names of files that one destination has taken."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> set[str]:
        """All of them."""
        try:
            lines = self._path.read_text("ascii").splitlines()
        except FileNotFoundError:  # none yet
            return set()
        return {str(one["name"]) for one in map(_parsed, lines) if "name" in one}

    def note(self, name: str) -> None:
        """Note that a file was taken."""
        with self._path.open("a", encoding="ascii") as file:
            file.write(json.dumps({"name": name}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def forget(self) -> None:
        """Send everything again."""
        self._path.unlink(missing_ok=True)


def sent_to(destination: str, folder: Path) -> SentNotes:
    """What of a folder of exports a destination has taken."""
    name = hashlib.sha256(destination.encode()).hexdigest()[:16]
    return SentNotes(folder / f".jrviewer-sent-{name}.jsonl")


class Outbox:
    """Files that are sent on another thread as they are handed on."""

    def __init__(self) -> None:
        self._files = SimpleQueue[Path | None]()
        self.sent = 0  # how many, once it is over

    def hand_on(self, path: Path) -> None:
        """Let a file be sent."""
        self._files.put(path)

    def end(self) -> None:
        """Say that nothing more comes."""
        self._files.put(None)

    def paths(self) -> Iterator[Path]:
        """All files to the last, as they come."""
        for path in iter(self._files.get, None):
            if path is not None:
                yield path


def hand_on_derived(run: Run, outbox: Outbox) -> None:
    """Let what a run has derived before be sent, and all else as soon as it is recorded."""

    def hand_on(record: Record) -> None:
        name = record["dcm"]
        if name and record["outcome"] == "done" and (run.folder / name).exists():
            outbox.hand_on(run.folder / name)

    for record in run.manifest:
        hand_on(record)
    run.heard = hand_on


@contextmanager
def sending(send: Callable[[Iterator[Path]], int]) -> Iterator[Outbox]:
    """An outbox whose files `send` takes, and counts those that were sent; the block waits for the
    last, and raises what `send` has raised.
    """
    outbox = Outbox()
    with ThreadPoolExecutor(1, "jrviewer-sender") as pool:
        future = pool.submit(send, outbox.paths())
        try:
            yield outbox
        finally:
            outbox.end()
        outbox.sent = future.result()


def _parsed(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:  # cut short by a kill: that file is sent again
        return {}
    return found if isinstance(found, dict) else {}
