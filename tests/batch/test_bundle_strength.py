"""The strength along a series, and what the report says of it."""

import json
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


def test_a_strength_that_is_not_reached_is_told_on_the_console(
    tmp_path: Path, written: list[Prediction], capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_inputs(tmp_path / "inputs") / "I10.dcm"

    code, report = run_predict(tmp_path / "out", source, "--only", "dcm", "--strength", "97")

    reached = [one["strength_reached"] for one in report["results"]]
    assert written[0].is_at_limit
    assert code == 0
    assert reached == [False, None]
    said = capsys.readouterr().err
    assert "The strength, 97 %, was not reached in 1 slice of 2: the model took as much" in said
    assert "report.json tells which (“strength_reached”)." in said


def test_nothing_is_said_of_a_strength_that_is_reached(
    tmp_path: Path, written: list[Prediction], capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_inputs(tmp_path / "inputs") / "I10.dcm"

    _, report = run_predict(tmp_path / "out", source, "--only", "dcm")

    assert len(written) == 2
    assert [one["strength_reached"] for one in report["results"]] == [True, None]
    assert "not reached" not in capsys.readouterr().err


def test_a_record_of_an_older_version_is_taken_over(
    tmp_path: Path, written: list[Prediction]
) -> None:
    source = write_inputs(tmp_path / "inputs") / "I10.dcm"
    run_predict(tmp_path / "out", source, "--only", "dcm")
    manifest = tmp_path / "out" / "manifest.jsonl"
    lines = [json.loads(line) for line in manifest.read_text().splitlines()]
    for one in lines:
        one.pop("strength_reached", None)
    manifest.write_text("".join(json.dumps(one) + "\n" for one in lines))

    code, _ = run_predict(tmp_path / "out", source, "--only", "dcm")

    again = json.loads((tmp_path / "out" / "report-0002.json").read_text())
    assert code == 0
    assert len(written) == 2
    assert [one["strength_reached"] for one in again["results"]] == [None, None]
