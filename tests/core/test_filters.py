import numpy as np
import pytest
from scipy import ndimage

from jrviewer.core.filters import (
    Edge,
    finite,
    gaussian,
    mean_of_9_by_9,
    running_mean,
    wide_gaussian,
)
from jrviewer.core.geometry import FloatArray


@pytest.fixture(params=[(512, 512), (100, 77)])
def image(request: pytest.FixtureRequest) -> FloatArray:
    values: FloatArray = np.random.default_rng(1).normal(50, 300, request.param)
    return values.astype(np.float32)


@pytest.mark.parametrize("mode", ["reflect", "nearest"])
def test_a_gaussian_is_scipys_to_the_last_bit(image: FloatArray, mode: Edge) -> None:
    expected = ndimage.gaussian_filter(image, (3.0, 1.2), mode=mode, truncate=2.5)

    assert np.array_equal(gaussian(image, (3.0, 1.2), mode=mode, truncate=2.5), expected)


@pytest.mark.parametrize("mode", ["reflect", "nearest"])
def test_a_running_mean_is_scipys_in_the_precision_of_the_image(
    image: FloatArray, mode: Edge
) -> None:
    fine = image.astype(np.float64)

    assert np.array_equal(
        running_mean(image, 9, mode=mode), ndimage.uniform_filter(image, 9, mode=mode)
    )
    assert np.array_equal(
        running_mean(fine, (3, 8), mode=mode), ndimage.uniform_filter(fine, (3, 8), mode=mode)
    )


@pytest.mark.parametrize("shape", [(287, 390), (64, 12), (12, 33), (5, 40), (3, 2)])
def test_the_wide_and_the_quick_smoothing_are_scipys_but_for_rounding(
    shape: tuple[int, int],
) -> None:
    image = np.random.default_rng(2).normal(0, 100, shape).astype(np.float32)
    fine = image.astype(np.float64)

    wide, mean = wide_gaussian(image, 3.0, 12), mean_of_9_by_9(image)

    assert wide.dtype == np.float32
    assert wide == pytest.approx(ndimage.gaussian_filter(fine, 3.0), abs=1e-3)
    assert mean == pytest.approx(ndimage.uniform_filter(fine, 9), abs=1e-9)


def test_smoothing_leaves_the_image_as_it_was(image: FloatArray) -> None:
    image.flags.writeable = False
    before = image.copy()

    gaussian(image, 2.0)
    running_mean(image, 5)
    wide_gaussian(image, 3.0, 12)
    mean_of_9_by_9(image)

    assert np.array_equal(image, before)


def test_numbers_stay_as_they_are_and_all_else_becomes_one() -> None:
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    broken = image.copy()
    broken[0, :] = np.nan, np.inf, -np.inf

    assert finite(image, -1000.0) is image
    assert np.array_equal(finite(broken, -1000.0), np.nan_to_num(broken, nan=-1000.0))
