"""File dialogs. No other module asks the user for a path; tests replace these functions.

Qt's own dialog writes the folders that were looked at into a file that all programs share. They may
be named after patients, so what was there before is put back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QSettings
from PySide6.QtWidgets import QFileDialog, QWidget

_FOLDERS = ("FileDialog/lastVisited", "FileDialog/history")


@contextmanager
def _leaving_no_trace() -> Iterator[None]:
    """Leave Qt's notes about folders as they are."""
    notes = QSettings(QSettings.Scope.UserScope, "QtProject")
    before = {name: notes.value(name) for name in _FOLDERS if notes.contains(name)}
    try:
        yield
    finally:
        for name in _FOLDERS:
            if name in before:
                notes.setValue(name, before[name])
            else:
                notes.remove(name)


def ask_files(parent: QWidget) -> list[Path]:
    """Files to open; an empty list if the user cancels."""
    with _leaving_no_trace():
        names, _ = QFileDialog.getOpenFileNames(parent, _tr("Open DICOM files"))
    return [Path(name) for name in names]


def ask_folder(parent: QWidget) -> list[Path]:
    """A folder to open, as a list; empty if the user cancels."""
    with _leaving_no_trace():
        name = QFileDialog.getExistingDirectory(parent, _tr("Open a folder of DICOM files"))
    return [Path(name)] if name else []


def ask_export_folder(parent: QWidget, now: str) -> Path | None:
    """A folder to export to."""
    with _leaving_no_trace():
        name = QFileDialog.getExistingDirectory(parent, _tr("Export to a folder"), now)
    return Path(name) if name else None


def ask_target(parent: QWidget, title: str, name: str, kind: str) -> Path | None:
    """A file to write; `kind` is an ending such as "png", added if the user left it out. Nobody is
    asked whether a file may be replaced, as none is.
    """
    with _leaving_no_trace():
        chosen, _ = QFileDialog.getSaveFileName(
            parent,
            title,
            name,
            f"{kind.upper()} (*.{kind})",
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
    if not chosen:
        return None
    path = Path(chosen)
    return path if path.suffix else path.with_suffix(f".{kind}")


def _tr(text: str) -> str:
    return QCoreApplication.translate("dialogs", text)
