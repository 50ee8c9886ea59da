import numpy as np
import pytest

from jrviewer.imaging.noise_level import noise_sd
from tests.support.record_factory import body_image
from training.evaluate.real_noise.series import Reader, Scan, level_noise_sd, summary


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
            "level_before": 8.0,
            "level_sd": sd / 2,
            "bias": {},
            "edges": [],
            "structure": float("nan"),
        }
        for sd in (4.0, 6.0)
    ]
    told = summary(rows)
    assert told["evenness"] == pytest.approx(0.1)
    assert told["level_evenness"] == pytest.approx(1 / 16)
    assert told["sd_after"] == pytest.approx(5.0)


def test_a_slope_of_tissue_is_no_noise() -> None:
    row, column = np.mgrid[:128, :128].astype(np.float32)
    tissue = 5 * row + 0.05 * (column - 64) ** 2
    noise = np.random.default_rng(0).normal(0, 10, tissue.shape).astype(np.float32)
    inside = np.zeros(tissue.shape, dtype=bool)
    inside[20:108, 20:108] = True
    assert noise_sd(tissue + noise, inside) > 15
    plain, sloping = (level_noise_sd(image, inside) for image in (noise, tissue + noise))
    assert sloping == pytest.approx(plain, rel=0.02)
    assert plain == pytest.approx(10, rel=0.1)


def test_an_empty_region_has_no_noise_to_tell() -> None:
    assert np.isnan(level_noise_sd(np.zeros((32, 32)), np.zeros((32, 32), dtype=bool)))
