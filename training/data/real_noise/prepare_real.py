"""Makes what the denoiser's crops at real noise levels are drawn from, once, and finds it again:
cleaned references, phantoms, simulated fields of noise, native spectra, cleaned MR.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report, silent
from jrviewer.imaging.noise_level import calm_region, noise_sd
from jrviewer.model.joint_model import JointModel
from training.data import volumes
from training.data.noise import AIR_HU, low_dose
from training.data.noise_pool import HU_RANGE, fit_square
from training.data.real_noise.classical import non_local_means
from training.data.real_noise.native_spectra import measured_spectra
from training.data.real_noise.real_pairs import Anatomy, RealPairs, anatomy_of
from training.data.real_noise.references import (
    UNITS_PER_HU,
    USUAL_LEFT,
    without_slow_noise,
    write_references,
)
from training.data.real_noise.spectra import Fields
from training.data.volumes import kept
from training.phantoms import REGIONS, make_phantom

REFERENCES, MR_SLICES = "cleaned", "mr_cleaned.npz"  # as `references` cleans them today
SIDE = 512  # pixels of phantoms and of simulated fields
PHANTOMS, PHANTOM_SEED = 240, 2_000_000  # far from the seeds of the views and of the evaluation
PHANTOM_MM = (0.55, 0.95)
PHANTOM_BLUR_PIXELS = (0.4, 1.0)
PHANTOM_REACH_MM = 40.0
FIELDS, VIEWS = 480, 720
DOSES = (0.15, 2.0)  # log-uniform; the level is drawn anew for every crop, streaks remain
USUAL_MR_SD = 0.02  # of the brightest values
MR_STRENGTH = 0.9


def prepare_real(
    data: Path | None,
    cache: Path,
    without: Sequence[str] = (),
    report: Report = silent,
    cleaner: JointModel | None = None,
) -> RealPairs:
    """Everything in `cache`; without a data folder, phantoms alone. With a `cleaner`, an earlier
    version of the network, references cleaned by it join those of non-local means, which leave
    noise beside edges.
    """
    cache.mkdir(parents=True, exist_ok=True)
    phantoms = _phantoms(cache)
    anatomy, mr = [phantoms], []
    fields = Fields()
    if data is not None:
        write_references(data, cache / REFERENCES, without, report)
        anatomy = anatomy_of(cache / REFERENCES) or anatomy
        if cleaner is not None:
            by_network = cache / f"references-{cleaner.weights_sha256[:12]}"
            write_references(data, by_network, without, report, partial(_cleaned_by, cleaner))
            anatomy = [*anatomy, *anatomy_of(by_network)]
        mr = _mr_slices(data, cache, without)
        fields = Fields((), *measured_spectra(data, cache, without))
    fields = replace(fields, physics=_physics(anatomy, phantoms, cache, report))
    return RealPairs(anatomy, [phantoms], mr, fields)


def _cleaned_by(cleaner: JointModel, hu: FloatArray) -> FloatArray:
    return cleaner.denoise(np.clip(hu, *HU_RANGE).astype(np.float32), "HU")


def _phantoms(cache: Path) -> Anatomy:
    """Truly clean slices at native pixel sizes; 0.75 mm stands for all of them."""
    from scipy import ndimage

    path = cache / "phantoms.npy"
    if not path.is_file():
        random, made = np.random.default_rng(5), []
        for index in range(PHANTOMS):
            phantom = make_phantom(PHANTOM_SEED + index, REGIONS[index % len(REGIONS)])
            pixel_mm = float(random.uniform(*PHANTOM_MM))
            height_mm = float(random.uniform(-PHANTOM_REACH_MM, PHANTOM_REACH_MM))
            image = phantom.render(height_mm, SIDE, pixel_mm).astype(np.float32)
            image = ndimage.gaussian_filter(image, random.uniform(*PHANTOM_BLUR_PIXELS))
            made.append(np.rint(np.clip(image, *HU_RANGE) * UNITS_PER_HU).astype(np.int16))
        np.save(path, np.stack(made))
    return Anatomy(np.load(path, mmap_mode="r"), sum(PHANTOM_MM) / 2, 1.0)


def _physics(
    anatomy: Sequence[Anatomy], phantoms: Anatomy, cache: Path, report: Report
) -> list[np.ndarray]:
    """Noise (N, 512, 512) float16 of simulated projections through bodies, with the bare ramp."""
    path = cache / "physics.npy"
    if not path.is_file():
        part = path.with_suffix(".part.npy")
        shape = (FIELDS, SIDE, SIDE)
        fields = np.lib.format.open_memmap(part, "w+", np.float16, shape)
        random = np.random.default_rng(6)
        for index in range(FIELDS):
            source = phantoms if index % 4 == 3 else anatomy[int(random.integers(len(anatomy)))]
            hu, pixel_mm = _in_square(source, random)
            dose = float(np.exp(random.uniform(*np.log(DOSES))))
            noisy = low_dose(hu[None], pixel_mm, dose, views=VIEWS, kernel="ramp", seed=index)
            fields[index] = np.clip(noisy[0] - hu, -6e4, 6e4)
            report((index + 1) / FIELDS, f"{index + 1} of {FIELDS} simulated fields")
        fields.flush()
        part.replace(path)
    return list(np.load(path, mmap_mode="r"))


def _in_square(source: Anatomy, random: np.random.Generator) -> tuple[FloatArray, float]:
    """A slice in 512² of air, enlarged to fill it, and its pixel size."""
    image = source.slices[int(random.integers(len(source.slices)))] / np.float32(UNITS_PER_HU)
    zoom = SIDE / max(image.shape)
    if zoom > 1.2:
        tensor = torch.from_numpy(image.astype(np.float32))[None, None] - AIR_HU
        image = (F.interpolate(tensor, scale_factor=zoom, mode="bilinear")[0, 0] + AIR_HU).numpy()
    else:
        zoom = 1.0
    return fit_square(image, SIDE), source.pixel_mm / zoom


def _mr_slices(data: Path, cache: Path, without: Sequence[str]) -> list[FloatArray]:
    """Cleaned MR slices of the training patients, their 99.5th percentile at 1."""
    path = cache / MR_SLICES
    if not path.is_file():
        made = [
            thoroughly_cleaned_mr(pixels.astype(np.float32))
            for entry in volumes.catalogue(data)
            if entry.split == "train" and entry.modality == "MR" and kept(entry.name, without)
            for pixels in _bright(volumes.load(entry).voxels)
        ]
        np.savez(path, *made)
    with np.load(path) as file:
        return [file[name] for name in file.files]


def _bright(voxels: np.ndarray) -> np.ndarray:
    """The slices that hold a body."""
    bright: np.ndarray = voxels[voxels.max(axis=(1, 2)) > 0.2 * voxels.max()]
    return bright


def cleaned_mr(pixels: FloatArray) -> FloatArray:
    """An MR slice by non-local means with its own noise, its 99.5th percentile at 1."""
    scaled = pixels / max(float(np.percentile(pixels, 99.5)), 1.0)
    noise = noise_sd(scaled, calm_region(scaled, "stored"))
    sd = noise if np.isfinite(noise) else USUAL_MR_SD
    return non_local_means(scaled, sd, MR_STRENGTH)


def thoroughly_cleaned_mr(pixels: FloatArray) -> FloatArray:
    """The same without the slow noise that non-local means leave."""
    cleaned = cleaned_mr(pixels)
    calm = calm_region(pixels, "stored")
    return without_slow_noise(cleaned, calm, USUAL_LEFT * USUAL_MR_SD)
