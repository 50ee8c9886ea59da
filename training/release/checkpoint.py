"""A run's last checkpoint, and the weights file made from it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from jrviewer import __version__
from jrviewer.core.errors import JRViewerError, ModelError
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from training.fit.fit import CHECKPOINT

CALIBRATION = "calibration.json"  # beside the checkpoint, written by `python -m training calibrate`
FAMILIARITY = "familiarity.npz"  # the same
NAME = "JRViewer joint model"
WEIGHTS = "joint.safetensors"
MAX_BYTES = 16_000_000


def state_of_run(run: Path) -> dict[str, Any]:
    """A run's last checkpoint. Raises JRViewerError where there is none."""
    path = run / CHECKPOINT
    if not path.is_file():
        raise JRViewerError("There is no checkpoint in that folder: train first, or name a run.")
    state: dict[str, Any] = torch.load(path, weights_only=True, map_location="cpu")
    return state


def model_of_run(run: Path, folder: Path) -> JointModel:
    """The run's weights as they would be exported, not calibrated, written into `folder` and
    loaded.
    """
    weights = folder / WEIGHTS
    write_weights(state_of_run(run), weights)
    return load_model("cpu", weights)


def write_weights(
    state: Mapping[str, Any],
    path: Path,
    sigma_factors: Sequence[Sequence[float]] = (),
    familiarity: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Write a checkpoint's averaged weights in half precision, with what the app needs to use them.

    `familiarity` are further tensors under their names in the file. Raises ModelError where the
    file is larger than MAX_BYTES.
    """
    about = {
        "name": NAME,
        "version": __version__,
        "config": state["preset"]["model"],
        "sharpness": state["preset"]["sharpness"],
        "sigma_factors": sigma_factors,
    }
    tensors = {name: tensor.half().contiguous() for name, tensor in state["average"].items()}
    tensors |= familiarity or {}
    save_file(tensors, path, metadata={"jrviewer": json.dumps(about)})
    path.chmod(0o644)  # safetensors makes it readable for the owner only
    if path.stat().st_size > MAX_BYTES:
        raise ModelError(f"The weights take more than {MAX_BYTES // 1_000_000} MB.")
