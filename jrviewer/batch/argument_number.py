"""Which argument of a command a file came with; so it can be told without its path."""

from collections.abc import Callable, Sequence
from pathlib import Path

from jrviewer.core.real_path import real_path


def _real(path: Path) -> Path:
    """Without links; a link in a circle, of which `Path.resolve` makes an exception, stays."""
    return Path(real_path(path))


def argument_number(path: Path, paths: Sequence[Path]) -> int:
    """Which argument a file came with, from 1: itself, its folder or a DICOMDIR; 0 where none."""
    # Most lie in their argument by name, which needs no look at the disk.
    if number := next((n for n, one in enumerate(paths, 1) if path.is_relative_to(one)), 0):
        return number
    found = _real(path)
    given = [_real(argument) for argument in paths]
    tests: list[Callable[[Path], bool]] = [
        lambda argument: argument == found,
        lambda argument: argument in found.parents,
        lambda argument: argument.parent in found.parents,
    ]
    numbers = (number for test in tests for number, one in enumerate(given, start=1) if test(one))
    return next(numbers, 0)
