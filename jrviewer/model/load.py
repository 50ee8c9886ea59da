"""From a weights file to a JointModel that is ready on a device."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from jrviewer.core.errors import DeviceError, ModelError
from jrviewer.core.resources import resource
from jrviewer.model import cpu_tuning, devices
from jrviewer.model.devices import Device
from jrviewer.model.joint_model import JointModel
from jrviewer.model.kept_choice import Precision
from jrviewer.model.layers.packed import packed
from jrviewer.model.network import Config, JointNet
from jrviewer.model.out_of_distribution import Familiarity

Net = TypeVar("Net", bound=nn.Module)

FAMILIAR = "familiarity."  # before the names of what is no weight of the network


def load_model(
    device: Device = "auto", weights: Path | None = None, *, exact: bool = False
) -> JointModel:
    """The bundled model, or another weights file, ready on a device.

    "auto" is CUDA where a real kernel runs on it, else the CPU in the precision that was fastest
    when it was first asked (`kept_choice`); "cpu" and `exact` mean single precision. There denoised
    values agree between computers but for the last digits, and of a cloud's points at least 99 %
    within 0.1 mm on nearly every slice; on one computer every run gives the same bytes, on however
    many threads. bfloat16 agrees within its own rounding only: half of the points within 1 mm.

    Raises ModelError where the weights are missing, changed or made for another network, or where
    CUDA was asked for and does not work.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    path = weights or resource("model/joint.safetensors")
    with path.open("rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    if weights is None:
        _compare_with_card(sha256)
    try:
        with safe_open(path, framework="pt") as file:
            about = json.loads(file.metadata()["jrviewer"])
        net = JointNet(Config.from_values(about["config"]))
        tensors = load_file(path)  # half precision in the file, single in the network
        known = {name: tensors.pop(name) for name in [*tensors] if name.startswith(FAMILIAR)}
        net.load_state_dict(tensors)
        familiarity = Familiarity.from_arrays(  # copies: these arrays would keep the file mapped
            {name.removeprefix(FAMILIAR): known[name].float().numpy().copy() for name in known}
        )
    except (SafetensorError, KeyError, TypeError, RuntimeError) as error:
        raise ModelError(
            "The model's weights cannot be used: the file is damaged or made for another version. "
            "Install JRViewer again."
        ) from error
    target, note = devices.choose(device)
    net.eval().requires_grad_(requires_grad=False)
    try:
        net = channels_last(net.to(target))
    except torch.cuda.OutOfMemoryError as error:
        raise DeviceError(
            "The graphics processor's memory is too full for the model. "
            "Close other programs, or choose the CPU."
        ) from error
    way = cpu_tuning.EXACT
    if device == "auto" and target.type == "cpu" and not exact:
        way = cpu_tuning.kept(net, sha256)
    return JointModel(
        name=f"{about['name']} {about['version']}",
        weights_sha256=sha256,
        device=f"{devices.name_of(target)} {way.precision}",
        net=net,
        sharpness=float(about.get("sharpness", 1.0)),
        sigma_factors=tuple((float(end), float(by)) for end, by in about.get("sigma_factors", ())),
        familiarity=familiarity,
        note=note,
        packed=packed(net),
        half=way.half,
        int8=way.int8,
    )


def in_precision(model: JointModel, precision: Precision) -> JointModel:
    """A model on the CPU in a precision of one's own choice, to measure it."""
    way = cpu_tuning.in_precision(model.net, precision)
    return replace(model, half=way.half, int8=way.int8, device=f"CPU {precision}")


def channels_last(net: Net) -> Net:
    """Weights in the order that convolutions on a CPU are fastest in."""
    for parameter in net.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return net


def _compare_with_card(sha256: str) -> None:
    card = json.loads(resource("model/card.json").read_text(encoding="utf-8"))
    if card["weights_sha256"] != sha256:
        raise ModelError(
            "The model's weights are not the ones that this version was tested with: "
            "the file was changed or damaged. Install JRViewer again."
        )
