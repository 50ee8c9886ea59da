"""One run at a time in a folder. The system lets go of the lock when a process dies."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Self

from jrviewer.core.atomic_write import reason_of
from jrviewer.core.errors import ExportError

NAME = ".jrviewer-lock"


class FolderBusyError(ExportError):
    """Another process writes there."""


class FolderLock:
    """A context manager. Raises FolderBusyError where another process writes there, and ExportError
    where the system refuses.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._descriptor = -1

    def __enter__(self) -> Self:
        try:
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ExportError(f"{reason_of(error)}; nothing was changed.") from error
        try:
            _lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            raise FolderBusyError(
                "Another run of JRViewer writes into this folder. Wait for its end, or choose "
                "another folder."
            ) from error
        return self

    def __exit__(self, *raised: object) -> None:
        if os.name == "nt":  # where no open file can be removed
            os.close(self._descriptor)
            with contextlib.suppress(PermissionError):  # the next run has it open already
                self._path.unlink(missing_ok=True)
        else:  # while it is held, lest the next run's is removed
            self._path.unlink(missing_ok=True)
            os.close(self._descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
