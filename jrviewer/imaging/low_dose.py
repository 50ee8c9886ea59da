"""A noisy twin of a slice, as if it had been acquired at a share of its dose.

Noise is added in image space: a CT's noise power is inverse to its dose, so a slice with standard
deviation s has s / √dose, and what is missing is s · √(1/dose − 1). Its spectrum and how it varies
over the slice are those of what the network removed from the slice. No projections are computed, so
streaks between the shoulders and starved detectors are not simulated.
"""

from dataclasses import replace

import numpy as np

from jrviewer.core.errors import JRViewerError
from jrviewer.core.filters import gaussian
from jrviewer.core.geometry import FloatArray
from jrviewer.core.padding import is_padding
from jrviewer.core.prediction import Prediction, removed_from
from jrviewer.core.records import Slice
from jrviewer.imaging.noise_level import calm_region, noise_sd

QUARTER = 0.25
SEED = 0  # the same slice always gets the same noise
RADIAL_BINS = 64
LEVEL_PIXELS = 12.0  # the noise level may change this quickly through the slice
SEARCHES = 3  # for the level: which tissue is calmest depends on it, little
LEVELS = (0.25, 4.0)  # of the level in calm tissue: no place is noisier or quieter


def simulated(prediction: Prediction, dose: float = QUARTER) -> Slice:
    """The slice of a prediction with noise as at a share of its dose, 0 to 1; never exported.

    Raises JRViewerError where the slice's own noise is unknown, as then nobody knows how much to
    add.
    """
    image = prediction.slice
    if image.unit != "HU" or prediction.noise_before is None or not prediction.is_noise_known:
        raise JRViewerError(
            "A lower dose cannot be simulated here: the slice's own noise could not be measured. "
            "Choose a CT slice that shows more soft tissue."
        )
    removed = removed_from(image, prediction.fully_denoised)
    noise = _like(removed.fine + removed.slow)
    own = _scale(noise, prediction, prediction.noise_before)
    noise *= np.float32(own * np.sqrt(1 / dose - 1))
    noise[is_padding(image)] = 0
    return replace(
        image,
        pixels=np.rint(image.pixels + noise).astype(np.float32),
        source=replace(image.source, sop_instance_uid="", pixels_sha256=""),
        simulated_dose=dose,
        warnings=(*image.warnings, f"Simulated: noise was added as at {100 * dose:.0f} % dose."),
    )


def _scale(noise: FloatArray, prediction: Prediction, reads: float) -> float:
    """What noise (rows, columns) is multiplied by to read as the slice's own does: both are read
    where they happen to be least, and are stronger everywhere else.
    """
    image, clean = prediction.slice, prediction.fully_denoised
    calm = calm_region(image.pixels, image.unit)
    for _ in range(SEARCHES):
        scale = reads / max(noise_sd(noise, calm), 1e-6)
        calm = calm_region(clean + np.float32(scale) * noise, image.unit)
        if not calm.any():
            break
    return scale


def _like(removed: FloatArray) -> FloatArray:
    """Gaussian noise (rows, columns) with the spectrum of what was removed, and its changes of
    level.
    """
    from scipy import fft

    white = np.random.default_rng(SEED).standard_normal(removed.shape, dtype=np.float32)
    amplitude = np.sqrt(_radial_power(removed))
    coloured = fft.irfft2(fft.rfft2(white) * amplitude, removed.shape)
    power = gaussian(removed * removed, LEVEL_PIXELS)
    level = np.sqrt(np.maximum(power, 0))
    middle = max(float(np.median(level)), 1e-6)
    noise: FloatArray = (coloured * np.clip(level / middle, *LEVELS)).astype(np.float32)
    return noise


def _radial_power(image: FloatArray) -> FloatArray:
    """Power of an image's frequencies (rows, columns // 2 + 1), averaged over their directions."""
    from scipy import fft

    power = np.abs(fft.rfft2(image)) ** 2
    rows, columns = image.shape
    frequency = np.hypot(fft.fftfreq(rows)[:, None], fft.rfftfreq(columns)[None])
    bins = np.minimum((frequency / 0.5 * RADIAL_BINS).astype(int), RADIAL_BINS)
    total = np.bincount(bins.ravel(), power.ravel(), RADIAL_BINS + 1)
    mean = total / np.maximum(np.bincount(bins.ravel(), minlength=RADIAL_BINS + 1), 1)
    middles = (np.arange(RADIAL_BINS + 1) + 0.5) / RADIAL_BINS * 0.5
    radial: FloatArray = np.interp(frequency, middles, mean)
    radial[0, 0] = 0.0  # the mean stays
    return radial
