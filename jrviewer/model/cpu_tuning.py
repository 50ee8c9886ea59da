"""Which precision the network runs in on this processor: measured once, within two seconds.

bfloat16 takes about half of the time where the processor multiplies it itself, int8 where it adds
up products of bytes; neither is tried elsewhere, and int8 only without bfloat16. Either is taken
only where it also says the same. bfloat16: within 1 HU of single precision in all but one of a
thousand pixels; what it is off by grows with the noise (up to 2.1 % of its standard deviation at
that pixel). int8: without bias, but with a grain of 2 to 3 % of the noise. A slice noisier than
they allow is denoised in single precision after all.
"""

import copy
import time
from typing import NamedTuple

import torch
from torch import Tensor

from jrviewer.model import kept_choice
from jrviewer.model.devices import multiplies_bfloat16, multiplies_int8
from jrviewer.model.kept_choice import Precision
from jrviewer.model.layers.int8 import in_int8
from jrviewer.model.layers.packed import packed
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT, noise_of

ROUNDS = 7  # in turn, so that a busy moment disturbs both alike; the minimum counts
PATIENCE_S = 1.5  # no further round starts after it
SIDE = 192  # pixels of the trial slice
SAME_HU = 1.0
SAME_SHARE = 0.999
INT8_GRAIN = 0.04  # of the noise's standard deviation, that eight bits may add to a slice
INT8_BIAS_HU = 0.1
TRIAL_NOISE_HU = 30.0
MOST_NOISE_HU = 50.0  # at which bfloat16 stays within 1 HU, int8 within its share
GAIN = 0.9  # of the time in single precision: what gains less is not worth a change


class Way(NamedTuple):
    """A precision, and the network in it; None for single precision."""

    precision: Precision
    net: JointNet | None

    @property
    def half(self) -> JointNet | None:
        """The network in bfloat16, if this is it."""
        return self.net if self.precision == "bf16" else None

    @property
    def int8(self) -> JointNet | None:
        """The network in eight bits, if this is it."""
        return self.net if self.precision == "int8" else None


EXACT = Way("fp32", None)


def run(net: JointNet, fast: JointNet | None, hu: Tensor, kind: float) -> Tensor:
    """Denoised slices (B, 1, H, W) in single precision; convolved in another where there is such a
    network and the slice's noise lets it say the same.
    """
    if fast is not None and bool((noise_of(hu) <= MOST_NOISE_HU).all()):
        net = fast
    return net.denoise(hu, kind).hu


def in_bfloat16(net: JointNet) -> JointNet:
    """A copy: to convert the weights anew for every slice takes as long as a third of the
    convolutions.
    """
    return copy.deepcopy(net).to(torch.bfloat16)


def halved(net: JointNet) -> JointNet:
    """The network in bfloat16, packed."""
    return packed(in_bfloat16(net))


def kept(net: JointNet, weights_sha256: str) -> Way:
    """The way that was chosen for this computer and these weights; where none was yet, it is now,
    and kept.
    """
    precision = kept_choice.recall(weights_sha256)
    if precision is not None:
        return in_precision(net, precision)
    chosen = fastest(net)
    kept_choice.keep(weights_sha256, chosen.precision)
    return chosen


def in_precision(net: JointNet, precision: Precision) -> Way:
    """A way of running the network in single precision."""
    if precision == "bf16":
        return Way(precision, halved(net))
    if precision == "int8":
        return Way(precision, packed(in_int8(net), has_cloud=False))
    return EXACT


def fastest(net: JointNet) -> Way:
    """What this processor multiplies itself, where that is faster and says the same: the least time
    of several rounds in turn with single precision.
    """
    able: dict[Precision, bool] = {"bf16": multiplies_bfloat16(), "int8": multiplies_int8()}
    other = next((in_precision(net, one) for one in able if able[one]), EXACT)
    if other.net is None:
        return EXACT
    hu = 40 + TRIAL_NOISE_HU * torch.randn(
        1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(1)
    )
    with torch.inference_mode():
        if not _is_same(run(net, other.net, hu, CT), net.denoise(hu, CT).hu, other.precision):
            return EXACT
        started, least = time.perf_counter(), {EXACT: float("inf"), other: float("inf")}
        for _ in range(ROUNDS):
            for way in least:
                least[way] = min(least[way], _seconds(net, way.net, hu))
            if time.perf_counter() - started > PATIENCE_S:
                break
    return other if least[other] < GAIN * least[EXACT] else EXACT


def _seconds(net: JointNet, fast: JointNet | None, hu: Tensor) -> float:
    """How long one run takes."""
    started = time.perf_counter()
    run(net, fast, hu, CT)
    return time.perf_counter() - started


def _is_same(denoised: Tensor, exact: Tensor, precision: Precision) -> bool:
    """Whether two denoised trial slices say the same, as a precision can."""
    off = denoised - exact
    if precision == "bf16":
        return bool(off.abs().quantile(SAME_SHARE) < SAME_HU)
    return bool(off.std() < INT8_GRAIN * TRIAL_NOISE_HU) and bool(off.mean().abs() < INT8_BIAS_HU)
