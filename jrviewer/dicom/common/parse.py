"""Parsing: the bytes of one file to a pydicom data set and its transfer syntax.

Whatever is wrong with the file apart from its pixels is found here and raised as a JRViewerError.
pydicom's warnings and log lines quote values of the data set, which are patient data: `quiet` keeps
them from the screen and the log.
"""

import logging
import re
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO

import pydicom
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.filereader import _read_file_meta_info
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from jrviewer.core.errors import (
    CorruptFileError,
    EmptyFileError,
    NoImageError,
    UnsupportedImageError,
)
from jrviewer.dicom.common.attributes import PARSER_ERRORS, text, value
from jrviewer.dicom.common.other_files import not_dicom
from jrviewer.dicom.common.sop_classes import DIRECTORY, is_image, no_image_sentence

PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
HEAD_BYTES = 132  # the preamble and the four letters after it: enough to ask `looks_like_dicom`

_UNDEFINED_LENGTH = 0xFFFFFFFF
_MAX_INFLATED = 1 << 30
_MAX_INFLATION = 200  # times, for what inflates to more than can do no harm
_HARMLESS_BYTES = 64 << 20
_GROUPS = frozenset(
    {0x0002, 0x0004, 0x0008, 0x0010}
)  # that a data set without preamble begins with
_ENDS_EARLY = (
    "The file ends before its image does; it was probably cut off while being copied. "
    "Copy it again from where it came from."
)
_DAMAGED = "The file is damaged: its structure cannot be read. Ask for it to be sent again."

# Its records quote values, too, and decoders log from places that no context manager reaches.
logging.getLogger("pydicom").disabled = True


class DirectoryFileError(NoImageError):
    """A DICOMDIR: no fault, as long as the files that it lists open."""


@dataclass(slots=True, eq=False)
class Parsed:
    """A data set, its transfer syntax, and warnings about the file."""

    dataset: Dataset
    transfer_syntax: str
    warnings: list[str] = field(default_factory=list)
    is_cut: bool = False  # the file does not end where its last element does

    @property
    def sop_class(self) -> str:
        """The class of the object, from the data set or else from the file meta."""
        meta = getattr(self.dataset, "file_meta", None)
        return text(self.dataset, "SOPClassUID") or text(meta, "MediaStorageSOPClassUID")

    @property
    def pixel_keyword(self) -> str:
        """Which of the three pixel elements it holds; "" for none."""
        return next((one for one in PIXEL_KEYWORDS if one in self.dataset), "")


