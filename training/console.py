"""What the training commands have in common: options, progress on the terminal, their tables."""

import argparse
import json
import sys
from pathlib import Path

from jrviewer.core.progress import Report, silent


def add_seeds(parser: argparse.ArgumentParser, told: str, default: int = 3) -> None:
    """The option of how many runs there are, 1 to 10, which `told` says of what."""
    many = range(1, 11)
    parser.add_argument("--seeds", type=int, default=default, choices=many, metavar="N", help=told)


def add_weights(parser: argparse.ArgumentParser) -> None:
    """The option of which weights are measured."""
    shipped = Path("resources/model/joint.safetensors")
    told = "weights file; the shipped one by default"
    parser.add_argument("--weights", type=Path, default=shipped, help=told)


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
