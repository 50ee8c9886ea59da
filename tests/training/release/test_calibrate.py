import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from jrviewer.core.errors import JRViewerError
from jrviewer.model.load import load_model
from jrviewer.model.predict import POINTS
from tests.training.support.pool_factory import TINY, tiny_pools
from tests.training.support.tiny_run import write_data
from training.fit.fit import fit
from training.release import calibrate
from training.release.checkpoint import CALIBRATION
from training.release.export import export


@pytest.fixture
def run(tmp_path: Path) -> Path:
    fit(TINY, *tiny_pools(tmp_path), tmp_path / "run", quiet=True)
    return tmp_path / "run"


@pytest.mark.slow
def test_a_cloud_has_the_sigma_that_its_run_was_calibrated_to(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "PHANTOMS", 3)
    monkeypatch.setattr(calibrate, "SLICES_ELSEWHERE", 2)
    raw = load_model("cpu", export(run, tmp_path / "raw"))
    data = write_data(tmp_path / "data")
    calibrate.run(argparse.Namespace(run=run, data=data, cache=tmp_path / "cache"))
    factors = json.loads((run / CALIBRATION).read_text())["sigma_factors"]

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
    (run / CALIBRATION).write_text(json.dumps({"step": step - 1, "sigma_factors": []}))

    with pytest.raises(JRViewerError, match="calibrate it again"):
        export(run, tmp_path / "model")
