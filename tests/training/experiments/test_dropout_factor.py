import argparse
import json
from pathlib import Path

import pytest

from jrviewer.core.progress import silent
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from tests.support.small_network import small_net
from tests.training.support.pool_factory import TINY, tiny_pools
from tests.training.support.tiny_run import write_data
from training.evaluate import mc_dropout
from training.evaluate.cloud import cases_of, chosen_entries
from training.evaluate.report import markdown_of_sigma
from training.experiments import dropout_factor
from training.fit.fit import fit
from training.release.export import export


@pytest.mark.slow
def test_the_factor_of_training_patients_is_used_for_the_same_weights_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mc_dropout, "PASSES", 3)
    monkeypatch.setattr(dropout_factor, "SLICES_ELSEWHERE", 1)
    fit(TINY, *tiny_pools(tmp_path), tmp_path / "run", quiet=True)
    weights, data = export(tmp_path / "run", tmp_path / "model"), write_data(tmp_path / "data")
    parser = argparse.ArgumentParser()
    dropout_factor.add_arguments(parser)
    words = ["--weights", str(weights), "--data", str(data), "--quick"]
    words += ["--baselines", str(tmp_path / "fits"), "--cache", str(tmp_path / "cache")]

    assert dropout_factor.run(parser.parse_args(words)) == 0

    model = load_model("cpu", weights)
    fitted = mc_dropout.known_fit(tmp_path / "fits", model)
    assert fitted
    assert fitted == json.loads((tmp_path / "fits" / mc_dropout.FILE).read_text())
    assert fitted["patients"] == 1
    (entry,) = chosen_entries(data, ("validation",))
    cases = list(cases_of(entry, 1, tmp_path / "cache" / "surfaces", 0))
    table = mc_dropout.dropout_table(model, cases, fitted, silent)
    assert table["forward_passes"] == 3
    assert 0.5 < table["coverage90"] <= 1.0  # the same body, a little moved
    assert "dropout × 20" in markdown_of_sigma({"coverage90": 0.9, "dropout_20": table})
    other = JointModel("small", "1" * 64, "CPU", small_net(), 1.0)
    assert mc_dropout.known_fit(tmp_path / "fits", other) is None
