"""Progress of the training commands on the terminal."""

import sys

from jrviewer.core.progress import Report, silent


def progress() -> Report:
    """A report that overwrites one line of a terminal, and is silent elsewhere."""
    if not sys.stderr.isatty():
        return silent

    def report(fraction: float, what: str) -> None:
        sys.stderr.write(f"\r{fraction:4.0%} {what:70.70}")
        sys.stderr.flush()

    return report
