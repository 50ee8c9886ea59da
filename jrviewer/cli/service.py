"""Commands that go on until they are told to end: watch."""

import argparse
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType

from jrviewer import NOTICE
from jrviewer.cli import output
from jrviewer.cli.jobs import job_of, refuse
from jrviewer.core.errors import ExportError

LOOK_EVERY_S = 2.0


def watch(arguments: argparse.Namespace) -> tuple[str, int]:
    """Predict whatever arrives in a folder, until Ctrl-C or SIGTERM."""
    from jrviewer.archive.run import open_run
    from jrviewer.archive.watch import Watch

    if not arguments.folder.is_dir():
        raise ExportError("There is no such folder to watch. Make it, or choose another one.")
    quiet: float = arguments.quiet
    with open_run(job_of(arguments), refuse) as run, told_to_end() as is_over:
        run.is_over = is_over.is_set
        output.say(f"Watching; a series is complete after {quiet:g} s without a new file.")
        with closing(Watch(run, arguments.folder, quiet, output.say)) as watched:
            while True:
                is_waiting = watched.step(time.monotonic())
                if arguments.once and not is_waiting:
                    break
                if is_over.wait(min(LOOK_EVERY_S, quiet / 2)):
                    break
        ended = run.end()
    text = f"{ended.done} of {ended.total} done; the details are in {ended.report}. {NOTICE}"
    return text, 0 if ended.done == ended.total else 1


@contextmanager
def told_to_end() -> Iterator[threading.Event]:
    """An event that SIGTERM and the first Ctrl-C set; the slice at work is finished. A second
    Ctrl-C stops at once.
    """
    is_over = threading.Event()

    def note(number: int, frame: FrameType | None) -> None:
        if is_over.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        is_over.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield is_over
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
