import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from jrviewer.core.errors import JRViewerError
from jrviewer.model.inference import POINTS, load_model
from tests.training.support.pool_factory import TINY, tiny_pools
from tests.training.support.tiny_run import write_data
from training.fit.fit import fit
from training.metrics.uncertainty import Errors
from training.release import calibrate
from training.release.calibrate import OfSlice, calibration, sigma_factors
from training.release.export import export


def of_slice(
    patient: str, region: str, true_over_raw: float, seed: int, count: int = 900
) -> OfSlice:
    """Points whose true sigma is so many times what the network says."""
    random, count = np.random.default_rng(seed), 900
    sigma_mm = random.uniform(2, 10, count)
    distance_mm = np.abs(random.normal(0, sigma_mm * true_over_raw))
    return OfSlice(patient, region, Errors(random.uniform(0, 64, count), sigma_mm, distance_mm))


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
    flat = OfSlice("a", "chest", Errors(np.zeros(900), one.errors.sigma_mm, one.errors.distance_mm))

    assert [factor for _, factor in sigma_factors([flat])][1:] == [1.0, 1.0]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    fit(TINY, *tiny_pools(tmp_path), tmp_path / "run", quiet=True)
    return tmp_path / "run"


def test_what_a_run_was_calibrated_to_is_what_its_cloud_says(run: Path, tmp_path: Path) -> None:
    raw = load_model("cpu", export(run, tmp_path / "raw"))
    data = write_data(tmp_path / "data")
    calibrate.run(argparse.Namespace(run=run, data=data, cache=tmp_path / "cache"))
    factors = json.loads((run / calibrate.FILE).read_text())["sigma_factors"]

    model = load_model("cpu", export(run, tmp_path / "model"))

    image = np.full((128, 128), -1000, np.float32)
    image[32:96, 24:104] = 40
    (points, _, before), (again, _, after) = (
        one.clouds(image, (POINTS,))[0] for one in (raw, model)
    )
    assert np.array_equal(points, again)
    depth_mm = np.abs(points[:, 2]) * 224
    for low, (high, factor) in zip((0, 8, 24), factors, strict=True):
        own = (depth_mm > low + 0.01) & (depth_mm < high - 0.01)
        assert after[own] == pytest.approx(before[own] * factor, rel=5e-3)  # kept in half precision
    assert len(factors) == 3
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["calibration"]["patients"] == 2


def test_a_calibration_of_an_earlier_checkpoint_is_refused(run: Path, tmp_path: Path) -> None:
    step = torch.load(run / "last.ckpt", weights_only=True)["step"]
    (run / calibrate.FILE).write_text(json.dumps({"step": step - 1, "sigma_factors": []}))

    with pytest.raises(JRViewerError, match="calibrate it again"):
        export(run, tmp_path / "model")
