"""Derives from every image of a folder, named and de-identified, and asks dciodvfy of each result
for errors that its source lacks.

    python -m tests.dicom.tools.conformance FOLDER

Prints a line for each such error and the counts. Needs dciodvfy of Debian's dicom3tools.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jrviewer import dicom
from jrviewer.core.errors import ExportError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.imaging import residual_check

_UID = re.compile(r"<[0-9.]{5,64}>")


@dataclass(frozen=True)
class Checked:
    """What became of one source image."""

    path: Path
    sop_class: str
    deidentified: bool
    refusal: str  # why nothing was written; "" where it was
    errors: frozenset[str]  # of the result, those of the source left out


def denoised(image: Slice) -> Prediction:
    """A prediction that raises every value by three, enough to be told from its source."""
    return Prediction(
        slice=image,
        fully_denoised=(image.pixels + 3).astype(np.float32),
        cloud=None,
        check_residual=residual_check.check_removed,
        sample_dense=None,
        no_cloud_reason="This test makes no cloud.",
        model="joint 1",
        weights_sha256="ab" * 32,
        device="CPU fp32",
        seconds=0.1,
    )


def complaints(path: Path) -> frozenset[str]:
    """The errors that dciodvfy finds in a file; UIDs among them are anonymous, as those differ."""
    ran = subprocess.run(
        ["dciodvfy", str(path)], capture_output=True, errors="replace", check=False
    )
    lines = (ran.stdout + ran.stderr).splitlines()
    return frozenset(_UID.sub("<UID>", line) for line in lines if line.startswith("Error"))


def check(folder: Path) -> Iterator[Checked]:
    """Every image below a folder, twice: the last slice of its first series, as that has a place of
    its own.
    """
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        (row, *_) = dicom.inspect([path])
        opened = dicom.read([path]) if row.status == "open" else None
        if opened is None or not opened.series:
            continue
        before = complaints(path)
        for deidentified in (False, True):
            refusal, after = _derived(opened.series[0][-1], deidentified=deidentified)
            yield Checked(path, row.sop_class, deidentified, refusal, after - before)


def _derived(image: Slice, *, deidentified: bool) -> tuple[str, frozenset[str]]:
    """Why nothing could be derived, and what dciodvfy says where it could."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "derived.dcm"
        try:
            dicom.write_derived(denoised(image), target, deidentified=deidentified)
        except ExportError as error:
            return str(error), frozenset()
        return "", complaints(target)


def main() -> None:
    """Print what is found below the folder asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    counts: Counter[str] = Counter()
    for one in check(folder):
        kind = "de-identified" if one.deidentified else "identified"
        counts[f"{kind}: {one.refusal or ('worse' if one.errors else 'no new error')}"] += 1
        for error in sorted(one.errors):
            sys.stdout.write(f"{one.path.relative_to(folder)}, {kind}: {error}\n")
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:5} {name}\n")


if __name__ == "__main__":
    main()
