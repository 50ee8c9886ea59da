"""Strength along a series that is finished in two goes, or of which one slice is chosen."""

from pathlib import Path

import pytest

from jrviewer.core.prediction import Prediction
from jrviewer.core.strength import Shares
from tests.support.batch_runs import record_written, run_predict
from tests.support.record_factory import make_prediction


def run_whole(folder: Path, written: list[Prediction]) -> tuple[Path, list[Shares]]:
    """A series of three whose first slice alone says what its noise is, and what each lost."""
    source = folder / "scan"
    source.write_text("one\ntwo\nthree")
    run_predict(folder / "whole", source, "--only", "dcm")
    shares = [one.shares for one in written]
    written.clear()
    return source, shares


def test_a_slice_that_is_left_follows_the_one_before_though_that_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = record_written(monkeypatch)
    source, at_once = run_whole(tmp_path, written)
    (tmp_path / "whole" / "scan-0003.denoised.dcm").unlink()

    run_predict(tmp_path / "whole", source, "--only", "dcm")

    assert [one.shares for one in written] == at_once[2:]
    assert at_once[2] != make_prediction().at(written[0].strength).shares


def test_a_slice_that_is_chosen_follows_the_one_before_though_that_is_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = record_written(monkeypatch)
    source, at_once = run_whole(tmp_path, written)

    run_predict(tmp_path / "out", source, "--only", "dcm", "--index", "2")

    assert [one.shares for one in written] == at_once[2:]
