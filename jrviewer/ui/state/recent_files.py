"""Recently opened files. Paths may be patient data: kept after the run only on request."""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeGuard

from jrviewer.ui.state.preferences import Preferences

MOST = 10
NAME = "recent"


class RecentFiles:
    """Newest first; an entry is what was opened together."""

    def __init__(self, preferences: Preferences, *, keeps: bool) -> None:
        self._preferences, self._keeps = preferences, keeps
        kept: list[object] = preferences.get(NAME, []) if keeps else []
        self.paths: list[tuple[Path, ...]] = [_paths(one) for one in kept if _is_entry(one)][:MOST]

    def add(self, paths: Sequence[Path]) -> None:
        """Add an entry."""
        entry = tuple(path.absolute() for path in paths)
        if entry:
            self.paths = [entry, *(one for one in self.paths if one != entry)][:MOST]
            self._save()

    def clear(self) -> None:
        """Forget everything."""
        self.paths = []
        self._save()

    def keep(self, *, keeps: bool) -> None:
        """Switch remembering after this run on or off; off deletes what was kept."""
        self._keeps = keeps
        self._save()

    def caption(self, paths: Sequence[Path]) -> str:
        """First file name, folder, and the number of further paths."""
        more = f" +{len(paths) - 1}" if len(paths) > 1 else ""
        return f"{paths[0].name}{more}  –  {paths[0].parent.name}"

    def _save(self) -> None:
        if self._keeps:
            self._preferences.put(NAME, [[str(path) for path in one] for one in self.paths])
        else:
            self._preferences.forget(NAME)


def _is_entry(stored: object) -> TypeGuard[list[str]]:
    """Whether what was stored names paths; it may have been edited by hand."""
    if not isinstance(stored, list):
        return False
    are_paths = [isinstance(one, str) and one and "\0" not in one for one in stored]
    return bool(are_paths) and all(are_paths)


def _paths(entry: list[str]) -> tuple[Path, ...]:
    return tuple(Path(one) for one in entry)
