"""What is said of files that were not opened. Their names may name a patient: screen only."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from jrviewer.dicom import Refused

MAX_SENTENCES = 3  # of refused files; the rest is counted


def refusals(refused: "Sequence[Refused]", paths: Sequence[Path]) -> str:
    """File names and reasons, the first few in full; `paths` are what was asked for."""
    said = [f"{name_of(entry)}: {entry.message}" for entry in refused[:MAX_SENTENCES]]
    if more := len(refused) - len(said):
        said.append(_tr("{} more files were not opened.").format(more))
    if not said:
        sentence = _tr("no images in here. Drop DICOM files or a folder that has some.")
        said.append(f"{opened_name(paths)}: {sentence}")
    return "\n".join(said)


def reasons(refused: "Sequence[Refused]") -> str:
    """Why files were not opened, and how many for each reason: without a name, to be passed on."""
    counts = Counter(entry.message for entry in refused)
    said = [f"{count} × {message}" for message, count in counts.items()]
    return "\n".join(
        said or [_tr("no images in here. Drop DICOM files or a folder that has some.")]
    )


def name_of(refused: "Refused") -> str:
    """The name of a refused file, within an archive where it lies in one."""
    return Path(refused.member).name or refused.path.name


def opened_name(paths: Sequence[Path]) -> str:
    """The name of the first thing that was asked for."""
    return paths[0].name or str(paths[0])


def _tr(text: str) -> str:
    return QCoreApplication.translate("refusals", text)
