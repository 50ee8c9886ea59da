"""The strength along a series, and what the report says of it."""

from pathlib import Path

import pytest

from jrviewer.core.prediction import Prediction
from jrviewer.core.strength import HIGH
from tests.support.batch_runs import record_written, run_predict, write_inputs
from tests.support.record_factory import make_prediction


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Prediction]:
    """What would be written as derived DICOM, in order; only the first slice says what its noise
    is.
    """
    return record_written(monkeypatch)


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
