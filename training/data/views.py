"""Views: one slice of a volume in its canonical box with the true surfaces around it.

Made exactly as the app makes its input, and stored as arrays that training maps into memory.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import (
    BOX_HALF_DEPTH_MM,
    BOX_HALF_WIDTH_MM,
    FloatArray,
    Plane,
    canonical_box,
)
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import UInt8Array, read_only
from jrviewer.imaging.body_masks import body_centre, body_mask
from jrviewer.imaging.canonical_image import canonical_image
from jrviewer.imaging.measured_surface import Surface
from training.data.dicom_series import NoVolumeError
from training.data.true_surfaces import VERSION, surface_of, truth
from training.data.volumes import Entry, Int16Array, Region, Split, Volume, catalogue, kept, load

POINTS = 10_000
_SMALLEST_BODY_MM2 = 1000.0  # less is the tip of a nose or noise
Reader = Callable[[Entry], Volume]
Maker = Callable[[Volume, Surface, float], Iterator["View"]]
"""Makes views of a volume, so many millimetres apart."""
_ARRAYS = ("images", "points", "labels", "z_range")


class Row(TypedDict):
    """The entry of one volume in index.json."""

    name: str
    patient: str
    region: Region
    indices: list[int]


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A slice as the network sees it, and the true surface points around it.

    `image` float32 HU (128, 128), −1000 beyond the slice; `points` float32 (10000, 3) and `labels`
    uint8 (10000,) in box coordinates; `z_range` in box units, from the lowest to the highest slice
    that exists within the box's depth.
    """

    image: FloatArray
    points: FloatArray
    labels: UInt8Array
    z_range: tuple[float, float]
    name: str
    patient: str
    region: Region
    index: int  # of the slice in its volume

    def __post_init__(self) -> None:
        for array in (self.image, self.points, self.labels):
            read_only(array)


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """The views of one volume on disk, mapped into memory: images (V, 128, 128) int16 HU, points
    (V, 10000, 3) float16, labels (V, 10000) uint8, z_range (V, 2) float32.
    """

    name: str
    patient: str
    region: Region
    indices: tuple[int, ...]
    images: Int16Array
    points: FloatArray
    labels: UInt8Array
    z_range: FloatArray

    def __len__(self) -> int:
        return len(self.indices)


def volume_plane(volume: Volume, index: int) -> Plane:
    """The plane of a slice in volume millimetres: rows to the left, columns to the back."""
    return _plane_at(volume, index * volume.spacing_mm[0])


def _plane_at(volume: Volume, height_mm: float) -> Plane:
    _, *spacing_mm = volume.spacing_mm
    axes = np.eye(3)
    origin = np.array([0.0, 0.0, height_mm])
    return Plane(origin, axes[0], axes[1], (spacing_mm[0], spacing_mm[1]))


def view(
    volume: Volume, surface: Surface, index: int, seed: int = 0, count: int = POINTS
) -> View | None:
    """The view of one slice; None where the slice is not whole, holds no body or has no surface
    around it.
    """
    height_mm, (low, high) = index * volume.spacing_mm[0], surface.z_range_mm
    if not low - 0.01 <= height_mm <= high + 0.01:
        return None
    pixels = volume.voxels[index].astype(np.float32)
    return view_of_plane(volume, surface, index, pixels, height_mm, seed, count)


def view_of_plane(
    volume: Volume,
    surface: Surface,
    index: int,
    pixels: FloatArray,
    height_mm: float,
    seed: int = 0,
    count: int = POINTS,
) -> View | None:
    """The view of `pixels` in HU at a height of a volume's surface, on the grid of its slices;
    `index` is the nearest slice's. None where they hold no body or have no surface around them.
    """
    plane = _plane_at(volume, height_mm)
    mask = body_mask(pixels, "HU", plane.spacing_mm)
    centre = body_centre(mask)
    if centre is None or mask.sum() * np.prod(plane.spacing_mm) < _SMALLEST_BODY_MM2:
        return None
    box = canonical_box(plane, centre)
    points, labels = truth(surface, box.centre_mm, count, seed)
    if len(points) < count:
        return None
    entry = volume.entry
    return View(
        image=canonical_image(pixels, plane, box),
        points=points,
        labels=labels,
        z_range=_z_range(surface, float(box.centre_mm[2])),
        name=entry.name,
        patient=entry.patient,
        region=entry.region,
        index=index,
    )


