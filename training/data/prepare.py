"""Everything that training draws from, made once and found again: noisy pairs and views.

From a data folder, from phantoms, or from both. Each pool lies in a folder named after what it was
made of, so that other data or another number of phantoms makes another pool.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from filelock import FileLock

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report, silent
from jrviewer.model.joint_model import JointModel
from training.data import noise_pool, volumes
from training.data.pools import Pairs, Views
from training.data.real_noise.prepare_real import prepare_real
from training.data.real_noise.real_pairs import RealPairs
from training.data.tilted_views import tilted_views
from training.data.views import write_index, write_pool, write_views
from training.data.volumes import Entry, NativeSlice, Volume, kept
from training.phantoms import REGIONS, Phantom, make_phantom
from training.preset import Preset

PHANTOM_PIXEL_MM = 1.75
PHANTOM_SLICE_STEP_MM = 24.0  # between the slices of one phantom in the pairs
VIEW_STEP_MM = 7.0
PHANTOM_VIEW_STEP_MM = 12.0
SKIPPED = ("openkbp",)  # too coarse, and blanked around the body: for the cloud alone

Source = tuple[FloatArray, float, str]


def prepare(
    preset: Preset,
    data: Path | None,
    cache: Path,
    report: Report = silent,
    cleaner: JointModel | None = None,
) -> tuple[Pairs | RealPairs, Views]:
    """The pools of a preset, made in `cache` where they are not there yet. A `cleaner` takes the
    noise out of references for real noise. Another run that prepares there is waited for.
    """
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / ".lock"):
        views = _view_pools(preset, data, cache, report)
        if preset.real_noise:
            return real_pairs(preset, data, cache, report, cleaner), views
        return _pair_pools(preset, data, cache, report), views


def _pair_pools(preset: Preset, data: Path | None, cache: Path, report: Report) -> Pairs:
    """Clean slices and simulated noise: of phantoms, and of patients where there are some."""
    folders = [_phantom_pairs(preset, cache, report)]
    mr: list[FloatArray] = []
    if data is not None:
        mr = _mr_slices(data, preset.without)
        folders.append(patient_pairs(preset, data, cache, report))
    return Pairs(*(one for one in folders if one), mr=mr)


def _view_pools(preset: Preset, data: Path | None, cache: Path, report: Report) -> Views:
    """Canonical images and true points: of phantoms, and of patients where there are some."""
    phantoms = _phantom_views(preset, cache, report)
    if data is None:
        return Views(phantoms)
    folder = cache / f"views-{_key(preset, data)}"
    write = partial(
        write_pool,
        data,
        "train",
        step_mm=VIEW_STEP_MM,
        report=report,
        without=preset.without,
        surfaces=cache / "surfaces",  # both pools ask for them, and the evaluation
    )
    write(folder)
    if not preset.draws_tilted:
        return Views(phantoms, folder)
    tilted = cache / f"views-tilted-{_key(preset, data)}"
    write(tilted, make=tilted_views)
    return Views(phantoms, folder, tilted=tilted)


def real_pairs(
    preset: Preset,
    data: Path | None,
    cache: Path,
    report: Report = silent,
    cleaner: JointModel | None = None,
) -> RealPairs:
    """Crops with noise as scanners make it, from the pools in `cache`."""
    key = _key(preset, data) if data else "phantoms"
    return prepare_real(data, cache / f"real-{key}", preset.without, report, cleaner)


def patient_pairs(preset: Preset, data: Path, cache: Path, report: Report = silent) -> Path | None:
    """Noisy pairs of the training patients, made in `cache` where they are not there yet; None
    where no slice is fit for it. The peers learn from the very same.
    """
    return _pairs(preset, data, cache / f"pairs-{_key(preset, data)}", report)


def _key(preset: Preset, data: Path) -> str:
    return "-without-".join([volumes.data_sha256(data)[:12], *sorted(preset.without)])


def _phantom_views(preset: Preset, cache: Path, report: Report) -> Path:
    """Views of phantoms, region "phantom", whatever part of the body they show."""
    out = cache / f"views-phantoms-{preset.phantoms}"
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for seed in range(preset.phantoms):
        region = REGIONS[seed % len(REGIONS)]
        name = f"phantom_{region}_{seed:05d}"
        entry = Entry(name, name, "phantom", "CT", "train", out)
        rows.append(write_views(entry, out, PHANTOM_VIEW_STEP_MM, _phantom_volume))
        report((seed + 1) / preset.phantoms, f"Views of {seed + 1} of {preset.phantoms} phantoms")
    write_index(out, rows, {"phantoms": preset.phantoms})
    return out


def _phantom_volume(entry: Entry) -> Volume:
    _, region, seed = entry.name.split("_")
    voxels, spacing_mm = make_phantom(int(seed), region).volume()
    return Volume(entry, voxels, spacing_mm)


def _phantom_pairs(preset: Preset, cache: Path, report: Report) -> Path | None:
    """Noisy pairs of phantom slices, whose reference is truly clean."""
    if not preset.phantom_pairs:
        return None
    out = cache / f"pairs-phantoms-{preset.phantom_pairs}"
    if not noise_pool.read_index(out):
        noise_pool.write_pairs(
            _phantom_slices(), out, size=256, count=preset.phantom_pairs, seed=1, report=report
        )
    return out


def _phantom_slices() -> Iterator[Source]:
    """Endless slices of phantoms other than those of the views."""
    seed = 1_000_000
    while True:
        phantom: Phantom = make_phantom(seed)
        for height in np.arange(-48.0, 49.0, PHANTOM_SLICE_STEP_MM):
            yield phantom.render(float(height)), PHANTOM_PIXEL_MM, f"phantom_{seed}"
        seed += 1


def _pairs(preset: Preset, data: Path, out: Path, report: Report) -> Path | None:
    """Noisy pairs of the training volumes at 256² and of native slices at 512²."""
    if noise_pool.read_index(out):
        return out
    at_256 = [_slices(entry) for entry in denoising_entries(data, preset.without)]
    native = [one for one in volumes.native_slices(data) if kept(one.name, preset.without)]
    at_512 = list(_by_patient(native).values())
    if not at_256 and not at_512:
        return None
    for size, count, groups in ((512, preset.pairs_512, at_512), (256, preset.pairs_256, at_256)):
        if groups and count:
            sources = noise_pool.balanced(groups, seed=7)
            noise_pool.write_pairs(sources, out, size=size, count=count, seed=2026, report=report)
    return out


def denoising_entries(data: Path, without: tuple[str, ...]) -> list[Entry]:
    """The CT volumes that the denoiser learns from."""
    return [
        entry
        for entry in volumes.catalogue(data)
        if entry.split == "train" and entry.modality == "CT" and kept(entry.name, SKIPPED + without)
    ]


def _slices(entry: Entry) -> list[Source]:
    volume = volumes.load(entry)
    return [
        (pixels.astype(np.float32), volume.spacing_mm[1], f"{entry.name}/{index:03d}")
        for index, pixels in enumerate(volume.voxels)
    ]


def _by_patient(slices: list[NativeSlice]) -> dict[str, list[Source]]:
    groups: dict[str, list[Source]] = {}
    for one in slices:
        if one.split == "train":
            group = groups.setdefault(one.patient, [])
            group.append((one.pixels, one.spacing_mm[0], f"{one.patient}/{one.name}"))
    return groups


def _mr_slices(data: Path, without: tuple[str, ...]) -> list[FloatArray]:
    """MR slices of the training patients, scaled so that their 99.5th percentile is 1."""
    entries = [
        entry
        for entry in volumes.catalogue(data)
        if entry.split == "train" and entry.modality == "MR" and kept(entry.name, without)
    ]
    scaled = []
    for entry in entries:
        voxels = volumes.load(entry).voxels
        for pixels in voxels[voxels.max(axis=(1, 2)) > 0.2 * voxels.max()]:
            image = pixels.astype(np.float32)
            scaled.append(image / max(float(np.percentile(image, 99.5)), 1.0))
    return scaled
