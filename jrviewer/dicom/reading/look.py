"""A look at files before they are read: what they are by content, and which belong together.

Only headers are parsed, so an archive that does not fit into memory can be put in order first.
"""

import hashlib
from collections.abc import Hashable, Iterator, Sequence
from io import BytesIO
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from jrviewer.core.errors import JRViewerError, NotDicomError
from jrviewer.core.progress import Report, silent
from jrviewer.dicom.common.attributes import PARSER_ERRORS, integer, text
from jrviewer.dicom.common.find_files import Candidate, behind
from jrviewer.dicom.common.parse import HEAD_BYTES, looks_like_dicom, quiet
from jrviewer.dicom.common.sop_classes import DIRECTORY
from jrviewer.dicom.reading.series_tags import NEEDED, Tagger
from jrviewer.dicom.results import Looked

_ALSO_NEEDED = ("SOPClassUID", "NumberOfFrames", "ConcatenationUID", "SpecificCharacterSet")


def look(paths: Sequence[Path], report: Report = silent) -> Iterator[Looked]:
    """Every file behind the paths, in their order; one that is reached twice comes twice.

    Raises only what `report` raises: what is wrong with a file is said when it is read.
    """
    with quiet():
        for number, path in enumerate(paths, start=1):
            for candidate in behind(path):
                report(0.0, "looking for files")
                yield _looked(candidate, number)


def _looked(candidate: Candidate, argument: int) -> Looked:
    path, member = candidate.path, candidate.member
    try:
        content = candidate.load()
    except JRViewerError as error:
        known = _head_sha256(candidate) if isinstance(error, NotDicomError) else ""
        return Looked(path, member, argument, known, refusal=str(error))
    sha256 = hashlib.sha256(content).hexdigest()
    if not looks_like_dicom(content[:HEAD_BYTES]):
        return Looked(path, member, argument, sha256)
    try:
        ds = _header(content)
        tags = Tagger(ds, path, member).tags(0, frozenset())
    except PARSER_ERRORS:
        return Looked(path, member, argument, sha256)
    meta = getattr(ds, "file_meta", None)
    sop_class = text(ds, "SOPClassUID") or text(meta, "MediaStorageSOPClassUID")
    return Looked(
        path,
        member,
        argument,
        sha256,
        series=_digest(tags.series_uid) if tags.series_uid else "",
        alike=_digest((tags.patient, tags.circumstances)),
        frames=max(integer(ds, "NumberOfFrames") or 1, 1),
        is_directory=sop_class == DIRECTORY,
    )


def _header(content: bytes) -> Dataset:
    if content[:4] == b"DICM" and content[128:132] != b"DICM":
        content = b"\0" * 128 + content
    wanted = [*NEEDED, *_ALSO_NEEDED]
    return pydicom.dcmread(
        BytesIO(content), force=True, stop_before_pixels=True, specific_tags=wanted
    )


def _head_sha256(candidate: Candidate) -> str:
    """Of the size and the first bytes of a file that is not DICOM, which may be of any size; ""
    where it cannot be read.
    """
    if candidate.member:
        return ""
    try:
        with candidate.path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        size = candidate.path.stat().st_size
    except OSError:
        return ""
    return hashlib.sha256(b"%d " % size + head).hexdigest()


def _digest(what: Hashable) -> str:
    return hashlib.sha256(repr(what).encode("utf-8", "surrogatepass")).hexdigest()
