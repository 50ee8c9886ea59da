"""What an export says of itself, and how to check it later.

Every export carries lines of `key=value`: the app, the model and its weights' sha256, the sha256 of
the source's pixels and file, the parameters and the notice. It names no patient, date, UID or path;
a sha256 of a whole image cannot be turned back into one. A seal, the sha256 of all the export's
other bytes, catches every change by accident. It is no signature: a forged
export can be sealed too.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jrviewer import NOTICE, __version__
from jrviewer.core.errors import JRViewerError
from jrviewer.core.noise_words import in_ascii
from jrviewer.core.prediction import Prediction, require_acquired
from jrviewer.core.records import Slice
from jrviewer.core.resources import resource

WEIGHTS = "model/joint.safetensors"
SEAL = b"content_sha256="
DIGITS = 64  # of a sha256 in hexadecimal
STL_HEADER = 80  # bytes
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_KEYWORD = b"Seal\0"

KEYS = (
    "app",
    "notice",
    "model",
    "weights_sha256",
    "source_pixels_sha256",
    "source_file_sha256",
    "source_frame",  # zero-based
    "points",
    "cloud",  # from which slices
    "device",
    "input_check",
    "overridden",  # "yes": the model was run in spite of a red input check
    "strength",  # that the noise was reduced by, e.g. "standard (50 %)"
    "noise",  # its standard deviation in the slice, before and after, in words
    "removed_marks",  # places where structure, not only noise, may have been removed
)

OF_A_CLOUD = ("points", "cloud")

_CHANGED = "The file has been changed since JRViewer wrote it: do not rely on it."
_STL_PRAISE = (
    "OK: a measured surface exported by JRViewer, unchanged. An STL file has no room to say from "
    "which series it comes; the OBJ and PLY of the same surface do."
)

Status = Literal["ok", "changed", "other_weights", "other_source", "not_ours"]
Stamp = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking an export found. `sentences` has one per fault, or one that says it is fine."""

    status: Status  # the gravest
    sentences: tuple[str, ...]
    stated: dict[str, str]  # the export's own key=value lines

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return self.status == "ok"


def describe(prediction: Prediction, points: int | None = None) -> tuple[str, ...]:
    """The `key=value` lines of an export, in ASCII; `points` is how many of the cloud it holds or
    shows, None for what has nothing of a cloud. Raises ExportError for a slice of a simulated dose.
    """
    require_acquired(prediction.slice)
    source = prediction.slice.source
    facts = (
        f"JRViewer {__version__}",
        NOTICE,
        prediction.model,
        prediction.weights_sha256,
        source.pixels_sha256,
        source.file_sha256,
        source.frame,
        points,
        prediction.cloud_sentence,
        prediction.device,
        prediction.level,
        "yes" if prediction.overridden else "no",
        prediction.strength.words,
        in_ascii(prediction.noise_sentence),
        len(prediction.compute_removed().marks),
    )
    return tuple(
        f"{key}={_ascii(str(fact))}"
        for key, fact in zip(KEYS, facts, strict=True)
        if points is not None or key not in OF_A_CLOUD
    )


def installed_weights_sha256() -> str:
    """Of this installation's weights. Raises JRViewerError when they are missing."""
    return hashlib.sha256(resource(WEIGHTS).read_bytes()).hexdigest()


def sealed(content: bytes) -> bytes:
    """An export's bytes with its seal: PNG as a text chunk before the last, any other format where
    it left `unsealed()`.
    """
    if content.startswith(PNG_SIGNATURE):
        end = content.rindex(b"IEND") - 4  # a chunk is length, type, data, checksum
        return content[:end] + _png_stamp(_sha256(content)) + content[end:]
    before, after = content.split(unsealed().encode(), 1)
    return before + _text_stamp(_sha256(before + after)) + after


def sealed_stl(content: bytes) -> bytes:
    """A binary STL with the seal of all its other bytes as its header, which is as long."""
    return _stl_stamp(_sha256(content[STL_HEADER:])) + content[STL_HEADER:]


def is_stl(content: bytes) -> bool:
    """Whether it is an STL that this app sealed: no other file begins with its seal."""
    return content.startswith(SEAL)


def _stl_stamp(digits: str) -> bytes:
    return _text_stamp(digits) + b"\n"


def unsealed() -> str:
    """Where a text or DICOM export wants its seal: as long as the seal itself."""
    return SEAL.decode() + "0" * DIGITS


