"""The cloud table: every method against 10 000 true points around the same slices.

Evenly spaced slices of each CT volume; scores are averaged per patient, then over patients. Ours
runs as in the app: the slice is denoised, boxed and given to the cloud head.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core.geometry import Box, FloatArray, Plane, canonical_box
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Unit
from jrviewer.imaging.body_masks import body_centre, body_mask
from jrviewer.imaging.canonical_image import canonical_image
from jrviewer.imaging.measured_surface import Surface
from training.baselines.clouds import CloudBaselines, truth_of
from training.data.cases import evenly
from training.data.contours import plane_pixels
from training.data.true_surfaces import in_box, surface_of, truth
from training.data.views import View, view, volume_plane
from training.data.volumes import Entry, catalogue, load
from training.metrics.scores import Labels, cloud_scores
from training.metrics.uncertainty import errors_of, scores

FLOOR_SEED = 1_000_003  # far from the truth's seeds: the floor is an independent sample

Row = dict[str, Any]
Cloud = tuple[FloatArray, Labels, FloatArray]
Denoise = Callable[[FloatArray, Unit], FloatArray]
Clouds = Callable[[FloatArray, Sequence[int]], Sequence[Cloud]]
"""`(image (128, 128), counts) -> (points in the box, labels, sigma in mm)` for each count."""


@dataclass(frozen=True, slots=True, eq=False)
class CloudCase:
    """A slice with its truth, and two more independent samples of it: the sampling floor."""

    view: View
    pixels: FloatArray
    plane: Plane
    box: Box
    surface: Surface  # the triangles inside the box
    floors: dict[int, tuple[FloatArray, Labels]]


@dataclass(frozen=True, slots=True, eq=False)
class Ours:
    """The model's two halves."""

    denoise: Denoise
    clouds: Clouds


def chosen_entries(data: Path, splits: Sequence[str], most: int | None = None) -> list[Entry]:
    """The CT volumes of the splits; only `most` volumes of each region if given."""
    entries = [e for e in catalogue(data) if e.modality == "CT" and e.split in splits]
    if most is None:
        return entries
    regions = {entry.region for entry in entries}
    return [one for r in sorted(regions) for one in [e for e in entries if e.region == r][:most]]


def partners(
    data: Path, cases: Sequence[CloudCase], cache: Path | None, seed: int
) -> list[CloudCase]:
    """Slices of one more patient for each region that has only one patient among the cases."""
    found: list[CloudCase] = []
    for region in sorted({case.view.region for case in cases}):
        own = [case.view for case in cases if case.view.region == region]
        known = {one.patient for one in own}
        others = [e for e in catalogue(data) if e.region == region and e.patient not in known]
        others = [entry for entry in others if entry.modality == "CT"]
        if len(known) == 1 and others:
            found += cases_of(others[0], len(own), cache, seed)
    return found


def cases_of(entry: Entry, per_volume: int, cache: Path | None, seed: int) -> Iterator[CloudCase]:
    """Evenly spaced slices of one volume, without those that hold no body."""
    volume = load(entry)
    surface = surface_of(volume, cache)
    for index in evenly(len(volume.voxels), per_volume):
        made = view(volume, surface, index, seed=seed + index)
        if made is None:
            continue
        pixels, plane = volume.voxels[index].astype(np.float32), volume_plane(volume, index)
        box = _box(pixels, plane)
        if box is None:
            continue
        floors = {
            count: truth(surface, box.centre_mm, count, FLOOR_SEED + seed + index + count)
            for count in (1024, 4096)
        }
        yield CloudCase(made, pixels, plane, box, in_box(surface, box.centre_mm), floors)


def cloud_rows(
    cases: Sequence[CloudCase],
    partners: Sequence[CloudCase],
    baselines: CloudBaselines | None,
    ours: Ours | None,
    report: Report = silent,
) -> list[Row]:
    """One row per case and method. A case is also compared with the cloud of one of the
    `partners`.
    """
    rows: list[Row] = []
    for i, case in enumerate(cases):
        report(i / len(cases), f"clouds of {case.view.name}, slice {case.view.index + 1}")
        clouds = _given(case, baselines)
        if ours:
            clouds |= _ours(case, _partner(case, cases, partners), ours)
        for method, cloud in clouds.items():
            row = _row(case, method, cloud)
            rows.append(row | _beside(case, cloud) if method == "ours" else row)
    return rows


