"""What the command line prints: the result to stdout, everything else to stderr."""

import errno
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from jrviewer.core.atomic_write import reason_of
from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report, silent


def say(sentence: str) -> None:
    """Print a sentence to stderr, on a line of its own."""
    clear = "\r\x1b[K" if sys.stderr is not None and sys.stderr.isatty() else ""
    _write_to_stderr(clear + " ".join(sentence.split()) + "\n")


def _write_to_stderr(text: str) -> None:
    """Where stderr cannot be written, there is no way left to say so: the work goes on."""
    with suppress(OSError):
        print(text, end="", file=sys.stderr, flush=True)


def print_result(text: str) -> None:
    """Print a command's result to the end. A reader that has gone away, such as `head`, has read
    all it wanted. Raises JRViewerError where the output cannot take it, such as a full disk.
    """
    if sys.stdout is None:  # a window program on Windows
        return
    try:
        print(text, end="\n" if text else "", flush=True)
    except OSError as error:
        # What is left in the buffer would fail again, with a traceback, when Python ends.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - until the end
        # Windows says of a pipe without a reader that the argument is invalid.
        has_gone = isinstance(error, BrokenPipeError) or (
            os.name == "nt" and error.errno == errno.EINVAL
        )
        if not has_gone:
            raise JRViewerError(f"The result could not be printed. {reason_of(error)}.") from error


def is_for_people() -> bool:
    """Whether the result goes to a terminal, rather than into a file or another program."""
    return sys.stdout is not None and sys.stdout.isatty()


@contextmanager
def progress() -> Iterator[Report]:
    """A report that keeps one line of the terminal up to date; silent where there is none."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield silent
        return

    def report(fraction: float, what: str) -> None:
        _write_to_stderr(f"\r\x1b[K{fraction:4.0%} {what[:70]}")

    try:
        yield report
    finally:
        _write_to_stderr("\r\x1b[K")


@contextmanager
def libraries_silenced() -> Iterator[None]:
    """Libraries warn with the odd value in full, which may be a patient's name."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def replace_unprintable_letters() -> None:
    """A terminal that lacks a letter shows a question mark instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
