"""Weights of an earlier network as a start for one that reads its input otherwise.

Up to version 0.1.0 the stem read four channels: values, detail in units of the measured noise, the
logarithm of that noise, and the kind. The third is gone; a usual noise stands in for what was
measured.
"""

import json
import math
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from jrviewer.model.network import Config, JointNet
from jrviewer.model.network_input import CHANNELS, DETAIL_HU

STEM = "encoder.stem"
OLD_CHANNELS, KEPT, LEVEL = 4, (0, 1, 3), 2
OLD_LEVEL_HU = 30.0  # of which the old third channel was the logarithm


def earlier_state(path: Path) -> tuple[Config, dict[str, Tensor]]:
    """The sizes and weights in a weights file, turned to today's input, single precision."""
    with safe_open(path, framework="pt") as file:
        about = json.loads(file.metadata()["jrviewer"])
    config = Config.from_values(about["config"])
    names = JointNet(config).state_dict().keys()
    state = {name: value.float() for name, value in load_file(path).items() if name in names}
    if state[f"{STEM}.weight"].shape[1] == 4 * OLD_CHANNELS:
        _turn(state)
    return config, state


def _turn(state: dict[str, Tensor]) -> None:
    """Drop the stem's channel of the noise level; what it usually said goes into the bias."""
    weight = state[f"{STEM}.weight"]  # (fine, 4 · channels, 3, 3), four pixels of each channel
    fine = len(weight)
    by_channel = weight.view(fine, OLD_CHANNELS, 4, 3, 3)
    usual = math.log(DETAIL_HU / OLD_LEVEL_HU)
    state[f"{STEM}.bias"] = state[f"{STEM}.bias"] + usual * by_channel[:, LEVEL].sum((1, 2, 3))
    state[f"{STEM}.weight"] = torch.cat([by_channel[:, k] for k in KEPT], dim=1).contiguous()
    assert state[f"{STEM}.weight"].shape[1] == 4 * CHANNELS
