"""DICOM in: files, folders, ZIP archives and DICOMDIRs become series of slices, or sentences.
DICOM out: derived objects of what the model made of them.

The only room that knows pydicom and the decoders behind it; they are imported at the first call,
so that importing this package is cheap. Knows nothing of windows, models or exports.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Prediction, Slice
from jrviewer.dicom.results import Opened, Refused, Row, Status
from jrviewer.dicom.writing.uid_map import Release

__all__ = [
    "Opened",
    "Refused",
    "Release",
    "Row",
    "Status",
    "close",
    "decoders",
    "failing_codecs",
    "inspect",
    "read",
    "write_derived",
    "write_phantom",
]


def read(
    paths: Sequence[Path],
    report: Report = silent,
    *,
    on_slice: Callable[[Slice], None] | None = None,
) -> Opened:
    """Every series among the paths, ordered, and every file that is not shown with its reason.

    `on_slice` gets each slice as soon as it is decoded, in the order of the files and with the
    warnings of its own file only. Raises nothing but what `report` and `on_slice` raise; nothing
    readable gives no series.
    """
    from jrviewer.dicom.reading import read as reading

    return reading.read(paths, report, on_slice)


def inspect(paths: Sequence[Path], report: Report = silent) -> list[Row]:
    """One row for every file among the paths: what it is, and the hash of its first frame."""
    from jrviewer.dicom.reading import inspect as inspecting

    return inspecting.inspect(paths, report)


def write_derived(
    prediction: Prediction,
    path: Path,
    *,
    lines: Sequence[str] = (),
    seal: Callable[[bytes], bytes] | None = None,
    deidentified: bool = False,
    face: bool = True,
    release: Release | None = None,
    number: int | None = None,
    removed_marks: int | None = None,
) -> None:
    """Write the denoised slice as a derived DICOM object that keeps the patient and the study, or
    without identity (PS3.15 E.2, Basic Profile with Clean Descriptors).

    `face` tells of a de-identified object whether its series may show one. `lines` go into its
    comments; `seal` gets the file's bytes and returns those to write. Slices of one series written
    with one `release` become one new series, `number` being their place in it (None: the source's),
    and refer to the same pseudonyms. `removed_marks` is in how many places structure may have been
    removed (None: not known). Raises ExportError where the source is gone or changed, a rule is
    broken or the disk refuses; the target is then as it was.
    """
    from jrviewer.dicom.writing import write

    wish = write.Wish(lines, seal, deidentified, face, release, number, removed_marks)
    write.write_derived(prediction, path, wish)


def write_phantom(image: Slice, path: Path, series: str = "", number: int = 1) -> None:
    """Write a synthetic slice in HU as an original CT object of the patient “Phantom”; the same
    slice always gives the same bytes. Slices of one `series`, any word, belong together, each with
    a `number`; without it a slice is a series of its own. Raises ExportError where it cannot be
    written.
    """
    from jrviewer.dicom.writing import write

    write.write_phantom(image, path, series, number)


def decoders() -> dict[str, str]:
    """Versions of the libraries that read and decode, by name; "missing" where one is not there."""
    from jrviewer.dicom.decoding import process

    return process.versions()


def failing_codecs() -> list[str]:
    """Names of the compressions whose test image does not decode to what went in."""
    from jrviewer.dicom.decoding import codec_samples

    return codec_samples.failures()


def close() -> None:
    """End the decoding process, if there is one; the next call starts another."""
    from jrviewer.dicom.decoding import process

    process.stop()
