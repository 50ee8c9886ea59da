"""The strength along a series, and what the report says of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.core.strength import HIGH
from tests.support.batch_runs import run_predict, write_inputs
from tests.support.boundaries import predict_at_once, replace_network, replace_reader
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import make_prediction


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Prediction]:
    """What would be written as derived DICOM, in order; only the first slice says what its noise
    is.
    """
    found: list[Prediction] = []

    def prediction_of(slice_: Slice) -> Prediction:
        noisy = make_noisy(sd=14, removed=0.8)
        known = replace(noisy, slice=replace(noisy.slice, source=slice_.source))
        return known if slice_.source.frame == 0 else make_prediction(slice_)

    def keep(prediction: Prediction, path: Path, **how: object) -> None:
        path.write_text("derived")
        found.append(prediction)

    replace_reader(monkeypatch, write_derived=keep)
    replace_network(monkeypatch, predict_at_once(prediction_of))
    return found


def test_a_slice_that_says_nothing_of_its_noise_follows_the_one_before(
    tmp_path: Path, written: list[Prediction]
) -> None:
    source = write_inputs(tmp_path / "inputs") / "I10.dcm"

    code, report = run_predict(tmp_path / "out", source, "--only", "dcm", "--strength", "high")

    known, silent = written
    assert code == 0
    assert known.strength == silent.strength == HIGH
    assert silent.shares == known.shares != make_prediction().at(HIGH).shares
    first, second = report["results"]
    assert first["strength"] == second["strength"] == "high"
    assert first["noise_after"] < 0.5 * first["noise_before"]
    assert second["noise_before"] is second["noise_after"] is None
