"""How well the input check separates bad slices from good ones: the split's own slices, native
ones too, heads and phantoms of heads, and bad ones made of them.

A slice in which the field of view cuts the body off is no good one, and is counted apart. Every
kind of bad slice claims to be an axial CT slice with rescale and spacing; what a file states
honestly is caught by the hard checks without looking at a pixel. A slice's score is its distance
from the training slices in units of the limit, and infinite if a hard check is red.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray, Plane
from jrviewer.core.progress import Report
from jrviewer.core.records import Acquisition, Slice, Source
from jrviewer.imaging.body_masks import BONE_HU, OUTSIDE_HU, body_mask
from jrviewer.imaging.field_of_view import cut_share
from jrviewer.model.input_check import MAX_CUT_SHARE, check, check_canonical, has_front
from jrviewer.model.joint_model import JointModel
from training.data.cases import evenly
from training.data.magnetic_as_ct import SCALINGS
from training.data.real_noise.native import native_series
from training.data.volumes import Entry, Split, Volume, catalogue, load, whole_slices
from training.evaluate.cloud import chosen_entries, seen
from training.phantoms import make_phantom

PER_VOLUME = 2
OF_MR = 12  # slices per volume
OF_HEADS = 9
PHANTOMS, FIRST_SEED = 24, 1000  # heads; none that calibrates the check
PHANTOM_PIXELS, PHANTOM_MM = 512, 0.5
BRAIN_BONE, BRAIN_AIR = 0.10, 0.02  # of the body: at least, at most
ZOOM = 3  # a crop of a third of the width fills the picture
FIELD_SHARE = 0.7  # of the body's width that a narrow field of view shows
BOTTLE_PIXELS, BOTTLE_MM = 256, 1.5

Scores = dict[str, list[float]]  # by kind
Picture = tuple[FloatArray, tuple[float, float]]
"""Pixels claimed to be HU (rows, columns), and spacing in mm (row, column)."""


def ood_table(
    model: JointModel,
    data: Path,
    splits: tuple[Split, ...],
    most: int | None,
    seed: int,
    report: Report,
) -> dict[str, Any]:
    """`auroc` as the mean over the kinds, `by_kind`, and the share of good slices that get an
    amber or red check, also by region and of native slices alone.
    """
    good: Scores = {}
    bad: Scores = {}
    entries = chosen_entries(data, splits, most)
    for group, kind, picture in _all_pictures(data, entries, splits, seed, report):
        is_good = kind == "good" and not is_cut(*picture)
        name = group if is_good else "cut in the series" if kind == "good" else kind
        (good if is_good else bad).setdefault(name, []).append(_score(model, *picture))
    return _table([score for scores in good.values() for score in scores], good, bad)


def _all_pictures(
    data: Path, entries: Sequence[Entry], splits: tuple[Split, ...], seed: int, report: Report
) -> Iterator[tuple[str, str, Picture]]:
    """(region, "native", "heads" or "phantom heads", kind, picture)."""
    random = np.random.default_rng(seed)
    for number, entry in enumerate(entries):
        report(number / len(entries), f"input check on {number + 1} of {len(entries)} volumes")
        volume = load(entry)
        for kind, picture in _pictures(volume, random):
            yield entry.region, kind, picture
        yield from (("heads", "good", picture) for picture in _heads(volume))
    for series in (one for split in splits for one in native_series(data, split)):
        for index in evenly(len(series.slices), 3 * PER_VOLUME):
            yield "native", "good", (series.slices[index], (series.pixel_mm, series.pixel_mm))
    for entry in catalogue(data):
        if entry.modality == "MR" and entry.split in splits:
            yield from (("head", kind, picture) for kind, picture in _mr_pictures(load(entry)))
    for seed in range(FIRST_SEED, FIRST_SEED + PHANTOMS):
        phantom = make_phantom(seed, "head").render(0.0, PHANTOM_PIXELS, PHANTOM_MM)
        yield "phantom heads", "good", (phantom, (PHANTOM_MM, PHANTOM_MM))


def _heads(volume: Volume) -> Iterator[Picture]:
    """Slices of the upper half that show a skull and no airways: at the height of the brain."""
    whole, spacing = whole_slices(volume), _spacing(volume)
    for position in evenly(len(whole) // 2, OF_HEADS):
        hu = volume.voxels[whole[len(whole) - 1 - position]].astype(np.float32)
        inside = hu[body_mask(hu, "HU", spacing)]
        if not len(inside):
            continue
        bone, air = np.mean(inside > 300), np.mean(inside < -300)
        if bone > BRAIN_BONE and air < BRAIN_AIR:
            yield hu, spacing


def _mr_pictures(volume: Volume) -> Iterator[tuple[str, Picture]]:
    """MR that claims to be CT: with the scanner's own values, and scaled in every way."""
    for index in evenly(len(volume.voxels), OF_MR):
        values = volume.voxels[index].astype(np.float32)
        for kind, scale in SCALINGS.items():
            yield kind, (scale(values), _spacing(volume))


