import numpy as np
import pytest
from scipy import ndimage

from jrviewer.core.filters import gaussian
from jrviewer.core.geometry import FloatArray
from jrviewer.core.strength import Noise
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


def grain(sd: float, *, pixels: float) -> FloatArray:
    """Noise (384, 384) under a Gaussian of so many pixels."""
    white = np.random.default_rng(3).normal(0, 1, (384, 384)).astype(np.float32)
    noise = gaussian(white, pixels) if pixels else white
    return noise * np.float32(sd / noise.std())


def rims() -> FloatArray:
    """Strips of muscle (384, 384) that thin out into fat, and a heart full of contrast medium."""
    chest = np.full((384, 384), -1000, dtype=np.float32)
    chest[40:344, 40:344] = -100
    for column in range(60, 330, 60):
        chest[60:180, column : column + 20] = 90
    chest[200:330, 60:330] = 250
    return gaussian(chest, 5.0)


def measured(tissue: FloatArray, noise: FloatArray, left: float) -> Noise:
    """With a network that leaves so much of the noise, and all of the tissue."""
    pixels = tissue + noise
    found = noise_level.measure(pixels, tissue + left * noise, "HU")
    assert found is not None
    return found


@pytest.mark.parametrize("left", [0.1, 0.2, 0.5, 0.8])
@pytest.mark.parametrize("pixels", [0.0, 0.7, 1.5])
def test_in_flat_tissue_all_is_noise_whatever_a_network_leaves_of_it(
    left: float, pixels: float
) -> None:
    flat = np.full((384, 384), -1000, dtype=np.float32)
    flat[40:344, 40:344] = 50
    noise = grain(12, pixels=pixels)
    found = measured(flat, noise, left)
    assert found.tissue < 0.02 * found.before**2
    calm = noise_level.calm_region(flat + noise, "HU")
    assert found.before == pytest.approx(noise_level.noise_sd(noise, calm), rel=0.02)


@pytest.mark.parametrize("left", [0.1, 0.2, 0.4])
def test_the_slopes_of_a_rim_of_muscle_are_no_noise(left: float) -> None:
    tissue, noise = rims(), grain(12, pixels=0.7)
    found = measured(tissue, noise, left)
    calm = noise_level.calm_region(tissue + noise, "HU")
    truth = noise_level.noise_sd(noise, calm)
    assert noise_level.noise_sd(tissue + noise, calm) > 1.1 * truth
    assert found.before == pytest.approx(truth, rel=0.05)


def test_too_little_tissue_does_not_say_what_a_network_leaves() -> None:
    little = np.full((384, 384), -1000, dtype=np.float32)
    little[:48, :48] = 50
    noise = grain(12, pixels=0.7)
    assert noise_level.Tissue(little + noise, "HU").share_left(little) is None
    little[:120, :120] = 50
    assert noise_level.Tissue(little + noise, "HU").share_left(little) == 0


@pytest.mark.parametrize(("least", "left"), [(12, 0.69), (4, 0.49)])
def test_where_detail_is_everywhere_noise_is_not_known(least: float, left: float) -> None:
    """As where sulci cross the vertex of a head; in its calmest tissue there may be less."""
    row, column = np.mgrid[:384, :384].astype(np.float32)
    head: FloatArray = 300 + (least + column / 4) * np.sin(row / 2.5) * np.sin(column / 3)
    pixels = head + grain(10, pixels=0.7)
    assert noise_level.Tissue(pixels, "stored").share_left(head) == pytest.approx(left, abs=0.03)
    assert noise_level.measure(pixels, head, "stored") is None
    flat = np.full_like(head, 300)
    noise = grain(10, pixels=0.7)
    assert noise_level.measure(flat + noise, flat + 0.8 * noise, "stored") is not None
