"""Files read as the app reads them, for tests."""

from pathlib import Path

from jrviewer import dicom
from jrviewer.dicom import Row
from jrviewer.records import Series, Slice


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
