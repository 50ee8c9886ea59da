"""Names that are kept for slices at work, so that what a killed process leaves can be found.

They lie in a hidden folder beside the exports, a file for every name, which only one process can
make.
"""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from jrviewer.core.atomic_write import reason_of
from jrviewer.core.errors import ExportError
from jrviewer.export.own_exports import is_export_file
from jrviewer.export.writer import ENDINGS

FOLDER = ".jrviewer-at-work"


class Reservations:
    """Those of one folder for exports; `task` says for whom they are, where many share it."""

    def __init__(self, out: Path, task: str = "") -> None:
        self._out, self._folder, self._task = out, out / FOLDER, task
        self._held: list[Path] = []

    def reserve(self, stem: str) -> bool:
        """Keep a name; False where somebody has it. Raises ExportError."""
        folded = hashlib.sha256(stem.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        path = self._folder / folded[:32]
        try:
            self._folder.mkdir(exist_ok=True)
            with path.open("x", encoding="utf-8", errors="surrogatepass") as file:
                file.write(f"{self._task}\n{stem}")
        except FileExistsError:
            return False
        except OSError as error:
            raise ExportError(f"{reason_of(error)}; nothing was changed.") from error
        self._held.append(path)
        return True

    def release(self) -> None:
        """Let go of all names: their exports are recorded."""
        for path in self._held:
            path.unlink(missing_ok=True)
        self._held.clear()

    def left_over(self) -> set[str]:
        """Names of exports that a killed process may have written."""
        stems = {stem for _, stem in self._kept() if stem}
        return {f"{stem}{ending}" for stem in stems for ending in ENDINGS.values()}

    def remove_left_overs(self, recorded: frozenset[str]) -> None:
        """Remove exports without a record that a killed process has left, and its reservations: of
        this task, or of all where it has no name. Raises ExportError.
        """
        try:
            for path, stem in list(self._kept()):
                for name in (f"{stem}{ending}" for ending in ENDINGS.values() if stem):
                    if name not in recorded and is_export_file(self._out / name):
                        (self._out / name).unlink()
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ExportError(f"{reason_of(error)}; nothing was changed.") from error

    def close(self) -> None:
        """Remove the folder where nothing is left in it."""
        with contextlib.suppress(OSError):  # not empty, or never made
            self._folder.rmdir()

    def _kept(self) -> Iterator[tuple[Path, str]]:
        for path in self._folder.glob("*"):
            said = path.read_text("utf-8", errors="surrogatepass")
            task, _, stem = said.partition("\n")
            if not self._task or task == self._task:
                yield path, stem if stem == Path(stem).name else ""
