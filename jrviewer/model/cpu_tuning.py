"""How the network runs fastest on this processor: measured at first use, in under half a second.

A second thread helps on an idle computer and hurts on a busy one. bfloat16 takes a third of the
time where the processor multiplies it itself, and is not tried elsewhere. It is taken only where it
also says the same: within 1 HU of single precision in all but one of a thousand pixels. What it is
off by grows with the noise (up to 2.1 % of its standard deviation at that pixel), so a noisier
slice than that allows is denoised in single precision after all.
"""

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT, see

PATIENCE_S = 0.4  # no further way is tried after it
SIDE = 192  # pixels of the trial slice
SAME_HU = 1.0
SAME_SHARE = 0.999
MOST_NOISE_HU = 50.0  # at which bfloat16 stays within 1 HU
GAIN = 0.9  # of the time so far: what gains less is not worth a change


@dataclass(frozen=True, slots=True)
class Way:
    """One way to run the network."""

    half: JointNet | None = None  # the network in bfloat16, where that is faster and says the same
    threads: int = 1


def run(net: JointNet, half: JointNet | None, hu: Tensor, kind: float) -> Tensor:
    """Denoised slices (B, 1, H, W) in single precision; convolved in bfloat16 where there is such a
    network and the slice's noise lets it say the same.
    """
    seen = see(hu, kind)
    if half is not None and bool((seen.noise <= MOST_NOISE_HU).all()):
        net = half
    return net.denoise(hu, kind, seen).hu


def halved(net: JointNet) -> JointNet:
    """A copy in bfloat16: to convert the weights anew for every slice takes as long as a third of
    the convolutions.
    """
    return copy.deepcopy(net).to(torch.bfloat16)


def fastest(net: JointNet) -> Way:
    """The fastest way for a network on the CPU, at the time of asking."""
    begun = time.perf_counter()
    before = torch.get_num_threads()
    hu = 40 + 30 * torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    counts = tuple(dict.fromkeys((max(1, before - 1), before)))
    best, seconds = Way(threads=counts[0]), float("inf")
    try:
        torch.set_num_threads(best.threads)  # a busy computer makes the first of many threads wait
        with torch.inference_mode():
            exact = net.denoise(hu, CT).hu  # warms up, too
            for way in _ways(net, counts):
                torch.set_num_threads(way.threads)
                taken, denoised = _timed(net, way.half, hu)
                if taken < GAIN * seconds and (way.half is None or _is_same(denoised, exact)):
                    best, seconds = way, taken
                if time.perf_counter() - begun > PATIENCE_S:
                    break
    finally:
        torch.set_num_threads(before)
    return best


def _ways(net: JointNet, counts: tuple[int, ...]) -> Iterator[Way]:
    """The ways that are worth a trial, single precision first."""
    for threads in counts:
        yield Way(threads=threads)
    if multiplies_bfloat16():
        half = halved(net)
        for threads in counts:
            yield Way(half, threads)


def _timed(net: JointNet, half: JointNet | None, hu: Tensor) -> tuple[float, Tensor]:
    """The shorter of two runs' seconds: another program may have disturbed one."""
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        denoised = run(net, half, hu, CT)
        seconds.append(time.perf_counter() - begun)
    return min(seconds), denoised


def _is_same(denoised: Tensor, exact: Tensor) -> bool:
    return bool((denoised - exact).abs().quantile(SAME_SHARE) < SAME_HU)
