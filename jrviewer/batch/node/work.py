"""The node at work: complete series are derived, and sent while they are."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from jrviewer.batch.bundle import BatchOptions
from jrviewer.batch.job import Job
from jrviewer.batch.node.config import NodeConfig
from jrviewer.batch.node.queue import Entry, Queue
from jrviewer.batch.node.send import Sender, StillDownError
from jrviewer.batch.node.sent import Outbox, hand_on_derived, sending
from jrviewer.batch.run import Run, look, open_run
from jrviewer.core.atomic_write import reason_of
from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import silent
from jrviewer.export.writer import ExportRequest

if TYPE_CHECKING:
    from jrviewer.model.joint_model import JointModel

LASTING_KEY = b"JRViewer node"  # no secret: what is sent names its source all the same
DISK = "Temporary files cannot be written: the disk may be full"
FIRST_WAIT_S, LONGEST_WAIT_S = 15.0, 900.0  # before what failed is tried again

Say = Callable[[str], None]


class Node:
    """Works through the queue, one series at a time. `sender` is None where nothing is sent."""

    def __init__(
        self,
        config: NodeConfig,
        queue: Queue,
        model: "JointModel",
        sender: Sender | None,
        say: Say,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._config, self._queue, self._model = config, queue, model
        self._sender, self._say, self._is_over = sender, say, is_over
        # What is de-identified again has nothing in common with what was before.
        self._key = b"" if config.deidentify else LASTING_KEY
        self._waits: dict[Path, tuple[float, float]] = {}  # until when, and how long the next

    def step(self, quiet_seconds: float) -> bool:
        """Do what is complete and due; whether anything was."""
        any_done = False
        for entry in list(self._queue.complete(quiet_seconds)):
            if self._is_over():
                break
            if self._waits.get(entry.folder, (0.0, 0.0))[0] <= time.monotonic():
                any_done = True
                self._do(entry)
        self._remove_old()
        return any_done

    def _remove_old(self) -> None:
        try:
            removed = self._queue.remove_old(self._config.keep_hours * 3600)
        except OSError as error:
            self._say(f"What was kept long enough cannot be removed. {reason_of(error)}.")
        else:
            if removed:
                self._say(f"Removed {removed} series that were kept long enough.")

    def _do(self, entry: Entry) -> None:
        _, wait = self._waits.get(entry.folder, (0.0, FIRST_WAIT_S))
        try:
            is_over = self._derive_and_send(entry)
        except StillDownError as error:  # which is derived, and was said of another series
            self._waits[entry.folder] = (time.monotonic() + error.seconds, wait)
            return
        except JRViewerError as error:
            self._say(str(error))
            is_over = False
        except (OSError, sqlite3.Error) as error:  # of a full disk, on which nothing can be noted
            reason = reason_of(error) if isinstance(error, OSError) else DISK
            self._say(f"A series has to wait. {reason}.")
            is_over = False
        if is_over:
            self._waits.pop(entry.folder, None)
            return
        self._waits[entry.folder] = (time.monotonic() + wait, min(2 * wait, LONGEST_WAIT_S))

    def _derive_and_send(self, entry: Entry) -> bool:
        """Whether the series needs no other attempt."""
        count, started = entry.count(), time.monotonic()
        with (
            sending(partial(self._send, entry)) as outbox,
            open_run(self._job(entry), _silent, model=self._model, key=self._key) as run,
        ):
            self._derive(entry, run, outbox)
        if self._is_over():
            return False
        results, seconds = run.results, time.monotonic() - started
        done = f"{results.done} of {results.total} slices derived"
        if self._sender is None:
            self._say(f"A series: {done} in {seconds:.1f} s.")
        else:
            committed = self._commit(entry)
            if committed is False:
                self._say(f"A series: {done}, sent, but not all kept; it is sent again.")
                entry.sent.forget()
                return False
            words = "" if committed is None else " and committed"
            self._say(f"A series: {done}, {outbox.sent} sent{words} in {seconds:.1f} s.")
        if run.failed:
            return False
        entry.end(count)
        return True

    def _job(self, entry: Entry) -> Job:
        config = self._config
        request = ExportRequest(entry.derived, frozenset({"dcm"}), deidentify=config.deidentify)
        return Job(request, BatchOptions(run_anyway=config.run_anyway, strength=config.strength))

    def _derive(self, entry: Entry, run: Run, outbox: Outbox) -> None:
        """Derive what is missing; every derived file is handed on as soon as it is recorded."""
        run.is_over = self._is_over
        hand_on_derived(run, outbox)
        look([entry.received], run.plan, _silent, silent)
        run.go()

    def _send(self, entry: Entry, files: Iterator[Path]) -> int:
        """Send files as they come, to the last; without a sender they are only counted."""
        if self._sender is None:
            return sum(1 for _ in files)
        return self._sender.send(entry, files)

    def _commit(self, entry: Entry) -> bool | None:
        files = [entry.derived / name for name in sorted(entry.sent.names())]
        return self._sender.commit(files) if self._sender else None


def _silent(argument: int, sentence: str) -> None:
    """Refusals are in the manifest; a line for each slice would fill the log."""