def slice_indices(volume: Volume, step_mm: float) -> list[int]:
    """Indices of slices about `step_mm` apart, or as close as the volume has them."""
    stride = max(1, round(step_mm / volume.spacing_mm[0]))
    count = len(volume.voxels)
    return list(range((count - 1) % stride // 2, count, stride))


def views_of(
    volume: Volume, surface: Surface, step_mm: float = 7.0, seed: int = 0
) -> Iterator[View]:
    """Views of a volume's slices, `step_mm` apart, each with its own seed."""
    for index in slice_indices(volume, step_mm):
        made = view(volume, surface, index, seed=seed + index)
        if made is not None:
            yield made


def write_pool(
    data: Path,
    split: Split,
    out: Path,
    step_mm: float = 7.0,
    workers: int = 1,
    report: Report = silent,
    without: Sequence[str] = (),
    make: Maker = views_of,
    surfaces: Path | None = None,
) -> int:
    """Write the views of every CT volume of a split into the folder `out`; returns how many.

    Volumes whose name contains a word of `without` are left out. Existing volumes are not made
    again. `index.json` lists the name, patient, region and slice indices of each volume; it is
    complete after every volume.
    """
    out.mkdir(parents=True, exist_ok=True)
    entries = [
        entry
        for entry in catalogue(data)
        if entry.split == split and entry.modality == "CT" and kept(entry.name, without)
    ]
    rows: list[Row] = []
    write = partial(write_views, out=out, step_mm=step_mm, make=make, surfaces=surfaces)
    for row in _mapped(write, entries, workers):
        rows.append(row)
        write_index(out, rows, {"split": split, "step_mm": step_mm})
        report(len(rows) / len(entries), f"{len(rows)} of {len(entries)} volumes")
    return sum(len(row["indices"]) for row in rows)


def read_pool(out: Path) -> list[Stored]:
    """The stored views of every volume that has any, as `write_pool` wrote them."""
    listed = json.loads((out / "index.json").read_text(encoding="utf-8"))["volumes"]
    return [_stored(row, out) for row in listed if row["indices"]]


def _stored(row: Row, out: Path) -> Stored:
    arrays = {kind: np.load(out / f"{row['name']}.{kind}.npy", mmap_mode="r") for kind in _ARRAYS}
    return Stored(row["name"], row["patient"], row["region"], tuple(row["indices"]), **arrays)


def _mapped(work: Callable[[Entry], Row], entries: Sequence[Entry], workers: int) -> Iterator[Row]:
    """Results in order, computed in this process or in several."""
    if workers <= 1:
        yield from map(work, entries)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(work, entries)


def write_views(
    entry: Entry,
    out: Path,
    step_mm: float,
    read: Reader = load,
    make: Maker = views_of,
    surfaces: Path | None = None,
) -> Row:
    """Write the arrays of one volume; returns its row, which says that they are complete.

    `read` loads the volume of the entry; it is not called if the views exist already. The volume's
    surfaces are cached in the folder `surfaces`, if given.
    """
    done = out / f"{entry.name}.{step_mm:g}.v{VERSION}.json"
    if done.is_file():
        row: Row = json.loads(done.read_text(encoding="utf-8"))
        return row
    try:
        volume = read(entry)
        made = list(make(volume, surface_of(volume, surfaces), step_mm))
    except NoVolumeError:  # trees of DICOM files hold other things too
        made = []
    if made:
        _write_arrays(made, out)
    row = {
        "name": entry.name,
        "patient": entry.patient,
        "region": entry.region,
        "indices": [one.index for one in made],
    }
    _write_json(done, row)
    return row


def write_index(out: Path, rows: Sequence[Row], about: Mapping[str, object]) -> None:
    """Write the list of a pool's volumes."""
    _write_json(out / "index.json", {**about, "volumes": rows})


def _write_arrays(made: Sequence[View], out: Path) -> None:
    arrays: tuple[npt.NDArray[Any], ...] = (
        np.stack([np.rint(one.image) for one in made]).astype(np.int16),
        np.stack([one.points for one in made]).astype(np.float16),  # 0.1 mm at the box's side
        np.stack([one.labels for one in made]),
        np.array([one.z_range for one in made], dtype=np.float32),
    )
    for kind, array in zip(_ARRAYS, arrays, strict=True):
        # Replaced in one step: a training run may hold the old file mapped into its memory.
        unfinished = out / f"{made[0].name}.{kind}.part.npy"
        np.save(unfinished, array)
        unfinished.replace(out / f"{made[0].name}.{kind}.npy")


def _write_json(path: Path, content: object) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(content, indent=1), encoding="utf-8")
    unfinished.replace(path)


def _z_range(surface: Surface, height_mm: float) -> tuple[float, float]:
    """The slices that exist around a height, in box units within ±64 / 224."""
    low, high = (
        float(np.clip(end - height_mm, -BOX_HALF_DEPTH_MM, BOX_HALF_DEPTH_MM)) / BOX_HALF_WIDTH_MM
        for end in surface.z_range_mm
    )
    return low, high
