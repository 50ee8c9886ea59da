"""Cleaned slices that noise is added to: real anatomy with little of its scan's own noise.

Whoever learns `slice with noise + simulated noise → slice with noise` learns to tell the two kinds
apart and to keep the scanner's. So the scan's noise is taken out first: thin slices are averaged
with their neighbours, then non-local means (Buades 2005) with the slice's own measured noise, then
once more at half the resolution: patches of five pixels leave the slow part of the noise, and a
network that finds it in its references leaves it, too.

Kept as int16 in eighths of an HU, one array for each source, beside index.json.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report, silent
from jrviewer.imaging.noise_level import BoolArray, calm_region, local_covariance, noise_sd
from training.data import volumes
from training.data.real_noise.classical import non_local_means
from training.data.real_noise.native import native_series
from training.data.volumes import kept

SKIPPED = ("openkbp",)  # too coarse, and blanked around the body
UNITS_PER_HU = 8
NLM_STRENGTH = 0.9  # h over the noise's standard deviation
SLOW_STRENGTH = 1.3  # likewise, at half the resolution, over what the first pass left
USUAL_LEFT = 0.3  # of the noise after the first pass, where it cannot be measured
EVERY = 3  # slices of a volume
THICK_MM = 2.0  # slices nearer than this are averaged with both neighbours
HU_RANGE = (-1024.0, 3071.0)
NOISIEST = 2.5  # times the calm region's noise
WORTH_IT = 0.1
COARSE, AROUND, CALMEST_PERCENT = 4, 11, 20  # places of 4 × 4 pixels; 44 pixels around each
SOFT_HU, SMOOTH_PIXELS = (-150.0, 250.0), 3.0
LEAST_SD, USUAL_SD, MOST_SD = 1.0, 8.0, 80.0  # HU

Clean = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of index.json: where cleaned slices come from, and what they are."""

    name: str
    patient: str
    region: str
    pixel_mm: float
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Raw:
    """Slices (N, rows, columns) HU of one source before cleaning."""

    name: str
    patient: str
    region: str
    pixel_mm: float
    slices: Sequence[FloatArray]


def write_references(
    data: Path,
    out: Path,
    without: Sequence[str] = (),
    report: Report = silent,
    clean: Clean | None = None,
) -> None:
    """Clean every training source of a data folder into `out`, by non-local means or by `clean`;
    nothing is done where that was finished before.
    """
    if (out / "index.json").is_file():
        return
    out.mkdir(parents=True, exist_ok=True)
    clean = clean or thoroughly_cleaned
    sources = []
    for raw in _raw_sources(data, without):
        path = out / f"{raw.name}.npy"
        if not path.is_file():
            stored = np.stack([_stored(clean(one)) for one in raw.slices])
            part = path.with_suffix(".part.npy")
            np.save(part, stored)
            part.replace(path)
        sources.append(Source(raw.name, raw.patient, raw.region, raw.pixel_mm, len(raw.slices)))
        report(0.5, f"cleaned {raw.name}")
    listed = json.dumps([asdict(source) for source in sources], indent=1)
    (out / "index.json").write_text(listed, encoding="utf-8")


def read_references(folder: Path) -> list[tuple[Source, np.ndarray]]:
    """The sources of a folder with their slices (N, rows, columns), mapped, in eighths of an HU."""
    listed = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    found = [Source(**entry) for entry in listed]
    return [(one, np.load(folder / f"{one.name}.npy", mmap_mode="r")) for one in found]


def cleaned(hu: FloatArray) -> FloatArray:
    """A slice (rows, columns) without most of its noise, by non-local means with its calm region's
    noise, and with more of it where soft tissue is noisier: between two shoulders, say.
    """
    clipped = np.clip(hu, *HU_RANGE).astype(np.float32)
    sd = noise_sd(clipped, calm_region(clipped, "HU"))
    sd = float(np.clip(sd if np.isfinite(sd) else USUAL_SD, LEAST_SD, MOST_SD))
    gently = non_local_means(clipped, sd, NLM_STRENGTH)
    part = (_noisier(clipped, sd) - 1) / (NOISIEST - 1)
    if part.max() < WORTH_IT:
        return gently
    strongly = non_local_means(clipped, NOISIEST * sd, NLM_STRENGTH)
    return (gently + part * (strongly - gently)).astype(np.float32)