def _table(all_good: list[float], good: Scores, bad: Scores) -> dict[str, Any]:
    by_kind = {kind: _auroc(all_good, scores) for kind, scores in sorted(bad.items())}
    return {
        "auroc": float(np.mean([*by_kind.values()])),
        "auroc_of_nine": float(np.mean([by_kind[kind] for kind in NINE if kind in by_kind])),
        "false_alarms": _flagged(all_good),
        "good_slices": len(all_good),
        "false_alarms_by_region": {kind: _flagged(own) for kind, own in sorted(good.items())},
        "good_by_region": {kind: len(own) for kind, own in sorted(good.items())},
        "by_kind": by_kind,
        "seen_through": {kind: _flagged(scores) for kind, scores in sorted(bad.items())},
        "bad_slices": {kind: len(scores) for kind, scores in sorted(bad.items())},
    }


def _flagged(scores: list[float]) -> float:
    return float(np.mean(np.array(scores) > 1))


def is_cut(hu: FloatArray, spacing_mm: tuple[float, float]) -> bool:
    """Whether the field of view cuts the body off, as the input check understands it."""
    return cut_share(body_mask(hu, "HU", spacing_mm), hu) > MAX_CUT_SHARE


def _pictures(volume: Volume, random: np.random.Generator) -> Iterator[tuple[str, Picture]]:
    """Good slices of a volume, and every kind of bad slice made from each."""
    whole, spacing = whole_slices(volume), _spacing(volume)
    for position in evenly(len(whole), PER_VOLUME):
        hu = volume.voxels[whole[position]].astype(np.float32)
        yield "good", (hu, spacing)
        for kind, spoil in SPOILT.items():
            yield kind, (spoil(hu), spacing)
        yield "narrow field of view", (_narrowed(hu, spacing), spacing)
        yield "sagittal", _sagittal(volume, whole, random)
        yield "coronal", _coronal(volume, whole, random)
        yield "water bottle", _bottle(random)
        noise = random.normal(0, random.uniform(100, 600), (BOTTLE_PIXELS, BOTTLE_PIXELS))
        yield "pure noise", (noise.astype(np.float32), (BOTTLE_MM, BOTTLE_MM))


def _zoomed(hu: FloatArray) -> FloatArray:
    from scipy import ndimage

    rows, columns = (
        slice(side // 2 - side // (2 * ZOOM), side // 2 + side // (2 * ZOOM)) for side in hu.shape
    )
    return np.asarray(ndimage.zoom(hu[rows, columns], ZOOM, order=1))


NINE = (  # the kinds that every version was measured on
    *("8-bit", "inverted", "mr as ct", "no rescale", "pure noise", "sagittal", "upside-down"),
    *("water bottle", "zoomed crop"),
)
SPOILT: dict[str, Callable[[FloatArray], FloatArray]] = {
    "no rescale": lambda hu: hu + 1024,
    "8-bit": lambda hu: np.clip((hu + 160) / 400 * 255, 0, 255).round(),
    "inverted": lambda hu: -hu,
    "bones alone": lambda hu: np.where(hu > BONE_HU, hu, OUTSIDE_HU).astype(np.float32),
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


def _coronal(volume: Volume, whole: range, random: np.random.Generator) -> Picture:
    """The same from side to side."""
    from scipy import ndimage

    step_mm, _, column_mm = volume.spacing_mm
    row = int(volume.voxels.shape[1] * random.uniform(0.4, 0.6))
    cut = volume.voxels[whole.start : whole.stop, row].astype(np.float32)[::-1]
    zoomed = ndimage.zoom(cut, (step_mm / column_mm, 1), order=1)
    return np.asarray(zoomed), (column_mm, column_mm)


def _narrowed(hu: FloatArray, spacing_mm: tuple[float, float]) -> FloatArray:
    """A square about the body's middle that is narrower than the body."""
    body = body_mask(hu, "HU", spacing_mm)
    rows, columns = np.flatnonzero(body.any(axis=1)), np.flatnonzero(body.any(axis=0))
    half = int((columns[-1] - columns[0] + 1) * FIELD_SHARE / 2)
    row, column = (int(one[0] + one[-1]) // 2 for one in (rows, columns))
    return hu[max(row - half, 0) : row + half, max(column - half, 0) : column + half]


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
    levels |= {one.level for one in check_canonical(found[0])}
    features = model.infer_surfaces(found[0])[1][None]
    known = model.familiarity
    scores = [known.distance(features), known.like_mr(features)]
    if has_front(found[0]):
        scores.append(known.upside_down(features))
    distance = float(np.max(scores))
    return max(distance, 1.0 + 1e-6) if "amber" in levels else distance


def _spacing(volume: Volume) -> tuple[float, float]:
    return volume.spacing_mm[1], volume.spacing_mm[2]


def _auroc(good: list[float], bad: list[float]) -> float:
    """How often a bad slice scores above a good one; ties count half."""
    low, high = np.array(good)[:, None], np.array(bad)[None]
    return float(np.mean((high > low) + 0.5 * (high == low)))
