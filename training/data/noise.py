"""Simulated measurement noise: low-dose CT in the projection domain, Rician noise for MR.

CT: HU → µ, parallel-beam line integrals s over 180°, counts ~ Poisson(dose · I₀ · e^−s) plus
Gaussian electronic noise, and the filtered backprojection of (noisy − noiseless) line integrals is
added to the slice. As reconstruction is linear, one backprojection suffices and the slice keeps its
own sharpness. Independent of files and networks.
"""

from collections.abc import Iterator

import numpy as np

from jrviewer.core.geometry import FloatArray
from training.data.projection import COLUMNS_AT_ONCE, Kernel, Scanner, scanner

MU_WATER_PER_MM = 0.02
FULL_DOSE_COUNTS = 1.5e5  # per ray without an object
ELECTRONIC_VARIANCE = 10.0  # counts²
LEAST_COUNT = 1.0  # before the logarithm, for starved detector pixels
AIR_HU = -1000.0


def low_dose(
    hu: FloatArray,
    pixel_mm: float,
    dose: float | FloatArray,
    *,
    views: int,
    kernel: Kernel,
    i0: float = FULL_DOSE_COUNTS,
    electronic_variance: float = ELECTRONIC_VARIANCE,
    seed: int,
) -> FloatArray:
    """Slices (B, H, W) in HU, float32, as if scanned with a share `dose` (one or (B,)) of I₀.

    `kernel` is "ramp", "hann" or a cut-off in (0, 1], see projection.filter_views. Slices are
    padded to a square with air. The noise of slice b depends on the seed and b alone.
    """
    pixels = np.asarray(hu, dtype=np.float32)
    doses = np.broadcast_to(np.asarray(dose, dtype=np.float64), len(pixels))
    padded, rows, columns = _square(pixels)
    machine = scanner(padded.shape[-1], views)
    noisy = np.empty_like(pixels)
    for part in _parts(len(pixels)):
        integrals = _line_integrals(machine, padded[part], pixel_mm)
        counts = i0 * doses[part, None, None] * np.exp(-integrals)
        measured = np.stack(
            [
                _measure(count, electronic_variance, np.random.default_rng([seed, index]))
                for index, count in enumerate(counts, start=part.start)
            ]
        )
        difference = np.log(counts / measured).astype(np.float32)
        noise = machine.reconstruct(difference, kernel) * (1000 / MU_WATER_PER_MM / pixel_mm)
        noisy[part] = pixels[part] + noise[:, rows, columns]
    return noisy


def rician(image: FloatArray, sigma: float, seed: int) -> FloatArray:
    """The magnitude |S + n₁ + i n₂| of an MR image, float32, with n ~ N(0, sigma²) in its unit."""
    generator = np.random.default_rng(seed)
    real, imaginary = generator.standard_normal((2, *image.shape), dtype=np.float32) * sigma
    magnitude: FloatArray = np.hypot(image + real, imaginary).astype(np.float32)
    return magnitude


def noise_power_spectrum(noise: FloatArray, pixel_mm: float) -> tuple[FloatArray, FloatArray]:
    """Radial noise power spectrum of square patches (B, N, N): frequencies (1/mm) and HU² mm².

    Bins are one frequency step wide and end at the Nyquist frequency (IEC 62220-1 normalisation).
    """
    size = noise.shape[-1]
    centred = noise - noise.mean(axis=(-2, -1), keepdims=True)
    power = (np.abs(np.fft.fft2(centred)) ** 2).mean(axis=0) * pixel_mm**2 / size**2
    index = np.fft.fftfreq(size) * size
    ring = np.rint(np.hypot(index[:, None], index)).astype(np.intp).ravel()
    totals = np.bincount(ring, weights=power.ravel())
    radial: FloatArray = totals / np.maximum(np.bincount(ring), 1)
    last = size // 2
    return np.arange(last) / (size * pixel_mm), radial[:last]


def _line_integrals(machine: Scanner, hu: FloatArray, pixel_mm: float) -> FloatArray:
    attenuation = np.maximum(hu / 1000 + 1, 0) * (MU_WATER_PER_MM * pixel_mm)
    return machine.project(attenuation.astype(np.float32))


def _measure(counts: FloatArray, variance: float, generator: np.random.Generator) -> FloatArray:
    """Counts as a detector reports them."""
    electronic = np.sqrt(variance) * generator.standard_normal(counts.shape)
    measured: FloatArray = np.maximum(generator.poisson(counts) + electronic, LEAST_COUNT)
    return measured


def _square(pixels: FloatArray) -> tuple[FloatArray, slice, slice]:
    """Slices centred in squares of air whose side is a multiple of 16: few scanners are kept."""
    height, width = pixels.shape[-2:]
    side = -(-max(height, width) // 16) * 16
    top, left = (side - height) // 2, (side - width) // 2
    padded = np.full((len(pixels), side, side), AIR_HU, dtype=np.float32)
    rows, columns = slice(top, top + height), slice(left, left + width)
    padded[:, rows, columns] = pixels
    return padded, rows, columns


def _parts(batch: int) -> Iterator[slice]:
    for start in range(0, batch, COLUMNS_AT_ONCE):
        yield slice(start, min(start + COLUMNS_AT_ONCE, batch))
