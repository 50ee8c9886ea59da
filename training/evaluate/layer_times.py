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
from jrviewer.diagnostics.benchmark import QUICK_ROUNDS, ROUNDS, in_turn
from jrviewer.model import cpu_tuning
from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT

SIDES = (128, 256, 512, 1024)


def measure(peak_gflops: Mapping[str, float], *, quick: bool) -> dict[str, Any]:
    """All figures, ready for JSON; `peak_gflops` is what `jrviewer.diagnostics.benchmark` found. It
    comes back raised where a layer was faster still.
    """
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    model = load_model("cpu")
    nets = {"fp32": model.net}
    if multiplies_bfloat16():  # nothing where the processor would only imitate it
        nets["bf16"] = cpu_tuning.in_bfloat16(model.net)
    found: dict[str, Any] = {"peak_gflops": dict(peak_gflops)}
    for precision, net in nets.items():
        rows = layers(net, sample, QUICK_ROUNDS if quick else ROUNDS)
        peak = max(peak_gflops[precision], *(row.pop("best_gflops") for row in rows))
        found["peak_gflops"][precision] = peak
        key = "layers" if precision == "fp32" else f"layers_{precision}"
        found[key] = [row | {"share_of_peak": round(row["gflops"] / peak, 3)} for row in rows]
    return found | {"growth": growth(model, 3 if quick else 7)}


def layers(net: JointNet, image: Slice, rounds: int) -> list[dict[str, Any]]:
    """The convolutions of denoising with their milliseconds and 10⁹ operations a second by the
    median, and the most of the latter that was seen; slowest first.

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
            "gflops": round(2e-9 * work[name] / statistics.median(times), 1),
            "best_gflops": round(2e-9 * work[name] / min(times), 1),
        }
        for name, times in taken.items()
    ]
    return sorted(rows, key=lambda row: -float(str(row["ms"])))


def growth(model: JointModel, rounds: int) -> dict[str, Any]:
    """Milliseconds of denoising by the slice's side, least and median, and the exponent of the
    least against pixels: other programs only ever add to a time.
    """
    random = np.random.default_rng(1)
    images = {side: random.normal(40, 30, (side, side)).astype(np.float32) for side in SIDES}
    tasks = {
        str(side): (lambda image=image: model.denoise(image, "HU"))
        for side, image in images.items()
    }
    seconds = in_turn(tasks, rounds)
    least = {name: min(taken) for name, taken in seconds.items()}
    pixels = 2 * np.log([float(side) for side in SIDES])
    slope = float(np.polyfit(pixels, np.log([least[str(side)] for side in SIDES]), 1)[0])
    return {
        "ms": {side: round(1e3 * statistics.median(taken), 1) for side, taken in seconds.items()},
        "least_ms": {side: round(1e3 * taken, 1) for side, taken in least.items()},
        "exponent": round(slope, 2),
    }


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
