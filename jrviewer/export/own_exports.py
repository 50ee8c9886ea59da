"""Which files are exports of JRViewer itself, so that nothing is made of them again."""

import json
import mmap
import zipfile
import zlib
from pathlib import Path

from jrviewer.export.provenance import SEAL

_APP = b"app=JRViewer"
_REPORT_KEYS = {"model", "weights_sha256", "device", "results"}
_LARGEST_REPORT = 64 << 20
_UNREADABLE = (OSError, KeyError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error)


def is_export_file(path: Path, member: str = "") -> bool:
    """Whether a file, or an archive's member, is an export or the report of a run; False where it
    cannot be read.
    """
    try:
        if member:
            with zipfile.ZipFile(path) as archive:
                return _is_export(archive.read(member))
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as held:
            return _is_export(held)
    except _UNREADABLE:  # an empty file cannot be mapped
        return False


class OwnExports:
    """Answers for many slices, each file being looked at once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, str], bool] = {}

    def __contains__(self, file: tuple[Path, str]) -> bool:
        if file not in self._known:
            self._known[file] = is_export_file(*file)
        return self._known[file]


def _is_export(content: bytes | mmap.mmap) -> bool:
    if content[:1] == b"{" and len(content) < _LARGEST_REPORT:
        report = json.loads(content[:])
        return isinstance(report, dict) and report.keys() == _REPORT_KEYS
    return content.find(SEAL) >= 0 and content.find(_APP) >= 0
