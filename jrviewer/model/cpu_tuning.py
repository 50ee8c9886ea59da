"""Whether the network runs faster in bfloat16 on this processor: measured once, within two seconds.

bfloat16 takes a third of the time where the processor multiplies it itself, and is not tried
elsewhere. It is taken only where it
also says the same: within 1 HU of single precision in all but one of a thousand pixels. What it is
off by grows with the noise (up to 2.1 % of its standard deviation at that pixel), so a noisier
slice than that allows is denoised in single precision after all.
"""

import copy
import time

import torch
from torch import Tensor

from jrviewer.model import kept_choice
from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT, noise_of

ROUNDS = 7  # in turn, so that a busy moment disturbs both alike; the minimum counts
PATIENCE_S = 1.5  # no further round starts after it
SIDE = 192  # pixels of the trial slice
SAME_HU = 1.0
SAME_SHARE = 0.999
MOST_NOISE_HU = 50.0  # at which bfloat16 stays within 1 HU
GAIN = 0.9  # of the time in single precision: what gains less is not worth a change


def run(net: JointNet, half: JointNet | None, hu: Tensor, kind: float) -> Tensor:
    """Denoised slices (B, 1, H, W) in single precision; convolved in bfloat16 where there is such a
    network and the slice's noise lets it say the same.
    """
    if half is not None and bool((noise_of(hu) <= MOST_NOISE_HU).all()):
        net = half
    return net.denoise(hu, kind).hu


def halved(net: JointNet) -> JointNet:
    """A copy in bfloat16: to convert the weights anew for every slice takes as long as a third of
    the convolutions.
    """
    return copy.deepcopy(net).to(torch.bfloat16)


def kept_half(net: JointNet, weights_sha256: str) -> JointNet | None:
    """The network in bfloat16 where that was chosen for this computer and these weights; where
    nothing was chosen yet, it is now, and kept.
    """
    kept = kept_choice.recall(weights_sha256)
    if kept is not None:
        return halved(net) if kept else None
    half = faster_half(net)
    kept_choice.keep(weights_sha256, bfloat16=half is not None)
    return half


def faster_half(net: JointNet) -> JointNet | None:
    """The network in bfloat16 where that is faster and says the same: the least time of several
    rounds of both.
    """
    if not multiplies_bfloat16():
        return None
    half = halved(net)
    hu = 40 + 30 * torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        if not _is_same(run(net, half, hu, CT), net.denoise(hu, CT).hu):
            return None
        started, least = time.perf_counter(), {None: float("inf"), half: float("inf")}
        for _ in range(ROUNDS):
            for way in least:
                least[way] = min(least[way], _seconds(net, way, hu))
            if time.perf_counter() - started > PATIENCE_S:
                break
    return half if least[half] < GAIN * least[None] else None


def _seconds(net: JointNet, half: JointNet | None, hu: Tensor) -> float:
    """How long one run takes."""
    started = time.perf_counter()
    run(net, half, hu, CT)
    return time.perf_counter() - started


def _is_same(denoised: Tensor, exact: Tensor) -> bool:
    return bool((denoised - exact).abs().quantile(SAME_SHARE) < SAME_HU)
