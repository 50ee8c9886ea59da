from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from jrviewer.imaging.noise_level import calm_region, noise_sd
from tests.support.record_factory import body_image
from training.data.real_noise.native_spectra import radial_spectrum
from training.data.real_noise.real_pairs import anatomy_of
from training.data.real_noise.references import (
    UNITS_PER_HU,
    cleaned,
    read_references,
    thoroughly_cleaned,
    without_slow_noise,
    write_references,
)


def data_folder(folder: Path) -> Path:
    (folder / "volumes").mkdir(parents=True)
    random = np.random.default_rng(0)
    layers = np.stack([body_image(96, 96)] * 6) + random.normal(0, 15, (6, 96, 96))
    for name in ("chest_a", "chest_b", "headneck_openkbp_1"):
        np.savez(
            folder / "volumes" / f"{name}.npz",
            volume=layers.astype(np.int16),
            spacing=(3.0, 0.8, 0.8),
            modality="CT",
            region="chest",
        )
    rows = ["name,split,patient,modality,region", "chest_a,train,a,CT,chest"]
    rows += ["chest_b,validation,b,CT,chest", "headneck_openkbp_1,train,c,CT,head-neck"]
    (folder / "volumes.csv").write_text("\n".join(rows) + "\n")
    return folder


def test_only_training_patients_are_cleaned(tmp_path: Path) -> None:
    write_references(data_folder(tmp_path / "data"), tmp_path / "out")

    ((source, slices),) = read_references(tmp_path / "out")
    assert source.name == "chest_a"
    assert slices.shape == (2, 96, 96)
    assert [one.pixel_mm for one in anatomy_of(tmp_path / "out")] == [0.8]


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data")
    write_references(data, tmp_path / "out")

    def never(hu: np.ndarray) -> np.ndarray:
        raise AssertionError

    write_references(data, tmp_path / "out", clean=never)


def test_another_cleaner_can_be_given(tmp_path: Path) -> None:
    data = data_folder(tmp_path / "data")
    write_references(data, tmp_path / "out", clean=lambda hu: np.full_like(hu, 40))
    ((_, slices),) = read_references(tmp_path / "out")
    assert (slices == 40 * UNITS_PER_HU).all()


def test_cleaning_takes_noise_and_leaves_the_mean() -> None:
    flat = np.full((96, 96), 50, dtype=np.float32)
    noisy = flat + np.random.default_rng(1).normal(0, 15, flat.shape).astype(np.float32)
    left = cleaned(noisy)
    calm = calm_region(noisy, "HU")
    assert noise_sd(left, calm) < 0.4 * noise_sd(noisy, calm)
    assert left.mean() == pytest.approx(50, abs=1)


def slow_noise(sd: float) -> np.ndarray:
    """Noise (96, 96) with nothing fine in it."""
    noise = ndimage.gaussian_filter(np.random.default_rng(1).normal(0, 1, (96, 96)), 2.5)
    scaled: np.ndarray = (sd * noise / noise.std()).astype(np.float32)
    return scaled


def test_slow_noise_goes_as_well() -> None:
    noisy = 50 + slow_noise(8)
    calm = calm_region(noisy, "HU")
    left = noise_sd(cleaned(noisy), calm), noise_sd(thoroughly_cleaned(noisy), calm)
    assert left[1] < 0.75 * left[0]


def test_an_organ_stays_while_slow_noise_goes() -> None:
    row, column = np.mgrid[:96, :96]
    organ = np.where(np.hypot(row - 48, column - 48) < 16, 40, 0).astype(np.float32)
    noisy = 50 + organ + slow_noise(3)
    left = without_slow_noise(noisy, np.zeros((96, 96), dtype=bool), usual_sd=3.0)
    inside = ndimage.binary_erosion(organ > 0, iterations=4)
    outside = ~ndimage.binary_dilation(organ > 0, iterations=4)
    assert left[inside].mean() - left[outside].mean() == pytest.approx(40, abs=2)
    assert left.shape == noisy.shape


def test_a_spectrum_is_that_of_the_noise() -> None:
    random = np.random.default_rng(2)
    white = 50 + random.normal(0, 10, (128, 128)).astype(np.float32)
    smooth = (white + np.roll(white, 1, 0) + np.roll(white, 1, 1) + np.roll(white, (1, 1))) / 4
    flat, falling = radial_spectrum([white]), radial_spectrum([smooth])
    assert flat is not None
    assert falling is not None
    assert flat[-2] > 0.4
    assert falling[-2] < 0.5 * flat[-2]
    assert radial_spectrum([np.full((128, 128), -1000, np.float32)]) is None
