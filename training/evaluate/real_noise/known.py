"""What needs a clean image: phantoms that must come back unchanged, faint discs that must stay.

Discs lie in cleaned slices of validation patients, under noise with the spectrum of a real
quarter-dose abdomen: its peak at 0.35 of the Nyquist frequency, 3 % of it left at 0.7.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core import strength
from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report, silent
from jrviewer.core.strength import Residual
from jrviewer.imaging.body_masks import body_mask
from jrviewer.imaging.noise_level import measure
from training.data.real_noise.native import native_series
from training.data.real_noise.references import cleaned
from training.evaluate.real_noise.methods import Methods, shares_by_name
from training.metrics.lesions import add_discs, contrast
from training.metrics.scores import average
from training.phantoms import REGIONS, make_phantom

PHANTOM_SEED = 900_000  # as the evaluation of simulated doses has them
PHANTOMS = 6
PHANTOM_GRIDS = ((256, 1.75), (512, 0.75))  # pixels, mm
DISC_NOISE_HU = (10.0, 20.0, 40.0)
DISC_SERIES = ("abdomen_crlm_1006", "chest_lidc_0001", "chest_lungdx_a0002_smooth")
DISC_SLICES = (2, 7)
FALL_NYQUIST, FALL_POWER = 0.48, 4.0

Row = dict[str, Any]


def phantom_table(methods: Methods) -> Row:
    """Standard deviation of the change of clean phantoms in the body, HU, by strength: mean and
    worst.
    """
    found: dict[str, list[float]] = {}
    for seed in range(PHANTOM_SEED, PHANTOM_SEED + PHANTOMS):
        phantom = make_phantom(seed, REGIONS[seed % len(REGIONS)])
        for pixels, mm in PHANTOM_GRIDS:
            image = phantom.render(0.0, pixels, mm).astype(np.float32)
            body = body_mask(image, "HU", (mm, mm))
            for name, result in methods.strengths(image, "HU").items():
                found.setdefault(name, []).append(float((result - image)[body].std()))
    return {
        name: {"change_sd_hu": float(np.mean(all_of)), "worst": max(all_of)}
        for name, all_of in found.items()
    }


def disc_table(methods: Methods, data: Path, report: Report = silent) -> Row:
    """By noise in HU, then strength or peer: `contrast_kept` and `cnr_gain`."""
    rows: dict[str, dict[str, list[Row]]] = {}
    for count, (clean, mm) in enumerate(clean_slices(data)):
        report(0.5, f"discs in slice {count + 1}")
        image, discs = add_discs(clean, mm, seed=count)
        grain = real_like(clean.shape, seed=count)
        for sd in DISC_NOISE_HU if discs else ():
            noisy, bare = image + sd * grain, clean + sd * grain
            before = contrast(noisy, bare, discs, mm)
            for name, (one, other) in _both(methods, noisy, bare, sd).items():
                left = contrast(one, other, discs, mm)
                row = {
                    "contrast_kept": left["measured"] / left["true"],
                    "cnr_gain": left["cnr"] / before["cnr"],
                }
                rows.setdefault(f"{sd:g}", {}).setdefault(name, []).append(row)
    return {level: {name: average(own) for name, own in by.items()} for level, by in rows.items()}


def real_like(shape: tuple[int, ...], seed: int) -> FloatArray:
    """Noise (rows, columns) of unit standard deviation with a quarter-dose abdomen's spectrum."""
    white = np.random.default_rng(seed).standard_normal(shape)
    rows, columns = (np.fft.fftfreq(size) * 2 for size in shape)
    nyquist = np.hypot(rows[:, None], columns)
    power = nyquist * np.exp(-((nyquist / FALL_NYQUIST) ** FALL_POWER))
    noise = np.fft.ifft2(np.fft.fft2(white) * np.sqrt(power)).real
    unit: FloatArray = (noise / noise.std()).astype(np.float32)
    return unit


def _both(
    methods: Methods, noisy: FloatArray, bare: FloatArray, sd: float
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """Results with and without the discs, the same share of the noise gone from both."""
    denoised, denoised_bare = (methods.ours(image, "HU") for image in (noisy, bare))
    removed, without = Residual.of(noisy, denoised), Residual.of(bare, denoised_bare)
    shares = shares_by_name(measure(bare, denoised_bare, "HU"))
    results = {
        name: (strength.apply(noisy, removed, one), strength.apply(bare, without, one))
        for name, one in shares.items()
    }
    for name, run in methods.others("HU"):
        if name in ("nlm", "cnn10"):
            results[name] = (run(noisy, sd), run(bare, sd))
    return results


def clean_slices(data: Path) -> Iterator[tuple[FloatArray, float]]:
    """Cleaned slices (rows, columns) of validation patients in HU, and their pixel size in mm."""
    for one in native_series(data, "validation"):
        for index in DISC_SLICES if one.name in DISC_SERIES else ():
            if index < len(one.slices):
                yield cleaned(one.slices[index]), one.pixel_mm
