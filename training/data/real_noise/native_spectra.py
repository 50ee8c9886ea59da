"""Radial noise spectra of native training series, from patches of calm soft tissue."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.noise_level import soft_tissue
from training.data.real_noise.native import native_series
from training.data.volumes import kept

PATCH = 32  # pixels
STEP = 8
BINS = PATCH // 2 + 1
CALMEST = 0.2  # of the patches of a slice
MOST_PATCHES = 20


def measured_spectra(
    data: Path, cache: Path, without: Sequence[str] = ()
) -> tuple[FloatArray, tuple[float, ...]]:
    """Power (M, bins) from frequency zero to Nyquist, its peak at one, and pixel sizes in mm."""
    path = cache / "spectra.npz"
    if not path.is_file():
        found = [
            (spectrum, one.pixel_mm)
            for one in native_series(data, "train")
            if kept(one.name, without) and (spectrum := radial_spectrum(one.slices)) is not None
        ]
        power = np.array([spectrum for spectrum, _ in found], np.float32).reshape(-1, BINS)
        np.savez(path, power=power, pixel_mm=[mm for _, mm in found])
    with np.load(path) as file:
        return file["power"], tuple(float(mm) for mm in file["pixel_mm"])


def radial_spectrum(slices: Sequence[FloatArray]) -> FloatArray | None:
    """Mean radial power (bins,) of the calmest patches of soft tissue, parabolas taken out; None
    where there is no calm patch.
    """
    taper = np.outer(np.hanning(PATCH), np.hanning(PATCH))
    total, count = np.zeros((PATCH, PATCH)), 0
    for pixels in slices:
        for patch in _calm_patches(pixels):
            total += np.abs(np.fft.fft2(_levelled(patch) * taper)) ** 2
            count += 1
    if not count:
        return None
    index = np.fft.fftfreq(PATCH) * PATCH
    ring = np.rint(np.hypot(index[:, None], index)).astype(np.intp).ravel()
    radial = np.bincount(ring, weights=total.ravel()) / np.bincount(ring)
    radial = radial[:BINS]
    radial[0] = radial[1]  # the parabola took what was there
    spectrum: FloatArray = radial / radial.max()
    return spectrum


def _calm_patches(pixels: FloatArray) -> Iterator[FloatArray]:
    soft = soft_tissue(pixels, "HU")
    rows, columns = pixels.shape
    patches = [
        pixels[row : row + PATCH, column : column + PATCH]
        for row in range(0, rows - PATCH, STEP)
        for column in range(0, columns - PATCH, STEP)
        if soft[row : row + PATCH, column : column + PATCH].mean() > 0.97
    ]
    patches.sort(key=lambda patch: float(patch.std()))
    yield from patches[: min(MOST_PATCHES, max(1, round(CALMEST * len(patches))))]


def _levelled(patch: FloatArray) -> FloatArray:
    """Less the parabola that fits it best: anatomy, not noise."""
    row, column = (index.ravel() / PATCH for index in np.mgrid[:PATCH, :PATCH])
    terms = np.stack([np.ones_like(row), row, column, row**2, column**2, row * column], axis=1)
    fitted = terms @ np.linalg.lstsq(terms, patch.ravel(), rcond=None)[0]
    levelled: FloatArray = patch - fitted.reshape(patch.shape)
    return levelled
