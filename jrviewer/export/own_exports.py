"""Which files are exports of JRViewer itself, so that nothing is made of them again."""

import json
import mmap
import re
import zipfile
import zlib
from pathlib import Path

from jrviewer.export.provenance import SEAL

_APP = b"app=JRViewer"
_REPORT_KEYS = {"model", "weights_sha256", "device", "results"}
_LARGEST_REPORT = 64 << 20
HEAD_BYTES = 1024  # bytes in which the other files of a run say what they are
_RECORD = b'{"key": "'
_MANIFEST = re.compile(rb'\{"key": "[0-9a-z. ]*", "job": "[0-9a-f]{16}", ')
_SUMMARY = b"<meta name='generator' content='JRViewer summary'>"
_UNREADABLE = (OSError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)


def is_export_file(path: Path, member: str = "") -> bool:
    """Whether a file, or an archive's member, is an export or another file of a run; False where it
    cannot be read.
    """
    try:
        if not path.is_file():  # a pipe would never end
            return False
        if member:
            with zipfile.ZipFile(path) as archive:
                return is_export_content(archive.read(member))
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
            return is_export_content(held)
    except _UNREADABLE:  # an empty file cannot be mapped
        return False


def begins_like_a_manifest(head: bytes) -> bool:
    """Whether a file's first bytes are a manifest's, whose first record may be unfinished."""
    first = head.lstrip(b"\n").partition(b"\n")[0]
    return first.startswith(_RECORD) or _RECORD.startswith(first)


def is_export_content(content: bytes | mmap.mmap) -> bool:
    """Whether bytes are an export or another file of a run."""
    if _MANIFEST.search(content[:HEAD_BYTES]) or _SUMMARY in content[:HEAD_BYTES]:
        return True
    if content[:4] == b"PAR1":
        return content.find(b"jrviewer") >= 0
    if content[:1] == b"{" and len(content) < _LARGEST_REPORT:
        report = json.loads(content[:])
        return isinstance(report, dict) and report.keys() == _REPORT_KEYS
    return content[: len(SEAL)] == SEAL or (content.find(SEAL) >= 0 and content.find(_APP) >= 0)