@contextmanager
def quiet() -> Iterator[None]:
    """Silence pydicom's warnings, which quote patient data, while data sets are read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def looks_like_dicom(head: bytes) -> bool:
    """Whether the first HEAD_BYTES of a file look like DICOM, with or without preamble."""
    return head[128:132] == b"DICM" or head[:4] == b"DICM" or _begins_with_an_element(head)


def parse(content: bytes) -> Parsed:
    """The data set in a file's bytes.

    Raises EmptyFileError, NotDicomError, CorruptFileError, UnsupportedImageError.
    """
    if not content:
        raise EmptyFileError("The file is empty. Copy it again from where it came from.")
    if not looks_like_dicom(content[:HEAD_BYTES]):
        raise not_dicom(content[:HEAD_BYTES])
    if content[:4] == b"DICM" and content[128:132] != b"DICM":
        content = b"\0" * 128 + content
    _check_inflated_size(content)
    ds = _read(content)
    parsed = Parsed(ds, _transfer_syntax(ds))
    if len(ds) == 0:
        _raise_for_nothing_read(parsed)
    parsed.is_cut = _is_cut(parsed, len(content))
    _warn_of_the_file(parsed, has_header=content[128:132] == b"DICM")
    return parsed


def _warn_of_the_file(parsed: Parsed, *, has_header: bool) -> None:
    """Note oddities of the file. Raises NotDicomError if it only looks like DICOM by chance."""
    if not has_header:
        if not parsed.sop_class and not parsed.pixel_keyword:
            raise not_dicom()
        parsed.warnings.append("The file lacks the header that DICOM files begin with.")
    if not text(getattr(parsed.dataset, "file_meta", None), "TransferSyntaxUID"):
        parsed.warnings.append("The file does not say how it is encoded; that was guessed.")
    if parsed.is_cut and parsed.pixel_keyword:
        parsed.warnings.append("The file does not end where it says; it may have been cut off.")


def require_image(parsed: Parsed) -> None:
    """Raise NoImageError, naming the kind of object, if it has no pixels by design;
    CorruptFileError if an image has lost them.
    """
    if parsed.pixel_keyword:
        return
    if _is_of_other_byte_order(parsed.dataset):
        raise CorruptFileError(_DAMAGED)
    if is_image(parsed.sop_class) and parsed.is_cut:
        raise CorruptFileError(_ENDS_EARLY)
    kind = DirectoryFileError if parsed.sop_class == DIRECTORY else NoImageError
    raise kind(no_image_sentence(parsed.sop_class))


def _read(content: bytes) -> FileDataset:
    try:
        return pydicom.dcmread(BytesIO(content), force=True)
    except PARSER_ERRORS as error:
        if content[128:132] != b"DICM":
            raise not_dicom() from error
        raise CorruptFileError(_DAMAGED) from error


def _is_of_other_byte_order(ds: Dataset) -> bool:
    """Whether the first group is only plausible with its bytes swapped."""
    first: BaseTag | None = next(iter(ds.keys()), None)
    return first is not None and (first.group >> 8 | (first.group & 0xFF) << 8) in _GROUPS


def _is_cut(parsed: Parsed, size: int) -> bool:
    """Whether the last element that pydicom found does not end where the file does."""
    ds = parsed.dataset
    try:
        last = ds.get_item(max(ds.keys())) if len(ds) else None
    except PARSER_ERRORS:  # delimiters of sequences, read as elements
        return True
    if not isinstance(last, RawDataElement) or last.length == _UNDEFINED_LENGTH:
        return False
    if parsed.transfer_syntax == DeflatedExplicitVRLittleEndian:  # its offset is unknown
        return len(last.value or b"") < last.length
    return last.value_tell + last.length != size


def _raise_for_nothing_read(parsed: Parsed) -> None:
    """Raise for an empty data set; pydicom drops all elements if the file ends too early."""
    if is_image(parsed.sop_class):
        raise CorruptFileError(_ENDS_EARLY)
    raise NoImageError(no_image_sentence(parsed.sop_class))


def _transfer_syntax(ds: FileDataset) -> str:
    """The stated transfer syntax, or else the encoding that pydicom detected."""
    stated = text(getattr(ds, "file_meta", None), "TransferSyntaxUID")
    if stated:
        return stated
    is_implicit, is_little = ds.original_encoding
    if is_implicit:
        return str(ImplicitVRLittleEndian)
    return str(ExplicitVRBigEndian if is_little is False else ExplicitVRLittleEndian)


def _begins_with_an_element(head: bytes) -> bool:
    """Whether the first bytes are a tag of a likely group and a value representation or length."""
    if len(head) < 8:
        return False
    little = int.from_bytes(head[0:2], "little")
    if little in _GROUPS:
        explicit = re.fullmatch(rb"[A-Z]{2}", head[4:6]) is not None
        return explicit or int.from_bytes(head[4:8], "little") < 1 << 20
    return int.from_bytes(head[0:2], "big") in _GROUPS and head[4:6].isupper()


def _check_inflated_size(content: bytes) -> None:
    """Refuse a deflated data set that would fill the memory."""
    if content[128:132] != b"DICM" or DeflatedExplicitVRLittleEndian.encode() not in content[:2048]:
        return
    try:
        stream = BytesIO(content)
        stream.seek(HEAD_BYTES)
        meta = _read_file_meta_info(stream)
        deflated = content[stream.tell() :]
    except PARSER_ERRORS:
        return  # reported by the parser proper
    if text(meta, "TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    _inflate_within_limit(deflated)


def _inflate_within_limit(deflated: bytes) -> None:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    limit = min(_MAX_INFLATED, max(_HARMLESS_BYTES, _MAX_INFLATION * len(deflated)))
    size = 0
    try:
        while deflated and not inflater.eof:
            size += len(inflater.decompress(deflated, 1 << 24))
            deflated = inflater.unconsumed_tail
            if size > limit:
                raise UnsupportedImageError(
                    "The file unpacks to far more than its size, so it was not opened. "
                    "Ask for it uncompressed."
                )
    except zlib.error as error:
        raise CorruptFileError(_DAMAGED) from error


def is_compressed(transfer_syntax: str) -> bool:
    """Whether pixels of this transfer syntax are encapsulated; False for private ones."""
    uid = UID(transfer_syntax)
    return uid.is_transfer_syntax and uid.is_encapsulated


def pixel_bytes(parsed: Parsed) -> bytes:
    """The value of the pixel element as it is in the file. Raises CorruptFileError without one."""
    stored = value(parsed.dataset, parsed.pixel_keyword)
    if not isinstance(stored, bytes) or not stored:
        raise CorruptFileError(_ENDS_EARLY)
    return stored
