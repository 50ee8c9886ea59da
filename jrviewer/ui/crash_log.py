"""What is kept of a bug: where in the program it was, never what it was about.

An exception's message may quote a file's content, so it is left out, as are paths outside the
program; that is enough to find the place.
"""

import platform
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, Signal, qVersion

from jrviewer import __version__

MAX_BYTES = 200_000  # of the log; older entries go
ROOTS = ("jrviewer", "site-packages", "tests")


class CrashLog(QObject):
    """Takes what reaches `sys.excepthook`, writes it to a file and tells it."""

    recorded = Signal(str)  # the details, free of patient data

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder
        self.last = ""

    def record(
        self, kind: type[BaseException], bug: BaseException, trace: TracebackType | None
    ) -> None:
        """Keep a bug: on standard error, in the file and for whoever listens."""
        self.last = details(kind, trace)
        if sys.stderr is not None:  # a windowed program on Windows has none
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
        except OSError:  # a full disk must not turn one fault into two
            self.last += "\n(The crash log could not be written.)"


def versions() -> str:
    """What a report needs to know of this computer."""
    return (
        f"JRViewer {__version__}, Python {platform.python_version()}, Qt {qVersion()}, "
        f"{platform.system()} {platform.machine()}"
    )


def details(kind: type[BaseException], trace: TracebackType | None) -> str:
    """The kind of a bug, the versions and the places in the program, without any value."""
    lines = [versions(), kind.__name__]
    frames = traceback.extract_tb(trace)
    lines += [f"  {_place(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames]
    return "\n".join(lines)


def _place(filename: str) -> str:
    """A file within the program; of any other, its name alone."""
    parts = Path(filename).parts
    for root in ROOTS:
        if root in parts:
            last = len(parts) - 1 - parts[::-1].index(root)
            return "/".join(parts[last:])
    return parts[-1] if parts else ""