def verify(export: Path, source: Path | None = None) -> Verdict:
    """Check an export: is it ours, unchanged, made by these weights, and from this source.

    `source` is the DICOM file, ZIP archive or folder it should come from; None skips that question.
    Raises JRViewerError when the export cannot be read.
    """
    try:
        if not export.is_file():  # reading from a pipe would block
            raise FileNotFoundError
        content = export.read_bytes()
    except OSError as error:
        raise JRViewerError(
            "The export could not be read. Check that it still exists and that you may read it."
        ) from error
    if is_stl(content):
        return _verdict_on_stl(content)
    stated = _stated(content)
    if "app" not in stated or SEAL not in content:
        sentence = "This is no export of JRViewer, or what it said of itself has been changed."
        return Verdict("not_ours", (sentence,), stated)
    faults = list(_faults(content, stated, source))
    if faults:
        return Verdict(faults[0][0], tuple(sentence for _, sentence in faults), stated)
    return Verdict("ok", (_praise(source is not None),), stated)


def _verdict_on_stl(content: bytes) -> Verdict:
    """An STL has no room for words: whether it is unchanged is all that can be said."""
    if content != sealed_stl(content):
        return Verdict("changed", (_CHANGED,), {})
    return Verdict("ok", (_STL_PRAISE,), {})


def _faults(
    content: bytes, stated: dict[str, str], source: Path | None
) -> Iterator[tuple[Status, str]]:
    """What is wrong, the gravest first."""
    if not _is_unchanged(content):
        yield "changed", _CHANGED
    if sentence := _fault_of_weights(stated):
        yield "other_weights", sentence
    if source is not None and (sentence := _fault_of_source(stated, source)):
        yield "other_source", sentence


def _fault_of_weights(stated: dict[str, str]) -> str:
    try:
        installed = installed_weights_sha256()
    except JRViewerError as error:
        return f"The weights it was made by cannot be compared. {error}"
    if stated.get("weights_sha256") == installed:
        return ""
    return "It was made by other weights than this installation's: the results may differ."


def _fault_of_source(stated: dict[str, str], source: Path) -> str:
    from jrviewer import dicom

    named = stated.get("source_file_sha256", "")
    if named and any(file.sha256 == named for file in dicom.look([source])):
        return ""
    slices = [slice_ for series in dicom.read([source]).series for slice_ in series]
    if not slices:
        return "The source given cannot be read as an image: the export cannot be traced to it."
    same = [slice_ for slice_ in slices if _same_pixels(slice_, stated)]
    if not same:
        return "It was made from another source: no image given has the pixels it names."
    if not named:  # an export of an older version, whose source was gone when it was written
        return ""
    return "The source has the same pixels, but the rest of its file is not what the export names."


def _same_pixels(slice_: Slice, stated: dict[str, str]) -> bool:
    return slice_.source.pixels_sha256 == stated.get("source_pixels_sha256") != ""


def _praise(with_source: bool) -> str:
    made_from = "from this source, " if with_source else ""
    return f"OK: an export of JRViewer, unchanged, {made_from}by this installation's weights."


def _stated(content: bytes) -> dict[str, str]:
    """The first value of every key, wherever the format keeps its text."""
    found = re.findall(rb"\b(" + "|".join(KEYS).encode() + rb")=([\x20-\x7e]*)", content)
    return {key.decode(): value.decode().strip() for key, value in reversed(found)}


def _is_unchanged(content: bytes) -> bool:
    """Whether the seal is, to the byte, the one that the rest of the file asks for."""
    at = content.index(SEAL)
    stamp: Stamp = _text_stamp
    if content.startswith(PNG_SIGNATURE):
        at, stamp = at - 8 - len(PNG_KEYWORD), _png_stamp
    length = len(stamp("0" * DIGITS))
    rest = content[:at] + content[at + length :]
    return content[at : at + length] == stamp(_sha256(rest))


def _text_stamp(digits: str) -> bytes:
    return SEAL + digits.encode()


def _png_stamp(digits: str) -> bytes:
    """A whole tEXt chunk (PNG specification, 11.3.3.2)."""
    body = b"tEXt" + PNG_KEYWORD + _text_stamp(digits)
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _ascii(text: str) -> str:
    """One line that every format's header can hold."""
    return " ".join(text.encode("ascii", "replace").decode().split())
