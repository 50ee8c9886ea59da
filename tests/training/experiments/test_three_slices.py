import numpy as np
import pytest

from training.experiments.three_slices import (
    CONTRAST_HU,
    noise_correlation,
    sphere_contrast,
    sphere_cut,
    sphere_places,
)

SPHERE = (20, 30, 10.0)


def test_a_sphere_is_a_smaller_disc_in_the_slice_beside_and_none_beyond() -> None:
    middle, beside, beyond = (sphere_cut((40, 60), [SPHERE], 1.0, mm) for mm in (0.0, 4.0, 8.0))

    assert middle[20, 30] == CONTRAST_HU
    assert (middle > 15).sum() == pytest.approx(np.pi * 5**2, rel=0.15)
    assert (beside > 15).sum() == pytest.approx(np.pi * 3**2, rel=0.2)
    assert not beyond.any()


def test_what_is_left_of_spheres_is_measured_in_their_cores() -> None:
    halved = sphere_cut((40, 60), [SPHERE], 1.0, 0.0) / 2

    assert sphere_contrast(halved, [SPHERE], 1.0) == pytest.approx(CONTRAST_HU / 2)


def test_spheres_lie_in_calm_tissue_and_apart() -> None:
    calm = np.zeros((80, 80), bool)
    calm[10:70, 10:70] = True

    places = [*sphere_places(np.ones_like(calm), calm, 1.0)]

    assert len(places) > 5
    assert all(calm[row, column] for row, column, _ in places)
    first, second, *_ = places
    assert np.hypot(first[0] - second[0], first[1] - second[1]) >= 12


def test_noise_that_goes_on_in_the_next_slice_correlates() -> None:
    random = np.random.default_rng(0)
    one, other = random.standard_normal((2, 100, 100))
    calm = np.ones((100, 100), bool)

    assert noise_correlation(one, other, calm) == pytest.approx(0, abs=0.05)
    assert noise_correlation(one, 0.6 * one + 0.8 * other, calm) == pytest.approx(0.6, abs=0.05)
    assert np.isnan(noise_correlation(one, other, ~calm))
