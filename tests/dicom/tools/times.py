"""Times what a user waits for with a long series: 300 CT slices of 512 × 512, with noise as real
ones have, written to the disk beforehand.

    python -m tests.dicom.tools.times [--slices 300] [--syntax UID]

Prints seconds by the clock and of this process's own work until the first slice, until all of them,
and for writing their derived series, identified and not.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from pydicom.uid import ExplicitVRLittleEndian

from jrviewer import dicom
from jrviewer.core.records import Slice
from tests.dicom.tools.conformance import denoised
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import body_image


class Watch:
    """Prints the time since it was made."""

    def __init__(self) -> None:
        self._clock, self._own = time.perf_counter(), time.process_time()

    def tell(self, what: str) -> None:
        """A line of both times."""
        clock, own = time.perf_counter() - self._clock, time.process_time() - self._own
        sys.stdout.write(f"{what}: {clock:.2f} s by the clock, {own:.2f} s of own work\n")


def main() -> None:
    """Write, read and derive a series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=300)
    parser.add_argument("--syntax", default=ExplicitVRLittleEndian)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place) / "in", Path(place) / "out"
        out.mkdir()
        _write_source(folder, arguments.slices, arguments.syntax)
        slices = _read(folder)
        _derive(slices, out, deidentified=False)
        _derive(slices, out, deidentified=True)
    dicom.close()


def _write_source(folder: Path, count: int, syntax: str) -> None:
    noise = np.random.default_rng(1).normal(0, 20, (512, 512))
    body = body_image(512, 512)
    for number in range(count):
        pixels = np.clip(body + np.roll(noise, number, 0), -1024, 3071)
        path = folder / f"{number:04}.dcm"
        write_ct(path, pixels, position=(0, 0, number), instance=number + 1, transfer_syntax=syntax)


def _read(folder: Path) -> list[Slice]:
    watch = Watch()
    first: list[Slice] = []

    def on_slice(image: Slice) -> None:
        if not first:
            first.append(image)
            watch.tell("first slice")

    (series,) = dicom.read([folder], on_slice=on_slice).series
    watch.tell(f"all {len(series)} slices")
    return list(series)


def _derive(slices: list[Slice], out: Path, *, deidentified: bool) -> None:
    uid_map = dicom.UidMap()
    watch = Watch()
    for number, image in enumerate(slices, 1):
        target = out / f"{number:04}.dcm"
        dicom.write_derived(denoised(image), target, uid_map=uid_map, deidentified=deidentified)
    watch.tell(f"derived series {'de-identified' if deidentified else 'identified'}")


if __name__ == "__main__":
    main()
