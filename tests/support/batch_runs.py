"""Inputs for `jrviewer predict`, and a run of it, where reader and network are replaced."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jrviewer import cli
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from tests.support.boundaries import predict_at_once, replace_network, replace_reader
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import make_prediction


def write_inputs(folder: Path) -> Path:
    """A folder with a file of two slices, one of one, and an empty one."""
    folder.mkdir()
    (folder / "I10.dcm").write_text("Roe^Jane\nsecond")
    (folder / "Miller_J.dcm").write_text("Miller^John")
    (folder / "void.dcm").write_text("")
    return folder


def run_predict(out: Path, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Its exit status and its report."""
    code = cli.main(["predict", *map(str, arguments), "--out", str(out)])
    return code, json.loads((out / "report.json").read_text())


def record_written(monkeypatch: pytest.MonkeyPatch) -> list[Prediction]:
    """What is written as derived DICOM from now on, in order; only the first slice of a file says
    what its noise is.
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
