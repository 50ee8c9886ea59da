import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from jrviewer.core.errors import JRViewerError
from jrviewer.model.load import load_model
from jrviewer.model.predict import POINTS
from tests.training.support.pool_factory import TINY
from tests.training.support.tiny_run import write_data
from training.release import calibrate
from training.release.checkpoint import CALIBRATION
from training.release.export import export


def given(data: Path, folder: Path, **which: Path) -> argparse.Namespace:
    """The command's arguments."""
    parser = argparse.ArgumentParser()
    calibrate.add_arguments(parser)
    words = [word for name, path in which.items() for word in (f"--{name}", str(path))]
    return parser.parse_args([*words, "--data", str(data), "--cache", str(folder / "cache")])


@pytest.mark.slow
def test_a_cloud_has_the_sigma_that_its_run_was_calibrated_to(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "PHANTOMS", 3)
    monkeypatch.setattr(calibrate, "SLICES_ELSEWHERE", 2)
    raw = load_model("cpu", export(run, tmp_path / "raw"))
    data = write_data(tmp_path / "data")
    calibrate.run(given(data, tmp_path, run=run))
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
    assert card["calibration"]["patients"] == 3  # one of them the network never learnt from
    page = (tmp_path / "model" / "card.md").read_text()
    assert "in collections left out of the calibration in turn" in page
    assert "| chest | " in page


@pytest.mark.slow
def test_finished_weights_are_calibrated_again_without_their_run(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrate, "PHANTOMS", 3)
    monkeypatch.setattr(calibrate, "SLICES_ELSEWHERE", 2)
    data, folder = write_data(tmp_path / "data"), tmp_path / "model"
    weights = export(run, folder)
    card = json.loads((folder / "card.json").read_text())
    before = load_file(weights)
    preset = replace(TINY, without=())
    monkeypatch.setattr(calibrate, "load_preset", lambda name: preset)

    assert calibrate.run(given(data, tmp_path, model=folder)) == 0

    after, model = load_file(weights), load_model("cpu", weights)
    assert all(torch.equal(after[name], one) for name, one in before.items())
    assert len(model.sigma_factors) == 3
    assert model.familiarity is not None
    again = json.loads((folder / "card.json").read_text())
    assert again["weights_sha256"] == model.weights_sha256 != card["weights_sha256"]
    assert again["calibration"]["sigma_factors"] == [list(one) for one in model.sigma_factors]
    assert again["expected"]["sample"]["cloud_x_mean"] == card["expected"]["sample"]["cloud_x_mean"]
    assert {path.name for path in folder.iterdir()} == {"joint.safetensors", "card.json", "card.md"}


def test_a_calibration_of_an_earlier_checkpoint_is_refused(run: Path, tmp_path: Path) -> None:
    step = torch.load(run / "last.ckpt", weights_only=True)["step"]
    (run / CALIBRATION).write_text(json.dumps({"step": step - 1, "sigma_factors": []}))

    with pytest.raises(JRViewerError, match="calibrate it again"):
        export(run, tmp_path / "model")
