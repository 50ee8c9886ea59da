"""How the network runs fastest on this processor: measured once, in about a second.

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

from jrviewer.model import kept_choice
from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.kept_choice import Choice
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT, noise_of

ROUNDS = 7  # in turn, so that a busy moment disturbs all ways alike; the minimum counts
PATIENCE_S = 1.5  # no further round starts after it
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
    if half is not None and bool((noise_of(hu) <= MOST_NOISE_HU).all()):
        net = half
    return net.denoise(hu, kind).hu


def halved(net: JointNet) -> JointNet:
    """A copy in bfloat16: to convert the weights anew for every slice takes as long as a third of
    the convolutions.
    """
    return copy.deepcopy(net).to(torch.bfloat16)


def settled(net: JointNet, weights_sha256: str) -> Way:
    """The way that is kept for this computer and these weights; the fastest where none is yet."""
    kept = kept_choice.recall(weights_sha256)
    if kept is not None:
        return Way(halved(net) if kept.bfloat16 else None, kept.threads)
    way = fastest(net)
    kept_choice.keep(weights_sha256, Choice(way.half is not None, way.threads))
    return way


def fastest(net: JointNet) -> Way:
    """The fastest way for a network on the CPU: the least time of several rounds of all ways."""
    before = torch.get_num_threads()
    hu = 40 + 30 * torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    ways = [*_ways(net, tuple(dict.fromkeys((max(1, before - 1), before))))]
    try:
        with torch.inference_mode():
            exact = net.denoise(hu, CT).hu
            same = [one.half is None or _is_same(run(net, one.half, hu, CT), exact) for one in ways]
            ways = [one for one, says_the_same in zip(ways, same, strict=True) if says_the_same]
            seconds = _least_seconds(net, ways, hu)
    finally:
        torch.set_num_threads(before)
    best = 0
    for index, taken in enumerate(seconds):
        if taken < GAIN * seconds[best]:
            best = index
    return ways[best]


def _least_seconds(net: JointNet, ways: list[Way], hu: Tensor) -> list[float]:
    """The least seconds of each way, tried in turn."""
    started = time.perf_counter()
    least = [float("inf")] * len(ways)
    for _ in range(ROUNDS):
        for index, way in enumerate(ways):
            torch.set_num_threads(way.threads)
            least[index] = min(least[index], _seconds(net, way.half, hu))
        if time.perf_counter() - started > PATIENCE_S:
            break
    return least


def _ways(net: JointNet, counts: tuple[int, ...]) -> Iterator[Way]:
    """The ways that are worth a trial, single precision first."""
    for threads in counts:
        yield Way(threads=threads)
    if multiplies_bfloat16():
        half = halved(net)
        for threads in counts:
            yield Way(half, threads)


def _seconds(net: JointNet, half: JointNet | None, hu: Tensor) -> float:
    """How long one run takes."""
    started = time.perf_counter()
    run(net, half, hu, CT)
    return time.perf_counter() - started


def _is_same(denoised: Tensor, exact: Tensor) -> bool:
    return bool((denoised - exact).abs().quantile(SAME_SHARE) < SAME_HU)
