"""The rows of `inspect`: what the reader sees in each file, down to the hash of its first frame."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jrviewer.dicom.attributes import integer, text
from jrviewer.dicom.dataset import Parsed, parse, quiet, require_image
from jrviewer.dicom.files import Candidate, walk
from jrviewer.dicom.outcome import Row, status_of
from jrviewer.dicom.pixels import PixelReader
from jrviewer.dicom.place import spacing_of
from jrviewer.errors import JRViewerError
from jrviewer.progress import Report


def inspect(paths: Sequence[Path], report: Report) -> list[Row]:
    """One row for every file, in the order of the paths."""
    candidates = walk(paths, report)
    rows = []
    with quiet():
        for number, candidate in enumerate(candidates):
            fraction = number / len(candidates)
            report(fraction, "inspecting files")
            rows.append(_row(candidate, lambda f=fraction: report(f, "decoding")))  # type: ignore[misc]
    return rows


def stored_hash(values: npt.NDArray[Any]) -> str:
    """sha256 of stored values, little-endian, in C order."""
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).tobytes()).hexdigest()


def _row(candidate: Candidate, tick: Callable[[], None]) -> Row:
    known: dict[str, Any] = {"path": candidate.shown}
    try:
        parsed = parse(candidate.load())
        known |= _attributes(parsed)
        require_image(parsed)
        reader = PixelReader(parsed, tick)
        known |= _first_frame(reader)
    except JRViewerError as error:
        return Row(**known, status=status_of(error), message=str(error))
    return Row(**known, status="open", warnings=tuple(parsed.warnings + reader.warnings))


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


def _first_frame(reader: PixelReader) -> dict[str, Any]:
    values = reader.frame(0).values
    return {
        "frames": reader.frames,
        "dtype": values.dtype.newbyteorder("<").str,
        "shape": values.shape,
        "sha_frame0": stored_hash(values),
    }
