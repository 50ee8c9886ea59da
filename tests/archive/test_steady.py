"""Strength along a series that is finished in two goes."""

from dataclasses import replace
from pathlib import Path

import pytest

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from tests.support.batch_runs import run_predict
from tests.support.boundaries import predict_at_once, replace_network, replace_reader
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import make_prediction


def test_a_slice_that_is_left_follows_the_one_before_though_that_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first slice says what its noise is."""
    written: list[Prediction] = []

    def prediction_of(slice_: Slice) -> Prediction:
        noisy = make_noisy(sd=14, removed=0.8)
        known = replace(noisy, slice=replace(noisy.slice, source=slice_.source))
        return known if slice_.source.frame == 0 else make_prediction(slice_)

    def keep(prediction: Prediction, path: Path, **how: object) -> None:
        path.write_text("derived")
        written.append(prediction)

    replace_reader(monkeypatch, write_derived=keep)
    replace_network(monkeypatch, predict_at_once(prediction_of))
    source = tmp_path / "scan"
    source.write_text("one\ntwo\nthree")
    run_predict(tmp_path / "out", source, "--only", "dcm")
    at_once = [one.shares for one in written]
    (tmp_path / "out" / "scan-0003.denoised.dcm").unlink()
    written.clear()

    run_predict(tmp_path / "out", source, "--only", "dcm")

    assert [one.shares for one in written] == at_once[2:]
    assert at_once[2] != make_prediction().at(written[0].strength).shares