def thoroughly_cleaned(hu: FloatArray) -> FloatArray:
    """A slice (rows, columns) without most of its noise, the slow part as well."""
    calm = calm_region(np.clip(hu, *HU_RANGE).astype(np.float32), "HU")
    return without_slow_noise(cleaned(hu), calm, USUAL_LEFT * USUAL_SD)


def without_slow_noise(image: FloatArray, calm: BoolArray, usual_sd: float) -> FloatArray:
    """A cleaned image (rows, columns) less the slow noise that is left in it, judged in a calm
    region; where there is none, its standard deviation is the usual one.
    """
    from scipy import ndimage

    left = noise_sd(image, calm)
    sd = left if np.isfinite(left) and left > 0 else usual_sd
    rows, columns = (size // 2 * 2 for size in image.shape)
    coarse = image[:rows, :columns].reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    change = non_local_means(coarse, sd, SLOW_STRENGTH) - coarse
    zoom = [size / half for size, half in zip(image.shape, change.shape, strict=True)]
    cleaner: FloatArray = image + ndimage.zoom(change, zoom, order=1)
    return cleaner.astype(np.float32)


def _noisier(hu: FloatArray, sd: float) -> FloatArray:
    """How many times `sd` the noise is (rows, columns), 1 to NOISIEST: the calmest fifth of the
    local variances around each place of soft tissue.
    """
    from scipy import ndimage

    coarse = local_covariance(hu, hu)[::COARSE, ::COARSE]
    calmest = ndimage.percentile_filter(coarse, CALMEST_PERCENT, size=AROUND)
    zoom = [size / small for size, small in zip(hu.shape, coarse.shape, strict=True)]
    times = ndimage.zoom(np.sqrt(np.maximum(calmest, 0)), zoom, order=1) / sd
    steady = ndimage.gaussian_filter(hu, SMOOTH_PIXELS)
    is_soft = (steady > SOFT_HU[0]) & (steady < SOFT_HU[1])
    noisier: FloatArray = np.where(is_soft, np.clip(times, 1, NOISIEST), 1.0)
    smooth: FloatArray = ndimage.gaussian_filter(noisier.astype(np.float32), SMOOTH_PIXELS)
    return smooth


def _raw_sources(data: Path, without: Sequence[str]) -> Iterator[Raw]:
    yield from _of_native(data, without)
    yield from _of_single_slices(data, without)
    yield from _of_volumes(data, without)


def _of_volumes(data: Path, without: Sequence[str]) -> Iterator[Raw]:
    for entry in volumes.catalogue(data):
        wanted = entry.split == "train" and entry.modality == "CT"
        if wanted and kept(entry.name, (*SKIPPED, *without)):
            volume = volumes.load(entry)
            slices = _thick(list(volume.voxels), volume.spacing_mm[0], EVERY)
            yield Raw(entry.name, entry.patient, entry.region, volume.spacing_mm[1], slices)


def _of_native(data: Path, without: Sequence[str]) -> Iterator[Raw]:
    for one in native_series(data, "train"):
        if kept(one.name, without):
            slices = _thick(one.slices, one.step_mm, EVERY if one.step_mm < THICK_MM else 1)
            yield Raw(f"native_{one.name}", one.patient, one.region, one.pixel_mm, slices)


def _of_single_slices(data: Path, without: Sequence[str]) -> Iterator[Raw]:
    for one in volumes.native_slices(data):
        if one.split == "train" and kept(one.name, without):
            yield Raw(f"single_{one.name}", one.patient, "chest", one.spacing_mm[1], [one.pixels])


def _thick(slices: Sequence[FloatArray], step_mm: float, every: int) -> list[FloatArray]:
    """Every so many slices; thin ones as the mean with both neighbours, whose noise is another."""
    reach = 1 if step_mm < THICK_MM else 0
    middle = partial(_mean_around, slices, reach)
    return [middle(index) for index in range(reach, len(slices) - reach, every)]


def _mean_around(slices: Sequence[FloatArray], reach: int, index: int) -> FloatArray:
    around = slices[index - reach : index + reach + 1]
    clipped = [np.clip(one, *HU_RANGE).astype(np.float32) for one in around]
    mean: FloatArray = np.mean(clipped, axis=0, dtype=np.float32)
    return mean


def _stored(hu: FloatArray) -> np.ndarray:
    return np.rint(hu * UNITS_PER_HU).astype(np.int16)
