"""`inspect`: what the reader finds in each file, down to the hash of its first frame."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report, silent
from jrviewer.dicom.common.attributes import integer, text
from jrviewer.dicom.common.find_files import Candidate, walk
from jrviewer.dicom.common.parse import Parsed, parse, quiet, require_image
from jrviewer.dicom.common.pixel_hash import stored_hash
from jrviewer.dicom.common.plane import frame_geometry, implausible_size, spacing_of
from jrviewer.dicom.decoding.frames import FrameReader
from jrviewer.dicom.reading.slices import is_mosaic
from jrviewer.dicom.results import Row, status_of


def inspect(paths: Sequence[Path], report: Report = silent) -> list[Row]:
    """One row for every file among the paths: what it is, and the hash of its first frame."""
    candidates = walk(paths, report)
    rows = []
    with quiet():
        for number, candidate in enumerate(candidates):
            fraction = number / len(candidates)
            report(fraction, "inspecting files")
            rows.append(_row(candidate, lambda f=fraction: report(f, "decoding")))  # type: ignore[misc]
    return rows


def _row(candidate: Candidate, tick: Callable[[], None]) -> Row:
    known: dict[str, Any] = {"path": candidate.shown}
    try:
        parsed = parse(candidate.load())
        known |= _attributes(parsed)
        require_image(parsed)
        reader = FrameReader(parsed, tick)
        known |= _first_frame(reader)
    except JRViewerError as error:
        return Row(**known, status=status_of(error), message=str(error))
    unreadable = _unreadable(reader)
    warnings = [*parsed.warnings, *reader.warnings, *unreadable, *_remarks(parsed, known)]
    return Row(**known, status="open", warnings=tuple(warnings))


def _attributes(parsed: Parsed) -> dict[str, Any]:
    ds = parsed.dataset
    spacing = spacing_of(ds, 0)
    return {
        "modality": text(ds, "Modality"),
        "sop_class": parsed.sop_class,
        "transfer_syntax": parsed.transfer_syntax,
        "photometric": text(ds, "PhotometricInterpretation"),
        "rows": integer(ds, "Rows"),
        "columns": integer(ds, "Columns"),
        "spacing_mm": None if spacing.source == "missing" else spacing.mm,
    }


def _first_frame(reader: FrameReader) -> dict[str, Any]:
    values = reader.frame(0).values
    return {
        "frames": reader.frames,
        "dtype": values.dtype.newbyteorder("<").str,
        "shape": values.shape,
        "sha_frame0": stored_hash(values),
    }


def _unreadable(reader: FrameReader) -> list[str]:
    """How many frames cannot be shown, as far as that is known without decoding them."""
    count = reader.unreadable_frames()
    return [f"{count} of its {reader.frames} frames cannot be read."] if count else []


def _remarks(parsed: Parsed, known: dict[str, Any]) -> list[str]:
    """What to know of an image whose pixels decode, and why the window may not show it."""
    found = []
    if is_mosaic(parsed.dataset):
        found.append("This is a mosaic of many slices, which the window does not show.")
    if len(known["shape"]) == 3 and not known["dtype"].endswith("1"):
        found.append("Its colours have more than 8 bits, which the window does not show.")
    if implausible := implausible_size(parsed.dataset, spacing_of(parsed.dataset, 0)):
        found.append(implausible)
    if misplaced := frame_geometry(parsed.dataset, 0, known["frames"]).warning:
        found.append(misplaced)
    if known["spacing_mm"] is None:
        found.append("The pixel spacing is missing, so nothing can be measured in millimetres.")
    return found