def _given(case: CloudCase, baselines: CloudBaselines | None) -> dict[str, Cloud]:
    """The floor and the baselines' clouds of a case; ours and its variants are separate."""
    clouds = {"floor": _certain(case.floors[1024]), "floor_4096": _certain(case.floors[4096])}
    if baselines:
        for method in baselines.METHODS:
            clouds[method] = _certain(baselines.predict(method, case.view))
        for method in ("mean_shape", "mean_region"):
            clouds[f"{method}_4096"] = _certain(baselines.predict(method, case.view, 4096))
    return clouds


def _ours(case: CloudCase, partner: CloudCase | None, ours: Ours) -> dict[str, Cloud]:
    own = predict(case, case.box, ours, (1024, 4096))
    clouds = {"ours": own[0], "ours_4096": own[1]}
    if partner:
        clouds["shuffled"] = predict(partner, partner.box, ours, (1024,))[0]
    return clouds


def predict(case: CloudCase, frame: Box, ours: Ours, counts: Sequence[int]) -> list[Cloud]:
    """The model's clouds of a case as the app makes them, in the coordinates of a box `frame`."""
    found = seen(case.pixels, case.plane, ours.denoise, case.box)
    assert found
    image, box = found
    return [
        (frame.to_box(box.to_patient(points)), labels, sigma_mm)
        for points, labels, sigma_mm in ours.clouds(image, counts)
    ]


def seen(
    pixels: FloatArray, plane: Plane, denoise: Denoise, otherwise: Box | None = None
) -> tuple[FloatArray, Box] | None:
    """The canonical image (128, 128) that the cloud head gets of a slice, and its box: around the
    denoised body, or `otherwise` where no body is left.
    """
    denoised = denoise(pixels, "HU")
    box = _box(denoised, plane) or otherwise
    return (canonical_image(denoised, plane, box), box) if box else None


def _partner(
    case: CloudCase, cases: Sequence[CloudCase], others: Sequence[CloudCase]
) -> CloudCase | None:
    """A slice of the next patient of the same region, at about the same relative height in the
    volume.
    """
    for pool in (cases, others):
        alike = [
            one
            for one in pool
            if one.view.region == case.view.region and one.view.patient != case.view.patient
        ]
        if alike:
            names = sorted({one.view.name for one in alike})
            after = [name for name in names if name > case.view.name]
            own = [one for one in alike if one.view.name == (after or names)[0]]
            mine = [one for one in cases if one.view.name == case.view.name]
            return own[mine.index(case) * len(own) // len(mine)]
    return None


def _row(case: CloudCase, method: str, cloud: Cloud) -> Row:
    points, labels, _ = cloud
    scores = cloud_scores(points, labels, truth_of(case.view))
    made = case.view
    identity = {"case": f"{made.name}-{made.index + 1:04d}", "patient": made.patient}
    return {**identity, "region": made.region, "method": method, **scores}


def _beside(case: CloudCase, cloud: Cloud) -> Row:
    """How well sigma predicts the error, and how well the cloud fits the slice it came from."""
    points, _, sigma_mm = cloud
    measured = errors_of(points, sigma_mm, case.view.z_range, case.box, case.surface)
    row: Row = {"uncertainty": scores(measured)}
    pixels = plane_pixels(points, case.view.image)
    return row | ({"plane_px": float(np.median(pixels))} if len(pixels) else {})


def _certain(cloud: tuple[FloatArray, Labels]) -> Cloud:
    points, labels = cloud
    return points, labels, np.zeros(len(points))


def _box(pixels: FloatArray, plane: Plane) -> Box | None:
    centre = body_centre(body_mask(pixels, "HU", plane.spacing_mm))
    return canonical_box(plane, centre) if centre else None
