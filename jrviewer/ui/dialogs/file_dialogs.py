"""The file dialogs: the only place that asks the user for a path. Tests replace these functions."""

from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_files(parent: QWidget) -> list[Path]:
    """Files to open; none when the user changed their mind."""
    names, _ = QFileDialog.getOpenFileNames(parent, _tr("Open DICOM files"))
    return [Path(name) for name in names]


def ask_folder(parent: QWidget) -> list[Path]:
    """A folder to open, or none."""
    name = QFileDialog.getExistingDirectory(parent, _tr("Open a folder of DICOM files"))
    return [Path(name)] if name else []


def ask_export_folder(parent: QWidget, now: str) -> Path | None:
    """Where to export to."""
    name = QFileDialog.getExistingDirectory(parent, _tr("Export to a folder"), now)
    return Path(name) if name else None


def ask_target(parent: QWidget, title: str, name: str, kind: str) -> Path | None:
    """Where to write; `kind` is an ending such as "ply", added where the user left it out."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, name, f"{kind.upper()} (*.{kind})")
    if not chosen:
        return None
    path = Path(chosen)
    return path if path.suffix else path.with_suffix(f".{kind}")


def _tr(text: str) -> str:
    return QCoreApplication.translate("dialogs", text)
