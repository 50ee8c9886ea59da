"""The clean slices that denoisers are scored on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Unit
from jrviewer.imaging.body_masks import BoolArray, body_mask
from training.data.volumes import catalogue, load, native_slices
from training.phantoms import REGIONS, make_phantom

COARSEST_MM = 2.5
PHANTOM_SEED = 900_000  # far above the seeds of training


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One clean slice, with what its scores need."""

    name: str
    patient: str
    region: str
    kind: str  # volume, native or phantom
    unit: Unit
    pixels: FloatArray
    pixel_mm: float

    def mask(self) -> BoolArray:
        """The body mask."""
        return body_mask(self.pixels, self.unit, (self.pixel_mm, self.pixel_mm))


def cases(data: Path, splits: Sequence[str], per_volume: int, per_patient: int) -> list[Case]:
    """CT and MR slices: evenly spaced in each volume, and among each patient's native slices."""
    found: list[Case] = []
    for entry in catalogue(data):
        if entry.split not in splits or (volume := load(entry)).spacing_mm[1] > COARSEST_MM:
            continue
        unit: Unit = "HU" if entry.modality == "CT" else "stored"
        for index in evenly(len(volume.voxels), per_volume):
            pixels = volume.voxels[index].astype(np.float32)
            name, mm = f"{entry.name}-{index + 1:04d}", volume.spacing_mm[1]
            found.append(Case(name, entry.patient, entry.region, "volume", unit, pixels, mm))
    return found + _native_cases(data, splits, per_patient)


def _native_cases(data: Path, splits: Sequence[str], per_patient: int) -> list[Case]:
    by_patient: dict[str, list[Case]] = {}
    for one in native_slices(data):
        if one.split in splits:
            case = Case(
                one.name, one.patient, "chest", "native", "HU", one.pixels, one.spacing_mm[0]
            )
            by_patient.setdefault(one.patient, []).append(case)
    return [own[i] for own in by_patient.values() for i in evenly(len(own), per_patient)]


def phantom_cases(per_region: int) -> list[Case]:
    """Phantom slices, which unlike real ones contain no noise."""
    found = []
    for i in range(per_region * len(REGIONS)):
        region, seed = REGIONS[i % len(REGIONS)], PHANTOM_SEED + i
        pixels = make_phantom(seed, region).render(0.0, 256, 1.75).astype(np.float32)
        name = f"phantom-{seed}"
        found.append(Case(name, name, region, "phantom", "HU", pixels, 1.75))
    return found


def evenly(length: int, count: int) -> list[int]:
    """Up to `count` indices spread over `length`, without the ends."""
    steps = np.linspace(0, length - 1, min(count, length) + 2)[1:-1]
    return sorted({round(float(step)) for step in steps})
