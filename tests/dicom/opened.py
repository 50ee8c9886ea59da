"""Files read as the app reads them, for tests."""

import hashlib
import zipfile
from pathlib import Path

import numpy as np

from jrviewer import dicom
from jrviewer.core.records import Series, Slice
from jrviewer.dicom import Row

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
RLE = "1.2.840.10008.1.2.5"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"

RAMP = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)


def sha(stored: np.ndarray) -> str:
    return hashlib.sha256(stored.tobytes()).hexdigest()


def series_of(*paths: Path) -> Series:
    """The one series that is in the files, none of which is refused."""
    opened = dicom.read(paths)
    assert [one.message for one in opened.refused] == []
    assert len(opened.series) == 1
    return opened.series[0]


def slice_of(path: Path, index: int = 0) -> Slice:
    """One of the slices of a file."""
    return series_of(path)[index]


def row_of(path: Path) -> Row:
    """What `inspect` says of a file."""
    return dicom.inspect([path])[0]


def statuses(*paths: Path) -> list[str]:
    """What `inspect` says became of each file."""
    return [row.status for row in dicom.inspect(paths)]


def zipped(path: Path, *files: tuple[str, bytes]) -> Path:
    """An archive of files with these names and contents."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path
