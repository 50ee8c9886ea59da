"""Strength along a series that is finished in two goes, or of which one slice is chosen."""

from pathlib import Path

import pytest

from tests.support.batch_runs import record_written, run_predict
from tests.support.record_factory import make_prediction


def test_a_slice_that_is_left_follows_the_one_before_though_that_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first slice says what its noise is."""
    written = record_written(monkeypatch)
    source = tmp_path / "scan"
    source.write_text("one\ntwo\nthree")
    run_predict(tmp_path / "out", source, "--only", "dcm")
    at_once = [one.shares for one in written]
    (tmp_path / "out" / "scan-0003.denoised.dcm").unlink()
    written.clear()

    run_predict(tmp_path / "out", source, "--only", "dcm")

    assert [one.shares for one in written] == at_once[2:]
    assert at_once[2] != make_prediction().at(written[0].strength).shares


def test_a_slice_that_is_chosen_follows_the_one_before_though_that_is_not_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first slice says what its noise is."""
    written = record_written(monkeypatch)
    source = tmp_path / "scan"
    source.write_text("one\ntwo\nthree")
    run_predict(tmp_path / "whole", source, "--only", "dcm")
    at_once = [one.shares for one in written]
    written.clear()

    run_predict(tmp_path / "out", source, "--only", "dcm", "--index", "2")

    assert [one.shares for one in written] == at_once[2:]
