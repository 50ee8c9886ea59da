from itertools import pairwise

import numpy as np
import pytest

from tests.support.record_factory import body_image
from training.evaluate.real_noise.series import Reader, Scan, summary


def scan(sd: float = 15.0) -> Scan:
    random = np.random.default_rng(0)
    body = body_image(192, 192)
    slices = [(body + random.normal(0, sd, body.shape)).astype(np.float32) for _ in range(3)]
    return Scan("chest", "B", "HU", 0.8, slices)


def test_noise_that_is_gone_is_counted() -> None:
    reader = Reader.of(scan(), 1)
    half = (reader.pixels + body_image(192, 192)) / 2
    told = summary([reader.measure(half)])
    assert told["sd_before"] == pytest.approx(15, rel=0.15)
    assert told["reduction"] == pytest.approx(0.5, abs=0.02)
    assert all(abs(shift) < 1 for shift in told["bias_hu"].values())
    assert abs(told["structure"]) < 0.1


def test_anatomy_that_is_gone_is_told_as_structure() -> None:
    from scipy.ndimage import gaussian_filter

    reader = Reader.of(scan(), 1)
    told = reader.measure(gaussian_filter(reader.pixels, 2.0))
    assert told["structure"] > 0.5


def test_a_shift_is_told_where_it_is() -> None:
    reader = Reader.of(scan(), 1)
    told = reader.measure(np.where(reader.pixels < -600, reader.pixels + 5, reader.pixels))
    assert told["bias"]["lung"] == pytest.approx(5, abs=0.1)
    assert told["bias"]["soft_tissue"] == pytest.approx(0, abs=0.1)


def test_the_ends_of_a_series_have_no_two_neighbours() -> None:
    reader = Reader.of(scan(), 0)
    assert np.isnan(reader.measure(reader.pixels * 0.5)["structure"])


def test_evenness_is_the_spread_of_what_is_left() -> None:
    rows = [
        {
            "before": 10.0,
            "sd": sd,
            "plain_before": 16.0,
            "plain_sd": 2 * sd,
            "bias": {},
            "edges": [],
            "structure": float("nan"),
            "further": float("nan"),
        }
        for sd in (4.0, 6.0)
    ]
    told = summary(rows)
    assert told["evenness"] == pytest.approx(0.1)
    assert told["plain_evenness"] == pytest.approx(1 / 8)
    assert told["plain_reduction"] == pytest.approx(1 - 10 / 16)
    assert told["sd_after"] == pytest.approx(5.0)


def test_tissue_among_it_is_no_noise() -> None:
    reader = Reader.of(scan(), 1)
    row = reader.measure(0.5 * reader.pixels, tissue=25.0)
    assert row["before"] ** 2 == pytest.approx(row["plain_before"] ** 2 - 25)
    assert row["sd"] ** 2 == pytest.approx(row["plain_sd"] ** 2 - 25)


def test_noise_that_neighbours_share_is_no_structure_two_slices_off() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(0, 15, (6, 192, 192))
    shared = [(body_image(192, 192) + one + other) for one, other in pairwise(noise)]
    series = Scan("chest", "B", "HU", 0.8, [one.astype(np.float32) for one in shared])
    row = Reader.of(series, 2).measure(body_image(192, 192))
    assert row["structure"] > 0.1
    assert abs(row["further"]) < 0.02
