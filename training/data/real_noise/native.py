"""Contiguous series with the scanner's own noise: `native/NAME/` of a data folder, DICOM at native
resolution, with the names and splits of `volumes.csv`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jrviewer.core.geometry import FloatArray
from training.data import volumes
from training.data.dicom_series import ct_slices
from training.data.volumes import Region, Split

if TYPE_CHECKING:
    from jrviewer.core.records import Slice


@dataclass(frozen=True, slots=True, eq=False)
class NativeSeries:
    """One series, feet to head. Pixels float32 HU (rows, columns)."""

    name: str
    patient: str
    split: Split
    region: Region
    kernel: str
    step_mm: float  # between slices
    pixel_mm: float
    slices: tuple[FloatArray, ...]


def native_series(data: Path, split: Split) -> Iterator[NativeSeries]:
    """The CT series of a split; a series that no list names is for training."""
    known = {entry.name: entry for entry in volumes.catalogue(data)}
    root = data / "native"
    for folder in sorted(root.iterdir()) if root.is_dir() else []:
        entry = known.get(folder.name)
        if (entry.split if entry else "train") != split or not (found := ct_slices(folder)):
            continue
        ordered = sorted(found, key=_height)
        yield NativeSeries(
            name=folder.name,
            patient=entry.patient if entry else folder.name,
            split=split,
            region=entry.region if entry else "chest",
            kernel=found[0].acquisition.kernel,
            step_mm=abs(_height(ordered[-1]) - _height(ordered[0])) / max(len(ordered) - 1, 1),
            pixel_mm=found[0].plane.spacing_mm[1],
            slices=tuple(one.pixels for one in ordered),
        )


def _height(one: "Slice") -> float:
    return float(one.plane.origin_mm[2])
