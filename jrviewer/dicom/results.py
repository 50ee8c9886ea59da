"""Results of reading and inspecting: series, refused files, and rows."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from jrviewer.core.errors import (
    EmptyFileError,
    JRViewerError,
    NoImageError,
    NotDicomError,
    UnsupportedImageError,
)
from jrviewer.core.records import Series

Status = Literal["open", "no_image", "unsupported", "corrupt", "not_dicom", "empty"]


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is not shown, and why. Its path may be patient data: for the screen only."""

    path: Path
    member: str  # name inside `path` where that is a ZIP archive
    status: Status
    message: str
    is_missing: bool = False  # it was listed, and is not there any more


@dataclass(frozen=True, slots=True)
class Looked:
    """A file before it is read. Everything but the argument's number may be patient data."""

    path: Path
    member: str  # name inside `path` where that is a ZIP archive
    argument: int  # with which of the paths it came, counted from 1
    sha256: str  # of its bytes; "" where they cannot be read
    series: str = ""  # equal for files that name the same series; "" for none
    alike: str = ""  # equal for files of one patient, folder and examination
    frames: int = 1
    is_directory: bool = False  # a DICOMDIR
    refusal: str = ""  # why it cannot be read, where that is known already


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """Result of `read`."""

    series: tuple[Series, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Result of `inspect` for one file; unknown values are None or empty."""

    path: str
    status: Status
    message: str = ""
    warnings: tuple[str, ...] = ()
    modality: str = ""
    sop_class: str = ""
    transfer_syntax: str = ""
    photometric: str = ""
    rows: int | None = None
    columns: int | None = None
    frames: int | None = None
    spacing_mm: tuple[float, float] | None = None  # between rows, between columns
    dtype: str = ""  # of the stored values, e.g. "<i2"
    shape: tuple[int, ...] | None = None  # of frame 0
    sha_frame0: str = ""

    def as_json(self) -> dict[str, Any]:
        """The row as `inspect --json` prints it."""
        row = asdict(self)
        for key in ("warnings", "spacing_mm", "shape"):
            row[key] = None if row[key] is None else list(row[key])
        return row


def status_of(error: JRViewerError) -> Status:
    """Status of the row or refusal that reports an error."""
    kinds: list[tuple[type[JRViewerError], Status]] = [
        (EmptyFileError, "empty"),
        (NotDicomError, "not_dicom"),
        (NoImageError, "no_image"),
        (UnsupportedImageError, "unsupported"),
    ]
    return next((status for kind, status in kinds if isinstance(error, kind)), "corrupt")
