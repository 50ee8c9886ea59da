"""The denoiser's blocks in eight bits, for processors that multiply those fastest (VNNI).

A block's 3 × 3 convolutions are nine tenths of all multiply-adds. Their weights are kept in steps
of a channel's own size, and what they read in steps of its largest value in this very slice: there
is nothing to calibrate, nothing saturates, and sums of whole numbers are exact, so that one thread
gives the same as two. Everything between the blocks stays in single precision.
"""

import copy
import warnings

import torch
from torch import Tensor, nn

from jrviewer.model.network import Block, JointNet

STEPS, WEIGHT_STEPS = 255, 127  # of unsigned and signed bytes
GEOMETRY = ([1, 1], [1, 1], [1, 1], 1)  # stride, padding, dilation, groups
TO_FLOAT = (1.0, 0, torch.float32)  # the output's step, zero and type
LEAST = 1e-12  # a channel or a slice of nothing but zeros has no step of its own


def in_int8(net: JointNet) -> JointNet:
    """A copy whose denoiser's blocks compute in eight bits; it shares the cloud head."""
    with warnings.catch_warnings():
        # torch warns once that its quantised tensors will go; no other way to bytes is as fast.
        warnings.simplefilter("ignore")
        torch.quantize_per_tensor(torch.zeros(1), 1.0, 0, torch.quint8)
    twin = copy.deepcopy(net, {id(net.cloud): net.cloud})
    for part in (twin.encoder, twin.denoising):
        for name, module in [*part.named_modules()]:
            if isinstance(module, Block):
                above, _, own = name.rpartition(".")
                setattr(part.get_submodule(above), own, _Int8Block(module))
    return twin


class _Int8Block(nn.Module):
    """What `network.Block` does, to within its steps. Adds to its input in place."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.first, self.second = _Int8Conv(block.first), _Int8Conv(block.second)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return self.second.added_to(x, self.first.rectified(x))


class _Int8Conv:
    """A 3 × 3 convolution of what is above zero in its input, by oneDNN."""

    def __init__(self, layer: nn.Conv2d) -> None:
        weight = layer.weight.detach().float().contiguous()
        self.steps = (weight.abs().amax((1, 2, 3)) / WEIGHT_STEPS).clamp(min=LEAST)
        self.whole = (weight / self.steps[:, None, None, None]).round().to(torch.int8)
        self.packed = self._packed()
        self.zeros = torch.zeros(len(weight), dtype=torch.int32)
        self.bias = None if layer.bias is None else layer.bias.detach().float()

    def _packed(self) -> Tensor:
        """The weights in oneDNN's order."""
        found: Tensor = torch.ops.onednn.qconv_prepack(
            self.whole, self.steps, 1.0, 0, *GEOMETRY, None
        )
        return found

    def __getstate__(self) -> dict[str, object]:
        """For a copy, or another process: what lies in oneDNN's order stays here."""
        return {name: one for name, one in vars(self).items() if name != "packed"}

    def __setstate__(self, state: dict[str, object]) -> None:
        """As it was."""
        vars(self).update(state)
        self.packed = self._packed()

    def rectified(self, x: Tensor) -> Tensor:
        """What is above zero of the convolution of `x`, in single precision."""
        output: Tensor = torch.ops.onednn.qconv2d_pointwise(
            *self._input(x), self.bias, *GEOMETRY, *TO_FLOAT, "relu", [], ""
        )
        return output

    def added_to(self, sums: Tensor, x: Tensor) -> Tensor:
        """The convolution of `x` added to `sums` in place, in single precision. oneDNN would add
        it itself, but torch then copies the sums once more.
        """
        added: Tensor = torch.ops.onednn.qconv2d_pointwise(
            *self._input(x), self.bias, *GEOMETRY, *TO_FLOAT, "none", [], ""
        )
        return sums.add_(added)

    def _input(self, x: Tensor) -> tuple[Tensor, float, int, Tensor, Tensor, Tensor]:
        """What is above zero of `x` in bytes with their step and zero, then the weights."""
        step = max(float(x.amax()) / STEPS, LEAST)
        values = _bytes(torch.quantize_per_tensor(x, step, 0, torch.quint8))
        return values, step, 0, self.packed, self.steps, self.zeros


def _bytes(quantised: Tensor) -> Tensor:
    """The whole numbers of a quantised tensor where they lie: `int_repr` copies them, which takes
    longer than to quantise.
    """
    nothing = torch.empty(0, dtype=torch.uint8)
    shape, stride = quantised.shape, quantised.stride()
    return nothing.set_(quantised.untyped_storage(), quantised.storage_offset(), shape, stride)
