"""From a run's last checkpoint to the shipped weights: half-precision safetensors and their card.

The written weights are loaded by the app's own loader and must give the same numbers before the
export counts as done.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from jrviewer import __version__
from jrviewer.core.errors import JRViewerError, ModelError
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import FAMILIAR, load_model
from jrviewer.model.network import Config, JointNet
from training.release.card import about_data, expected_numbers, figures
from training.release.checkpoint import (
    CALIBRATION,
    FAMILIARITY,
    NAME,
    WEIGHTS,
    state_of_run,
    write_weights,
)
from training.release.recalibrate import write_card

TOLERANCE_HU = 0.5  # between the checkpoint's numbers and those of the rounded weights


def export(run: Path, out: Path, data: Path | None = None, evaluation: Path | None = None) -> Path:
    """Write weights and card of a run into `out`; the path of the weights.

    The run's calibration is put into the weights where `python -m training calibrate` has made one.
    `data` is the folder that the run was trained on, for its sources and licences; `evaluation` the
    JSON of `python -m training evaluate`, for the card's figures. Raises JRViewerError where the
    run has no checkpoint, and ModelError where the written weights are too large or do not give
    back the checkpoint's numbers.
    """
    state = state_of_run(run)
    calibration = _calibration(run, state["step"])
    out.mkdir(parents=True, exist_ok=True)
    weights = out / WEIGHTS
    write_weights(
        state, weights, calibration.get("sigma_factors", ()), _familiarity(run, calibration)
    )
    _compare(state, load_model("cpu", weights))
    without = state["preset"].get("without", ())  # absent in older checkpoints
    card = _card(state, weights) | about_data(data, without)
    card["calibration"] = calibration
    card["expected"] = expected_numbers(weights)
    if evaluation is not None:
        card["figures"] = figures(json.loads(evaluation.read_text("utf-8")))
    write_card(out, card)
    return weights


def _calibration(run: Path, step: int) -> dict[str, Any]:
    """The output of `calibrate`; empty if it has not been run. Raises JRViewerError if it was made
    of an earlier checkpoint.
    """
    path = run / CALIBRATION
    if not path.is_file():
        return {}
    known: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if known["step"] != step:
        raise JRViewerError("The run was continued after its calibration: calibrate it again.")
    return known


def _familiarity(run: Path, calibration: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    """The features' statistics from `calibrate`, under their names in the weights."""
    if not calibration:
        return {}
    with np.load(run / FAMILIARITY) as file:
        return {FAMILIAR + name: torch.from_numpy(file[name]) for name in file.files}


def _compare(state: Mapping[str, Any], model: JointModel) -> None:
    """Raises ModelError if the written weights give other numbers than the checkpoint."""
    net = JointNet(Config.from_values(state["preset"]["model"]))
    net.load_state_dict(state["average"])
    random = np.random.default_rng(0)
    pixels = random.normal(0, 100, (64, 64)).astype(np.float32)
    with torch.inference_mode():
        expected = net.eval().denoise(torch.from_numpy(pixels)[None, None]).hu[0, 0].numpy()
    worst = float(np.abs(model.denoise(pixels, "HU") - expected).max())
    if worst > TOLERANCE_HU:
        raise ModelError(f"The written weights differ by {worst:.2f} HU from the checkpoint.")


def _card(state: Mapping[str, Any], weights: Path) -> dict[str, Any]:
    preset = state["preset"]
    return {
        "name": NAME,
        "version": __version__,
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "architecture": preset["model"],
        "parameters": sum(tensor.numel() for tensor in state["average"].values()),
        "preset": preset["name"],
        "seed": preset["seed"],
        "steps": state["step"],
        "commit": state.get("commit", ""),
        "began_with": state.get("began_with", ""),
    }
