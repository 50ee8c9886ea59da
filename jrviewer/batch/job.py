"""What a run does with every slice: equal jobs give equal exports, so what one has done another may
pass over.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from jrviewer.batch.bundle import BatchOptions
from jrviewer.core.atomic_write import create_file
from jrviewer.dicom import UidMap, new_key
from jrviewer.export.writer import ExportRequest

KEY = ".jrviewer-key"


@dataclass(frozen=True, slots=True)
class Job:
    """The exports and options of a run."""

    request: ExportRequest
    options: BatchOptions

    def digest(self, weights_sha256: str) -> str:
        """A name for weights and options, but not for the place."""
        request, options = self.request, self.options
        said = (
            *(weights_sha256, sorted(request.kinds), request.points, request.binary),
            *(request.with_skin, request.deidentify, options.index, options.run_anyway),
            options.strength.reduction,
        )
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def kept_uid_map(folder: Path, begin_with: bytes = b"") -> UidMap:
    """The mapping of identifiers of the run that began in a folder, so that a series which is
    finished later stays one series. `forget_key` ends it. `begin_with`: the key where none was
    kept, by default a new one.
    """
    return UidMap(kept_key(folder, begin_with))


def kept_key(folder: Path, begin_with: bytes = b"") -> bytes:
    """The key of that mapping."""
    path = folder / KEY
    try:
        return path.read_bytes()
    except FileNotFoundError:
        key = begin_with or new_key()
        create_file(path, key)
        os.chmod(path, 0o600)  # noqa: PTH101 - as on Windows, where it changes nothing
        return key


def forget_key(folder: Path) -> None:
    """Let nobody reverse the mapping, once a run is complete."""
    (folder / KEY).unlink(missing_ok=True)
