from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.imaging.low_dose import simulated
from jrviewer.imaging.noise_level import measure
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import make_prediction, make_slice


def added_to(prediction: Prediction, dose: float = 0.25) -> FloatArray:
    difference: FloatArray = simulated(prediction, dose).pixels - prediction.slice.pixels
    return difference


def smooth_noise(sigma_px: float) -> Prediction:
    """Noise of 10 HU with a grain of so many pixels, of which all is removed."""
    clean = np.full((160, 160), 50, dtype=np.float32)
    noise = ndimage.gaussian_filter(np.random.default_rng(3).normal(0, 1, clean.shape), sigma_px)
    image = make_slice(clean + 10 * noise / noise.std())
    found = measure(image.pixels, clean, "HU")
    return replace(make_prediction(image), fully_denoised=clean, noise=found)


def grain(noise: FloatArray) -> float:
    """The correlation of neighbouring pixels."""
    return float(np.corrcoef(noise[:, :-1].ravel(), noise[:, 1:].ravel())[0, 1])


@pytest.mark.parametrize("dose", [0.5, 0.25, 0.1])
@pytest.mark.parametrize("sigma_px", [0.6, 1.0])
def test_the_noise_is_that_of_the_dose_though_calm_tissue_shows_less(
    dose: float, sigma_px: float
) -> None:
    made = smooth_noise(sigma_px)  # of 10 HU
    assert made.noise_before is not None
    assert made.noise_before < 9.5

    added = added_to(made, dose)[20:-20, 20:-20]

    assert added.std() == pytest.approx(10 * (1 / dose - 1) ** 0.5, rel=0.05)


@pytest.mark.parametrize("sigma_px", [0.6, 1.5])
def test_the_noise_has_the_grain_of_the_slices_own(sigma_px: float) -> None:
    made = smooth_noise(sigma_px)
    own = made.slice.pixels - made.fully_denoised

    assert grain(added_to(made)) == pytest.approx(grain(own), abs=0.05)


def test_the_values_stay_where_they_were_on_average() -> None:
    assert abs(float(added_to(smooth_noise(1.0)).mean())) < 0.5


def test_the_same_slice_always_gets_the_same_noise() -> None:
    assert np.array_equal(added_to(make_noisy()), added_to(make_noisy()))


def test_padding_gets_no_noise() -> None:
    made = make_noisy()
    pixels = made.slice.pixels.copy()
    pixels[:, :10] = -2000
    padded = replace(made, slice=replace(made.slice, pixels=pixels, padding=-2000.0))

    assert np.array_equal(simulated(padded).pixels[:, :10], pixels[:, :10])


def test_a_twin_says_that_it_is_simulated_and_is_no_known_object() -> None:
    twin = simulated(make_noisy())

    assert twin.simulated_dose == 0.25
    assert twin.warnings[-1] == "Simulated: noise was added as at 25 % dose."
    assert twin.source.sop_instance_uid == twin.source.pixels_sha256 == ""


@pytest.mark.parametrize(
    "prediction",
    [
        replace(make_prediction(), noise=None),
        make_noisy(sd=0),
        replace(make_noisy(), slice=make_slice(np.zeros((160, 160)), unit="stored")),
    ],
)
def test_without_noise_of_its_own_no_dose_can_be_simulated(prediction: Prediction) -> None:
    with pytest.raises(JRViewerError, match="could not be measured"):
        simulated(prediction)
