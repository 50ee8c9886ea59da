"""The guard before every export: its text, its bytes and its name are searched for whatever
identifies the patient, and then it is written whole or not at all. Knows neither Qt nor DICOM.
"""

import itertools
import os
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

from jrviewer import NOTICE, __version__
from jrviewer.core.atomic_write import create_file
from jrviewer.core.errors import ExportError
from jrviewer.core.identifier_search import is_leaked, names_patient
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.export.provenance import KEYS, PNG_SIGNATURE, is_stl

MOST_BYTES = 200  # of a name; systems allow 255 with ending and number
RESERVED = r"(?i:con|prn|aux|nul|com[0-9]|lpt[0-9])"  # devices of Windows, whatever the ending

FIXED_WORDS = f"""{NOTICE} ORIGINAL AI DENOISED RUN ANYWAY LOSSY Input check: green amber red
ply format binary_little_endian ascii comment element vertex property float uchar label sigma_mm
blue end_header SPACE=LPS UNITS=mm normalized PLANE=nominal, the source states no position LABELS
FRAME=x to the patient's left, y to the back, z to the head; normals too xml version VTKFile type
PolyData byte_order LittleEndian header_type UInt32 UInt8 Int32 Float32 Piece NumberOfPoints
NumberOfVerts NumberOfLines NumberOfStrips NumberOfPolys PointData Scalars Normals DataArray Name
NumberOfComponents format appended offset colour Points Verts connectivity offsets AppendedData
encoding raw structure quality CONTENT=surface measured from slices; nothing in it is inferred
Evidence sheet of slice REMOVED original minus AI from HU INFERRED 3D NOT MEASURED Distance to
the measured surface mm Cloud points on skin inferred from this slice alone median uncertainty 1
sigma the box Model Weights sha256 Source pixels file Made by Check this file
with verify FILE SOURCE Distances Half of the points lie within 95 of 100 counted series The file
states a contrast agent Vessels as bright as bone are seen xref obj trailer Size Root Info
startxref EOF places where hardly anything GRID_MM along rows, columns and slices; open where
nothing was measured face list int vertex_indices skin bone or contrast medium air SKIN=included
left out
JRViewer {__version__} {" ".join(KEYS)} yes MONOCHROME1 Values
through the file's own table Removed looks like noise place is marked places are marked
strength low standard high Noise unchanged as much as it can Hardly any to could not be measured
interpolated INTERPOLATED between where they are at most apart and inferred beyond them no cloud
hardly anything structure not only noise may have been removed Look at the original 1000 1024 4096
content_sha256 blend_percent"""
"""Words of every export: an identifier that is one of these identifies no patient."""


APPENDED = b"<AppendedData encoding="
"""Where the text of a VTK file ends and its numbers begin."""


def output_stem(
    slice_: Slice, is_taken: Callable[[str], bool], *, is_neutral: bool = False, place: str = ""
) -> str:
    """A name, without ending, for a slice's exports that is not taken: its file's own, or
    `slice-0001` where that names the patient or a neutral one is asked for; and behind either the
    slice's `place`, such as "_slice40_of_66".
    """
    source = slice_.source
    name = Path(source.member or source.path).name
    stem = _allowed(Path(name).stem)
    is_bad = stem.startswith(".") or not stem or not _is_unicode(stem)
    if is_neutral or is_bad or names_patient(name, source.identifiers):
        names: Iterator[str] = (f"slice-{n:04d}{place}" for n in itertools.count(1))
    else:
        own = f"{stem}{place}"
        names = itertools.chain([own], (f"{own}-{n:04d}" for n in itertools.count(2)))
    return next(name for name in names if not is_taken(name))


def _is_unicode(stem: str) -> bool:
    """Whether it can be written into a report: on Linux a name may be any bytes."""
    return stem.encode("utf-8", "ignore").decode() == stem


def _allowed(stem: str, *, is_windows: bool = os.name == "nt") -> str:
    """As much of a name as is left to endings and numbers, and on Windows without what it forbids:
    after a colon it would write into another file's stream.
    """
    short, encoded = stem, os.fsencode(stem)
    if len(encoded) > MOST_BYTES:  # not in the middle of a letter
        short = encoded[:MOST_BYTES].decode("utf-8", "ignore")
    if not is_windows:
        return short
    plain = re.sub(r'[<>:"/\\|?*\x00-\x1f]', "_", short).rstrip(". ")
    return f"_{plain}" if re.fullmatch(RESERVED, plain.partition(".")[0].strip()) else plain


def write_guarded(content: bytes, text: str, path: Path, prediction: Prediction) -> None:
    """Write a finished export, of which `text` is what it says, once nothing names the patient.

    Raises ExportError, and writes nothing, where something does, where a file of that name is
    there already, or where the system refuses.
    """
    identifiers = prediction.slice.source.identifiers
    if names_patient(path.name, identifiers):
        raise ExportError(
            "The file name holds something that identifies the patient. "
            "Choose another name; nothing was written."
        )
    said = "\n".join([text, *_texts_in(content)])
    fixed = f"{FIXED_WORDS} {prediction.model} {prediction.device}"
    if is_leaked(said, content, identifiers, fixed):
        raise ExportError(
            "The export would hold something that identifies the patient, so it was not written. "
            "Please report this; the slice itself can still be viewed."
        )
    create_file(path, content)


def _texts_in(content: bytes) -> list[str]:
    """What a finished file says, whatever its maker meant to say: all texts of a PNG, compressed
    ones too, or the header of a PLY or a VTK file, the end of a PDF, or a whole table.
    """
    if is_stl(content):
        return []
    if content.startswith(b"%PDF"):
        return [content.rpartition(b"\nxref\n")[2].decode("latin-1")]
    if not content.startswith(PNG_SIGNATURE):
        end = APPENDED if content.startswith(b"<?xml") else b"end_header\n"
        return [content.partition(end)[0].decode("latin-1")]
    from PIL import Image

    with Image.open(BytesIO(content)) as picture:
        picture.load()  # texts may follow the pixels
        return [f"{key} {text}" for key, text in picture.info.items() if isinstance(text, str)]
