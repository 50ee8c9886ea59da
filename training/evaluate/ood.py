"""How well the input check separates bad slices from good ones: the split's own slices, and bad
ones made of them.

Every kind of bad slice claims to be an axial CT slice with rescale and spacing; what a file states
honestly is caught by the hard checks without looking at a pixel. A slice's score is its distance
from the training slices in units of the limit, and infinite if a hard check is red.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.progress import Report
from jrviewer.core.records import Acquisition, Slice, Source
from jrviewer.imaging.body_masks import body_mask
from jrviewer.model.input_check import check
from jrviewer.model.joint_model import JointModel
from training.data.cases import evenly
from training.data.volumes import Volume, catalogue, load, whole_slices
from training.evaluate.cloud import chosen_entries, seen

PER_VOLUME = 2
ZOOM = 3  # a crop of a third of the width fills the picture
BOTTLE_PIXELS, BOTTLE_MM = 256, 1.5

Picture = tuple[FloatArray, tuple[float, float]]
"""Pixels claimed to be HU (rows, columns), and spacing in mm (row, column)."""


def ood_table(
    model: JointModel,
    data: Path,
    splits: tuple[str, ...],
    most: int | None,
    seed: int,
    report: Report,
) -> dict[str, Any]:
    """`auroc` as the mean over the kinds, `by_kind`, and the share of good slices that get an
    amber or red check.
    """
    random = np.random.default_rng(seed)
    good: list[float] = []
    bad: dict[str, list[float]] = {}
    entries = chosen_entries(data, splits, most)
    for number, entry in enumerate(entries):
        report(number / len(entries), f"input check on {number + 1} of {len(entries)} volumes")
        volume = load(entry)
        for kind, picture in _pictures(volume, random):
            found = _score(model, *picture)
            (good if kind == "good" else bad.setdefault(kind, [])).append(found)
    for entry in catalogue(data):
        if entry.modality == "MR" and entry.split in splits:
            volume = load(entry)
            for index in evenly(len(volume.voxels), 3 * PER_VOLUME):
                picture = volume.voxels[index].astype(np.float32), _spacing(volume)
                bad.setdefault("mr as ct", []).append(_score(model, *picture))
    by_kind = {kind: _auroc(good, scores) for kind, scores in sorted(bad.items())}
    return {
        "auroc": float(np.mean([*by_kind.values()])),
        "false_alarms": float(np.mean(np.array(good) > 1)),
        "good_slices": len(good),
        "by_kind": by_kind,
        "seen_through": {k: float(np.mean(np.array(s) > 1)) for k, s in sorted(bad.items())},
    }


def _pictures(volume: Volume, random: np.random.Generator) -> Iterator[tuple[str, Picture]]:
    """Good slices of a volume, and every kind of bad slice made from each."""
    whole, spacing = whole_slices(volume), _spacing(volume)
    for position in evenly(len(whole), PER_VOLUME):
        hu = volume.voxels[whole[position]].astype(np.float32)
        yield "good", (hu, spacing)
        for kind, spoil in SPOILT.items():
            yield kind, (spoil(hu), spacing)
        yield "sagittal", _sagittal(volume, whole, random)
        yield "water bottle", _bottle(random)
        noise = random.normal(0, random.uniform(100, 600), (BOTTLE_PIXELS, BOTTLE_PIXELS))
        yield "pure noise", (noise.astype(np.float32), (BOTTLE_MM, BOTTLE_MM))


def _zoomed(hu: FloatArray) -> FloatArray:
    from scipy import ndimage

    rows, columns = (
        slice(side // 2 - side // (2 * ZOOM), side // 2 + side // (2 * ZOOM)) for side in hu.shape
    )
    return np.asarray(ndimage.zoom(hu[rows, columns], ZOOM, order=1))


SPOILT: dict[str, Callable[[FloatArray], FloatArray]] = {
    "no rescale": lambda hu: hu + 1024,
    "8-bit": lambda hu: np.clip((hu + 160) / 400 * 255, 0, 255).round(),
    "inverted": lambda hu: -hu,
    "upside-down": lambda hu: np.ascontiguousarray(hu[::-1]),
    "zoomed crop": _zoomed,
}


def _sagittal(volume: Volume, whole: range, random: np.random.Generator) -> Picture:
    """A reslice near the middle, head up, with square pixels."""
    from scipy import ndimage

    step_mm, row_mm, _ = volume.spacing_mm
    column = int(volume.voxels.shape[2] * random.uniform(0.4, 0.6))
    cut = volume.voxels[whole.start : whole.stop, :, column].astype(np.float32)[::-1]
    return np.asarray(ndimage.zoom(cut, (step_mm / row_mm, 1), order=1)), (row_mm, row_mm)


def _bottle(random: np.random.Generator) -> Picture:
    """Water in a plastic wall, like a calibration phantom."""
    middle = (BOTTLE_PIXELS - 1) / 2
    row, column = np.ogrid[:BOTTLE_PIXELS, :BOTTLE_PIXELS]
    distance_mm = np.hypot(row - middle, column - middle) * BOTTLE_MM
    radius_mm = random.uniform(40, 150)
    hu = np.full(distance_mm.shape, -1000.0)
    hu[distance_mm < radius_mm] = random.uniform(80, 150)
    hu[distance_mm < radius_mm - 4] = 0
    noisy = hu + random.normal(0, 15, hu.shape)
    return noisy.astype(np.float32), (BOTTLE_MM, BOTTLE_MM)


def _score(model: JointModel, hu: FloatArray, spacing_mm: tuple[float, float]) -> float:
    """The result of the whole check: infinite, or the distance; amber begins at one."""
    assert model.familiarity is not None
    plane = Plane(np.zeros(3), np.eye(3)[0], np.eye(3)[1], spacing_mm)
    about = Acquisition(modality="CT", photometric="MONOCHROME2", image_type=("ORIGINAL",))
    image = Slice(hu, "HU", plane, "pixel", True, Source(Path("slice")), about)
    levels = {one.level for one in check(image, body_mask(hu, "HU", spacing_mm))}
    if "red" in levels:
        return np.inf
    found = seen(hu, plane, model.denoise)
    if found is None:
        return np.inf
    features = model.infer_surfaces(found[0])[1][None]
    known = model.familiarity
    distance = max(float(known.distance(features)[0]), float(known.upside_down(features)[0]))
    return max(distance, 1.0 + 1e-6) if "amber" in levels else distance


def _spacing(volume: Volume) -> tuple[float, float]:
    return volume.spacing_mm[1], volume.spacing_mm[2]


def _auroc(good: list[float], bad: list[float]) -> float:
    """How often a bad slice scores above a good one; ties count half."""
    low, high = np.array(good)[:, None], np.array(bad)[None]
    return float(np.mean((high > low) + 0.5 * (high == low)))
