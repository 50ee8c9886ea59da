"""`python -m training pairs NOISY FULL --out DIR`: a scan at low dose and its twin at full dose, as
public collections hold them, become the pairs that `evaluate --pairs DIR` measures on.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from jrviewer import dicom
from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from training.console import progress

SAME_PLACE_MM = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Its options."""
    parser.add_argument("noisy", type=Path, help="folder of slices at low dose, a file each")
    parser.add_argument("full", type=Path, help="folder of the same slices at full dose")
    parser.add_argument("--out", type=Path, required=True, help="folder that the pairs go to")


def run(args: argparse.Namespace) -> int:
    """Write the pairs and tell how many there are. Raises JRViewerError where there is none."""
    count = write_pairs(args.noisy, args.full, args.out, progress())
    sys.stdout.write(f"{count} pairs in {args.out}\n")
    return 0


def write_pairs(noisy: Path, full: Path, out: Path, report: Report) -> int:
    """Every slice that has a twin in the same place, of the same kernel, as `NAME.dcm` and
    `NAME.full.npy`, int16 HU (rows, columns), and their number. Names are numbers, as file names of
    scans may tell who was scanned. Raises JRViewerError where nothing fits, or where there are
    pairs already, which would be mixed up with these.
    """
    if any(out.glob("*.full.npy")):
        raise JRViewerError(f"There are pairs in {out} already. Choose another folder.")
    twins = list(_slices(full, report))
    out.mkdir(parents=True, exist_ok=True)
    count = 0
    for one in _slices(noisy, report):
        twin = next((twin for twin in twins if _same_place(one, twin)), None)
        if twin is None:
            continue
        count += 1
        shutil.copyfile(one.source.path, out / f"{count:04}.dcm")
        np.save(out / f"{count:04}.full.npy", np.rint(twin.pixels).astype(np.int16))
    if not count:
        raise JRViewerError(
            "No slice of the one folder lies where one of the other does, with as many pixels, as "
            "far apart, of the same kernel: these are not two doses of one scan."
        )
    return count


def _slices(folder: Path, report: Report) -> Iterator[Slice]:
    """Those in HU that are a file each."""
    for series in dicom.read([folder], report=report).series:
        for one in series:
            if one.unit == "HU" and not one.source.member and one.source.frame == 0:
                yield one


def _same_place(one: Slice, other: Slice) -> bool:
    """Whether two slices show the same pixels of the patient by the same kernel."""
    corners = np.array([[0, 0], [0, one.shape[1] - 1], [one.shape[0] - 1, 0]])
    apart = one.plane.to_patient(corners) - other.plane.to_patient(corners)
    return (
        one.shape == other.shape
        and one.acquisition.kernel == other.acquisition.kernel
        and bool(np.abs(apart).max() < SAME_PLACE_MM)
    )
