"""Crash log: where in the program a bug occurred, without patient data.

An exception's message may quote a file's content, so it is left out, as are paths outside the
program.
"""

import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Signal, qVersion

from jrviewer import __version__

MAX_BYTES = 200_000  # of the log; older entries are dropped
ROOTS = ("jrviewer", "site-packages", "tests")


class CrashLog(QObject):
    """Records what reaches `sys.excepthook` in a file, and emits it."""

    recorded = Signal(str)  # the details, free of patient data

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self.last = ""

    def record(
        self, kind: type[BaseException], bug: BaseException, trace: TracebackType | None
    ) -> None:
        """Record a bug on standard error, in the file and by signal."""
        self.last = details(kind, trace)
        if sys.stderr is not None:  # None in a windowed program on Windows
            sys.stderr.write(f"{self.last}\n")
        if self._folder is not None:
            self._write(self._folder / "crash.log")
        self.recorded.emit(self.last)

    def _write(self, path: Path) -> None:
        entry = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n{self.last}\n\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text("utf-8") if path.exists() else ""
            path.write_text((before + entry)[-MAX_BYTES:], "utf-8")
        except OSError:  # a full disk must not cause a second error
            self.last += "\n(The crash log could not be written.)"


def versions() -> str:
    """Versions of the program and its platform, for a bug report."""
    return (
        f"JRViewer {__version__}, Python {platform.python_version()}, Qt {qVersion()}, "
        f"{platform.system()} {platform.machine()}"
    )


def details(kind: type[BaseException], trace: TracebackType | None) -> str:
    """The type of an exception, the versions, and file and line of each frame; no values."""
    lines = [versions(), kind.__name__]
    frames = traceback.extract_tb(trace)
    lines += [f"  {_place(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join(lines)


def _place(filename: str) -> str:
    """Path within the program; of any other file only its name."""
    parts = Path(filename).parts
    for root in ROOTS:
        if root in parts:
            last = len(parts) - 1 - parts[::-1].index(root)
            return "/".join(parts[last:])
    return parts[-1] if parts else ""
