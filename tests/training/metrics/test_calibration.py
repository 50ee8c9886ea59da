import numpy as np
import pytest

from training.metrics.calibration import SliceErrors, calibration, cautious_factor, sigma_factors
from training.metrics.uncertainty import Errors


def of_slice(
    patient: str,
    true_over_raw: float,
    seed: int,
    collection: str = "",
    *,
    region: str = "chest",
    learnt: bool = False,
) -> SliceErrors:
    """Points whose true sigma is so many times what the network says."""
    random = np.random.default_rng(seed)
    sigma_mm = random.uniform(2, 10, 900)
    distance_mm = np.abs(random.normal(0, sigma_mm * true_over_raw))
    errors = Errors(random.uniform(0, 64, 900), sigma_mm, distance_mm)
    return SliceErrors(patient, region, errors, collection, learnt)


def collections(*true_over_raw: float, learnt: bool = False) -> list[SliceErrors]:
    """Six patients in each collection."""
    return [
        of_slice(f"{c}{i}", factor, 100 * c + i, str(c), learnt=learnt)
        for c, factor in enumerate(true_over_raw)
        for i in range(6)
    ]


def test_a_sigma_half_of_what_it_should_be_is_doubled_at_every_depth() -> None:
    found = [of_slice(str(i), 2.0, i) for i in range(40)]

    ends, factors = zip(*sigma_factors(found), strict=True)

    assert ends == (8.0, 24.0, 64.0)
    assert factors == pytest.approx([2.0] * 3, rel=0.1)


def test_a_new_collection_is_covered_beyond_the_spread_of_the_known_ones() -> None:
    """By hand: logs of 0.9, 1, 1.1 have the mean −0.0034 and the spread 0.1005; Student's t of
    0.95 with two degrees of freedom is 2.920, and √(1 + 1/3) is 1.1547.
    """
    found = collections(0.9, 1.0, 1.1)

    assert cautious_factor(found, 0.0, 64.0) == pytest.approx(np.exp(-0.0034 + 0.3389), rel=0.06)


def test_two_collections_tell_no_spread_and_the_worse_one_counts() -> None:
    assert cautious_factor(collections(0.8, 1.2), 0.0, 64.0) == pytest.approx(1.2, rel=0.04)


def test_patients_that_were_learnt_from_do_not_speak_for_a_collection_with_others() -> None:
    learnt = [of_slice(f"known {i}", 0.5, i, "0", learnt=True) for i in range(60)]

    assert cautious_factor([*learnt, *collections(1.5)], 0.0, 64.0) == pytest.approx(1.5, rel=0.05)


def test_a_collection_that_was_learnt_from_is_covered_all_the_same() -> None:
    known = collections(1.0, 1.0, 1.0)
    hard = [one._replace(collection="hard") for one in collections(1.6, learnt=True)]

    assert cautious_factor([*known, *hard], 0.0, 64.0) == pytest.approx(1.6, rel=0.05)


def test_a_collection_left_out_is_told_as_its_own_points_are_covered() -> None:
    """The last needs a factor of 2; the others only know of 1: 1.645 of its sigmas are 0.82."""
    found = calibration(collections(1.0, 1.0, 1.0, 2.0))

    rows = {row["collection"]: row for row in found["collections"]}
    assert rows["3"]["covered"]["all"] == pytest.approx(0.59, abs=0.04)
    assert rows["0"]["covered"]["all"] > 0.97
    assert set(rows["0"]["covered"]) == {"0-8", "8-24", "24-64", "all"}
    mean = np.mean([row["covered"]["all"] for row in rows.values()])
    assert found["left_out"]["chest"]["all"] == pytest.approx(mean)


def test_regions_of_a_collection_are_told_apart() -> None:
    found = collections(1.0, 1.0)
    found += [one._replace(region="abdomen", patient="x") for one in collections(1.0)]

    told = calibration(found)

    assert set(told["left_out"]) == {"abdomen", "chest"}
    assert told["patients"] == 13


def test_a_depth_without_points_keeps_its_sigma() -> None:
    one = of_slice("a", 2.0, 0)
    flat = one._replace(errors=Errors(np.zeros(900), one.errors.sigma_mm, one.errors.distance_mm))

    assert [factor for _, factor in sigma_factors([flat])][1:] == [1.0, 1.0]
