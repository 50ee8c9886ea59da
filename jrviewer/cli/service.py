"""Commands that go on until they are told to end: watch and node."""

import argparse
import importlib.util
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from jrviewer import NOTICE
from jrviewer.cli import output
from jrviewer.cli.jobs import job_of, refuse, say_what_to_know
from jrviewer.core.errors import ExportError, JRViewerError

if TYPE_CHECKING:
    from jrviewer.batch.node.config import NodeConfig

LOOK_EVERY_S = 2.0


def watch(arguments: argparse.Namespace) -> tuple[str, int]:
    """Predict whatever arrives in a folder, until Ctrl-C or SIGTERM."""
    from jrviewer.batch.run import open_run
    from jrviewer.batch.watch import Watch

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
    say_what_to_know(ended, arguments.strength)
    text = f"{ended.done} of {ended.total} done; the details are in {ended.report}. {NOTICE}"
    return text, 0 if ended.done == ended.total else 1


def node(arguments: argparse.Namespace) -> tuple[str, int]:
    """Run, try or feed a DICOM node."""
    if importlib.util.find_spec("pynetdicom") is None:
        raise JRViewerError(
            "The node is an extra: pip install '.[node]' in JRViewer's source folder."
        )
    from jrviewer.batch.node.config import read_config

    config = read_config(arguments.config)
    if arguments.action == "check":
        return _check(config, with_phantom=not arguments.no_phantom)
    with told_to_end() as is_over:
        if arguments.action == "fetch":
            return _fetch(config, arguments, is_over)
        from jrviewer.batch.node.service import serve

        serve(config, is_over, output.say)
    return NOTICE, 0


def _check(config: "NodeConfig", *, with_phantom: bool) -> tuple[str, int]:
    from jrviewer.batch.node.check import check

    found = list(check(config, with_phantom=with_phantom))
    lines = [f"{'ok    ' if one.ok else 'FAILED'} {one.name}: {one.said}" for one in found]
    return "\n".join(lines), 0 if all(one.ok for one in found) else 1


def _fetch(
    config: "NodeConfig", arguments: argparse.Namespace, is_over: threading.Event
) -> tuple[str, int]:
    """Fetch, then work until the queue is empty or nothing of it succeeds now."""
    from jrviewer.batch.folder_lock import FolderBusyError
    from jrviewer.batch.node.commitment import Commitments
    from jrviewer.batch.node.fetch import fetch
    from jrviewer.batch.node.queue import Queue
    from jrviewer.batch.node.service import make_node
    from jrviewer.batch.node.wanted import Wanted

    if arguments.peer not in config.peers:
        raise JRViewerError("--from names no peer of the configuration.")
    wanted = Wanted(**{name: getattr(arguments, name) for name in Wanted.__dataclass_fields__})
    if wanted == Wanted(modality=wanted.modality):
        raise JRViewerError("Say what to fetch: --study, --series, --accession or --patient.")
    queue = Queue(config.folder)
    whole = fetch(config, config.peers[arguments.peer], wanted, queue, output.say)
    try:
        with queue.worked_by_one():
            working = make_node(config, queue, Commitments(is_listening=False), output.say, is_over)
            while not is_over.is_set() and working.step(0.0):
                pass
    except FolderBusyError:
        return f"{whole} series came whole; the node that runs does them. {NOTICE}", int(not whole)
    is_done = whole > 0 and queue.is_empty()
    return f"{whole} series came whole. {NOTICE}", 0 if is_done else 1


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
