"""Where the time of denoising goes: the network's layers, and how time grows with the slice."""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from jrviewer import dicom
from jrviewer.core.records import Slice
from jrviewer.core.resources import resource
from jrviewer.diagnostics.benchmark import QUICK_ROUNDS, in_turn
from jrviewer.model import cpu_tuning
from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT

SIDES = (128, 256, 512, 1024)


def measure(peak_gflops: Mapping[str, float], *, quick: bool) -> dict[str, Any]:
    """All figures, ready for JSON; `peak_gflops` is what `jrviewer.diagnostics.benchmark` found."""
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    model = load_model("cpu")
    return {
        "layers": layers(model.net, sample, peak_gflops["fp32"], QUICK_ROUNDS),
        **_layers_in_bfloat16(model.net, sample, peak_gflops["bf16"]),
        "growth": growth(model, 3 if quick else 7),
    }


def layers(net: JointNet, image: Slice, peak: float, rounds: int) -> list[dict[str, Any]]:
    """The convolutions of denoising with their milliseconds and share of the peak, slowest first.

    A hook before and after each takes the time; what lies between layers is in none.
    """
    begun: dict[str, float] = {}
    taken: dict[str, list[float]] = defaultdict(list)
    work: dict[str, float] = {}
    hooks = []
    for name, module in net.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            hooks.append(module.register_forward_pre_hook(_starts(name, begun)))
            hooks.append(module.register_forward_hook(_ends(name, begun, taken, work)))
    hu = torch.tensor(image.pixels)[None, None]
    with torch.inference_mode():
        for _ in range(rounds):
            net.denoise(hu, CT)
    for hook in hooks:
        hook.remove()
    rows = [
        {
            "layer": name,
            "ms": round(1e3 * statistics.median(times), 2),
            "share_of_peak": round(2e-9 * work[name] / statistics.median(times) / peak, 3),
        }
        for name, times in taken.items()
    ]
    return sorted(rows, key=lambda row: -float(str(row["ms"])))


def growth(model: JointModel, rounds: int) -> dict[str, Any]:
    """Milliseconds of denoising by the slice's side, and the exponent of time against pixels."""
    random = np.random.default_rng(1)
    images = {side: random.normal(40, 30, (side, side)).astype(np.float32) for side in SIDES}
    tasks = {
        str(side): (lambda image=image: model.denoise(image, "HU"))
        for side, image in images.items()
    }
    medians = {name: statistics.median(taken) for name, taken in in_turn(tasks, rounds).items()}
    pixels = 2 * np.log([float(side) for side in SIDES])
    slope = float(np.polyfit(pixels, np.log([medians[str(side)] for side in SIDES]), 1)[0])
    return {
        "ms": {side: round(1e3 * seconds, 1) for side, seconds in medians.items()},
        "exponent": round(slope, 2),
    }


def _layers_in_bfloat16(net: JointNet, sample: Slice, peak: float) -> dict[str, Any]:
    """Nothing where the processor would only imitate it."""
    if not multiplies_bfloat16():
        return {}
    return {"layers_bf16": layers(cpu_tuning.halved(net), sample, peak, QUICK_ROUNDS)}


def _starts(name: str, begun: dict[str, float]) -> Callable[..., None]:
    def hook(*_: object) -> None:
        begun[name] = time.perf_counter()

    return hook


def _ends(
    name: str, begun: dict[str, float], taken: dict[str, list[float]], work: dict[str, float]
) -> Callable[..., None]:
    def hook(module: torch.nn.Conv2d, _: object, out: torch.Tensor) -> None:
        taken[name].append(time.perf_counter() - begun[name])
        work[name] = float(out.numel()) * module.weight[0].numel()

    return hook
