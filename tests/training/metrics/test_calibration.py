import numpy as np
import pytest

from training.metrics.calibration import SliceErrors, calibration, sigma_factors
from training.metrics.uncertainty import Errors


def of_slice(
    patient: str, region: str, true_over_raw: float, seed: int, count: int = 900
) -> SliceErrors:
    """Points whose true sigma is so many times what the network says."""
    random = np.random.default_rng(seed)
    sigma_mm = random.uniform(2, 10, count)
    distance_mm = np.abs(random.normal(0, sigma_mm * true_over_raw))
    return SliceErrors(patient, region, Errors(random.uniform(0, 64, count), sigma_mm, distance_mm))


def test_a_sigma_half_of_what_it_should_be_is_doubled_at_every_depth() -> None:
    found = [of_slice(str(i), "chest", 2.0, i) for i in range(40)]

    ends, factors = zip(*sigma_factors(found), strict=True)

    assert ends == (8.0, 24.0, 64.0)
    assert factors == pytest.approx([2.0] * 3, rel=0.1)


def test_patients_left_out_are_covered_as_promised() -> None:
    random = np.random.default_rng(0)
    found = [of_slice(str(i), "chest", random.uniform(0.7, 1.5), i) for i in range(60)]

    covered = calibration(found)["crossfitted"]

    assert all(0.86 < share < 0.94 for share in covered.values())  # type: ignore[attr-defined]


def test_a_rare_region_counts_as_much_as_a_frequent_one() -> None:
    chests = [of_slice(f"c{i}", "chest", 1.0, i) for i in range(20)]
    heads = [of_slice(f"h{i}", "head-neck", 3.0, 100 + i) for i in range(60)]

    (_, few), *_ = sigma_factors([*chests, *heads])
    (_, equal), *_ = sigma_factors([*chests, *heads[:20]])

    assert few == pytest.approx(equal, rel=0.1)


def test_a_depth_without_points_keeps_its_sigma() -> None:
    one = of_slice("a", "chest", 2.0, 0)
    flat = SliceErrors(
        "a", "chest", Errors(np.zeros(900), one.errors.sigma_mm, one.errors.distance_mm)
    )

    assert [factor for _, factor in sigma_factors([flat])][1:] == [1.0, 1.0]
