"""`jrviewer`: a sub-command when one is named, else the window."""

import gc
import multiprocessing
import sys
from collections.abc import Sequence
from pathlib import Path

from jrviewer import cli
from jrviewer.core import malloc

INTERRUPTED = 130  # what a shell expects after Ctrl-C


def main(arguments: Sequence[str] | None = None) -> int:
    """Run with the command line's arguments; returns the exit code.

    A sub-command's name wins over a file of that name, which is reached as `./predict`.
    """
    multiprocessing.freeze_support()  # in the frozen app a child process starts here too
    malloc.configure()  # before the first thread
    if arguments is None:
        arguments = sys.argv[1:]
    if cli.is_command(arguments):
        return cli.main(arguments)
    gc.disable()  # until the window is painted: imports and widgets leave no garbage
    try:
        return _open_window(arguments)
    finally:
        gc.enable()


def _open_window(arguments: Sequence[str]) -> int:
    try:
        from jrviewer.ui.app import main as open_window
    except KeyboardInterrupt:  # there is no window yet that it could close
        return INTERRUPTED

    return open_window([Path(argument) for argument in arguments if argument])


if __name__ == "__main__":
    sys.exit(main())
