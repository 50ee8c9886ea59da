"""Cost of denoising a 512 × 512 slice by each method: multiply-adds, parameters, milliseconds.

Counts are the same everywhere; times depend on the computer, and are kept apart from the scores.
"""

import statistics
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from jrviewer import dicom
from jrviewer.core.geometry import BOX_PIXELS
from jrviewer.core.records import Slice
from jrviewer.core.resources import resource
from jrviewer.diagnostics import benchmark
from jrviewer.diagnostics.multiply_adds import MultiplyAdds
from jrviewer.model.joint_model import JointModel
from jrviewer.model.network import JointNet
from jrviewer.model.predict import POINTS
from training.baselines.denoisers import (
    CLASSICAL,
    Peers,
    apply_network,
)
from training.data.real_noise.classical import non_local_means, total_variation
from training.evaluate.benchmark import SIGMA_HU
from training.evaluate.cloud import seen

ROUNDS, QUICK_ROUNDS = 5, 1
SIDE = 512

Row = dict[str, Any]


def cost_table(model: JointModel | None, folder: Path, *, quick: bool) -> dict[str, Row]:
    """{METHOD: {"macs_per_pixel", "parameters", "ms_512", "ms_ratio"}}, in fp32, timed in turn on
    the bundled slice; `ours_cloud` is the cloud of 1024 points, its multiply-adds divided by the
    pixels of the 512 × 512 slice.

    NLM and TV have no parameters and are no sums of products; they are timed at one strength. The
    ratio is to the time of ours.
    """
    peers = Peers(folder)
    counts = {**{name: {"parameters": 0} for name in CLASSICAL}, **_of_peers(peers)}
    if model is not None:
        counts = _of_ours(model.net) | counts
    image = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    seconds = benchmark.in_turn(_tasks(model, peers, image), QUICK_ROUNDS if quick else ROUNDS)
    ms = {name: 1e3 * statistics.median(taken) for name, taken in seconds.items()}
    if model is not None:
        ms["ours_both"] = ms["ours"] + ms["ours_cloud"]
    table: dict[str, Row] = {}
    for name, row in counts.items():
        table[name] = row | {"ms_512": round(ms[name], 1)}
        if "ours" in ms:
            table[name]["ms_ratio"] = round(ms[name] / ms["ours"], 2)
    return table


def macs_of_slice(net: JointNet) -> int:
    """Multiply-adds for a 512 × 512 slice and its cloud."""
    return benchmark.macs_of_denoising(net) * SIDE**2 + macs_of_cloud(net)


def macs_of_cloud(net: JointNet) -> int:
    """Multiply-adds of the network for one canonical image."""
    hu = torch.zeros(1, 1, BOX_PIXELS, BOX_PIXELS)
    with torch.inference_mode(), MultiplyAdds() as counted:
        net.surfaces(hu)
    return counted.total


def parameters(*parts: nn.Module) -> int:
    """Number of learnt parameters of the parts."""
    return sum(parameter.numel() for part in parts for parameter in part.parameters())


def _of_ours(net: JointNet) -> dict[str, Row]:
    return {
        "ours": {
            "macs_per_pixel": benchmark.macs_of_denoising(net),
            "parameters": parameters(net.encoder, net.denoising),
        },
        "ours_cloud": {
            "macs_per_pixel": round(macs_of_cloud(net) / SIDE**2),
            "parameters": parameters(net.encoder, net.cloud),
        },
        "ours_both": {
            "macs_per_pixel": round(macs_of_slice(net) / SIDE**2),
            "parameters": parameters(net),
        },
    }


def _of_peers(peers: Peers) -> dict[str, Row]:
    return {
        name: {"macs_per_pixel": network.macs_per_pixel, "parameters": parameters(network)}
        for name, network in peers.networks.items()
    }


def _tasks(model: JointModel | None, peers: Peers, image: Slice) -> Mapping[str, benchmark.Task]:
    tasks: dict[str, benchmark.Task] = {}
    pixels = image.pixels
    if model is not None:
        canonical, _ = seen(pixels, image.plane, model.denoise) or (pixels, None)
        tasks["ours"] = lambda: model.denoise(pixels, image.unit)
        tasks["ours_cloud"] = lambda: model.clouds(canonical, (POINTS,))
    tasks["nlm"] = lambda: non_local_means(pixels, SIGMA_HU, 1.0)
    tasks["tv"] = lambda: total_variation(pixels, SIGMA_HU, 1.0)
    for name, network in peers.networks.items():
        tasks[name] = partial(apply_network, network, pixels)
    return tasks
