import numpy as np
import pytest
from scipy import ndimage

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging import noise_level
from jrviewer.imaging.noise_level import CALM_SHARE, ERODED_PIXELS, SMOOTH_PIXELS, WINDOW, BoolArray


def plain_calm_region(pixels: FloatArray, low: float, high: float) -> BoolArray:
    """The definition, over the whole image."""
    smooth = ndimage.gaussian_filter(pixels, SMOOTH_PIXELS)
    soft = ndimage.binary_erosion((smooth > low) & (smooth < high), iterations=ERODED_PIXELS)
    fine = pixels.astype(np.float64)
    mean = ndimage.uniform_filter(fine, WINDOW)
    variance = ndimage.uniform_filter(fine * fine, WINDOW) - mean * mean
    calm: BoolArray = soft & (variance <= np.quantile(variance[soft], CALM_SHARE))
    return calm


@pytest.mark.parametrize("body", [np.s_[30:90, 20:150], np.s_[:128, 100:], np.s_[:, :60]])
def test_only_the_part_with_tissue_is_looked_at_and_gives_the_same_region(
    body: tuple[slice, ...],
) -> None:
    pixels = np.full((128, 160), -1000, dtype=np.float32)
    pixels[body] = 50
    pixels[60:70, 30:150:9] = 90
    pixels += np.random.default_rng(2).normal(0, 12, pixels.shape).astype(np.float32)

    calm = noise_level.calm_region(pixels, "HU")

    assert calm.any()
    assert np.array_equal(calm, plain_calm_region(pixels, 0, 120))


def test_without_soft_tissue_there_is_no_calm_region() -> None:
    air = np.full((128, 128), -1000, dtype=np.float32)

    assert not noise_level.calm_region(air, "HU").any()
