"""Where the network runs: a graphics processor that really works, or the CPU."""

from typing import Literal

import torch

from jrviewer.errors import ModelError

Device = Literal["auto", "cpu", "cuda"]


def name_of(device: torch.device) -> str:
    """What people know it by."""
    return "CPU" if device.type == "cpu" else torch.cuda.get_device_name(device)


def choose(wanted: Device) -> tuple[torch.device, str]:
    """The device, and a sentence where "auto" had to pass over a graphics processor."""
    if wanted != "cpu" and torch.cuda.is_available():
        try:
            torch.nn.functional.conv2d(
                torch.ones(1, 1, 8, 8, device="cuda"), torch.ones(1, 1, 3, 3, device="cuda")
            ).sum().item()
        except RuntimeError as error:
            sentence = "The graphics processor cannot run the model."
            if wanted == "cuda":
                raise ModelError(f"{sentence} Choose the CPU instead.") from error
            return torch.device("cpu"), f"{sentence} The CPU is used instead."
        return torch.device("cuda"), ""
    if wanted == "cuda":
        raise ModelError("There is no usable CUDA graphics processor. Choose the CPU instead.")
    return torch.device("cpu"), ""
