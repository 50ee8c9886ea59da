"""Messages about files that were not opened. File names may identify a patient: screen only."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from jrviewer.dicom import Refused

MAX_SENTENCES = 3  # of refused files; the rest is counted


NO_IMAGES = ("not_dicom", "no_image")  # Refused.status of files that need not open


def passed_over(refused: "Sequence[Refused]") -> str:
    """How many files are no images, and a line for each kind."""
    count = len(refused)
    words = (
        _tr("1 other file was no image.") if count == 1 else _tr("{} other files were no images.")
    )
    return "\n".join((words.format(count), reasons(refused)))


def refusals(refused: "Sequence[Refused]", empty: Sequence[Path]) -> str:
    """File names and reasons, the first few in full; in `empty` nothing was found."""
    said = [f"{name_of(entry)}: {entry.message}" for entry in refused[:MAX_SENTENCES]]
    if more := len(refused) - len(said):
        said.append(_tr("{} more files were not opened.").format(more))
    return "\n".join((*said, *(f"{opened_name([one])}: {_nothing_found()}" for one in empty)))


def reasons(refused: "Sequence[Refused]", empty: Sequence[Path] = ()) -> str:
    """Reasons with their number of files; no file names, so that it may be passed on."""
    counts = Counter(entry.message for entry in refused)
    said = [f"{count} × {message}" for message, count in counts.items()]
    return "\n".join((*said, *([_nothing_found()] if empty else ())))


def _nothing_found() -> str:
    return _tr("no images found. Drop DICOM files or a folder of them.")


def name_of(refused: "Refused") -> str:
    """Name of a refused file, or of the member if it is in an archive."""
    return Path(refused.member).name or refused.path.name


def opened_name(paths: Sequence[Path]) -> str:
    """Name of the first path that was requested."""
    return paths[0].name or str(paths[0])


def _tr(text: str) -> str:
    return QCoreApplication.translate("refusals", text)
