"""CT series in folders of DICOM files, such as LIDC-IDRI's, as arrays for training.

One folder per patient below the data folder; whatever tree of studies and series lies in it.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jrviewer.core.geometry import FloatArray

if TYPE_CHECKING:
    from jrviewer.core.records import Series, Slice

_LIDC = re.compile(r"LIDC-IDRI-\d{4}")


class NoVolumeError(ValueError):
    """A DICOM folder holds no axial CT series, but an MR or a scout view, for example."""


def patient_of(folder: Path, root: Path) -> str:
    """The patient of a DICOM folder: its LIDC-IDRI number, or the first folder below the root."""
    numbers = _LIDC.findall(str(folder))
    if numbers:
        return str(numbers[-1])
    parts = folder.relative_to(root).parts
    return " ".join((parts[0] if parts else root.name).split())


def name_of(folder: Path, root: Path) -> str:
    """A series' name: the folders that lead to it."""
    return "_".join(folder.relative_to(root).parts) or root.name


def dicom_folders(root: Path, fewest: int = 1) -> list[Path]:
    """Folders with at least `fewest` files that may be DICOM: with that ending, or none."""
    counts = Counter(path.parent for path in root.rglob("*") if may_be_dicom(path))
    return sorted(folder for folder, count in counts.items() if count >= fewest)


def may_be_dicom(path: Path) -> bool:
    """Whether a file has DICOM's ending, or none."""
    return path.suffix.lower() in {".dcm", ""} and path.is_file()


def _largest_ct(folder: Path) -> "Series | None":
    from jrviewer import dicom

    found = [
        series
        for series in dicom.read([folder]).series
        if series[0].unit == "HU" and series[0].acquisition.modality == "CT"
    ]
    return max(found, key=len, default=None)


def ct_slices(folder: Path) -> "tuple[Slice, ...]":
    """The slices of the folder's longest CT series; none where it holds no CT."""
    series = _largest_ct(folder)
    return series.slices if series else ()


def ct_voxels(folder: Path) -> tuple[FloatArray, tuple[float, float, float]]:
    """HU (z, y, x) and spacings (z, y, x) of a folder's series, turned to z up, y back, x left and
    evenly spaced along z. Raises NoVolumeError where there is no axial CT series.
    """
    return evenly_stacked(ct_slices(folder))


def evenly_stacked(slices: "Sequence[Slice]") -> tuple[FloatArray, tuple[float, float, float]]:
    """The same of the slices of a series. Raises NoVolumeError where they are no axial CT."""
    if len(slices) < 2:
        raise NoVolumeError("the folder holds no CT series of two or more slices")
    plane = slices[0].plane
    across, down = float(plane.along_row[0]), float(plane.along_column[1])
    if min(abs(across), abs(down)) < 0.98:
        raise NoVolumeError("the series is not axial with its rows from side to side")
    ordered = sorted(slices, key=lambda one: float(one.plane.origin_mm[2]))
    layers = np.stack([one.pixels for one in ordered])[:, :: _sign(down), :: _sign(across)]
    heights = np.array([one.plane.origin_mm[2] for one in ordered])
    step_mm = float(np.median(np.diff(heights)))
    return _evenly(layers, heights, step_mm), (step_mm, *plane.spacing_mm)


def _sign(component: float) -> int:
    return 1 if component > 0 else -1


def _evenly(layers: FloatArray, heights: FloatArray, step_mm: float) -> FloatArray:
    """Layers at even steps, interpolated where the series has a gap."""
    wanted = np.arange(heights[0], heights[-1] + step_mm / 2, step_mm)
    position = np.interp(wanted, heights, np.arange(len(heights)))
    low = position.astype(int)
    high = np.minimum(low + 1, len(layers) - 1)
    part = (position - low).astype(np.float32)[:, np.newaxis, np.newaxis]
    return np.asarray(layers[low] * (1 - part) + layers[high] * part)
