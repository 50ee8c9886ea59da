"""What the training commands say: progress on the terminal, and their tables."""

import json
import sys
from pathlib import Path

from jrviewer.core.progress import Report, silent


def progress() -> Report:
    """A report that overwrites one line of a terminal, and is silent elsewhere."""
    if not sys.stderr.isatty():
        return silent

    def report(fraction: float, what: str) -> None:
        sys.stderr.write(f"\r{fraction:4.0%} {what:70.70}")
        sys.stderr.flush()

    return report


def tell(path: Path, table: object, text: str) -> None:
    """Write a table as JSON, and as text beside it (`.md`) and on the terminal."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    path.with_suffix(".md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
