"""The network on a CPU without gradients: the same numbers, bit for bit, in less time.

oneDNN multiplies weights in an order of its own, into which torch puts them anew for every slice;
here they are put once. What is rectified after a convolution is rectified by it. Of CT nobody
convolves the plane of zeros that says that it is no MR. The last layer has four channels of noise,
fewer than a processor multiplies at once, so it gives those of several pixels together; what it
says of the noise's variance is for training, and left out.
"""

import copy
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jrviewer.model.network import Block, CloudHead, DenoisingHead, Encoder, JointNet, Up
from jrviewer.model.network_input import (
    CT,
    in_blocks,
    unshuffled,
    values_and_detail,
    with_blocks,
)

SIZES = 4  # of images that a layer's weights are kept packed for: those of slices and of clouds
OF_CT = 8  # channels of the stem: 2 × 2 pixels of values and of fine detail
OF_NOISE = 4  # channels of the last layer: 2 × 2 pixels
TOGETHER_WIDE, TOGETHER = 4, 2  # neighbours along a row whose noise is computed together


def is_possible(net: JointNet) -> bool:
    """Whether this torch can keep the network's weights in oneDNN's order."""
    weight = net.encoder.stem.weight
    if weight.device.type != "cpu" or not torch.backends.mkldnn.is_available():
        return False
    return weight.dtype == torch.float32 or torch.ops.mkldnn._is_mkldnn_bf16_supported()


def packed(net: JointNet, *, has_cloud: bool = True) -> JointNet:
    """The network for inference, where this torch can: it shares nothing with the other that it has
    packed. Otherwise the network itself. Without `has_cloud` for denoising alone.
    """
    return PackedNet(net, has_cloud=has_cloud).eval() if is_possible(net) else net


class PackedNet(JointNet):
    """What `JointNet` does without gradients. Its `Denoised.log_variance` is empty."""

    def __init__(self, net: JointNet, *, has_cloud: bool = True) -> None:
        nn.Module.__init__(self)
        self.config, self.slow_pixels = net.config, net.slow_pixels
        self.encoder = _Encoder(net.encoder)
        self.denoising = _DenoisingHead(net.denoising)
        self.cloud = cast(CloudHead, _packed(net.cloud)) if has_cloud else net.cloud

    def _features(self, hu: Tensor, kind: Tensor | float) -> tuple[Tensor, Tensor, Tensor]:
        if isinstance(self.encoder, _Encoder) and isinstance(kind, float) and kind == CT:
            return self.encoder.of_ct(values_and_detail(hu))
        return super()._features(hu, kind)


class _Encoder(Encoder):
    def __init__(self, encoder: Encoder) -> None:
        nn.Module.__init__(self)
        stem = encoder.stem
        self._dtype = stem.weight.dtype
        self.ct_stem = PackedConv(stem.weight[:, :OF_CT], stem.bias, stem)
        for name, part in encoder.named_children():
            setattr(self, name, _packed(part))

    @property
    def dtype(self) -> torch.dtype:
        return self._dtype

    def of_ct(self, parts: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Features of values and fine detail of CT (B, 1, H, W), finest first."""
        return self._from_stem(self.ct_stem(unshuffled([one.to(self.dtype) for one in parts])))


class _DenoisingHead(DenoisingHead):
    """Says nothing of the noise's variance."""

    def __init__(self, head: DenoisingHead) -> None:
        nn.Module.__init__(self)
        for name, part in head.named_children():
            if part is not head.out:
                setattr(self, name, _packed(part))
        has_wide = torch.backends.cpu.get_cpu_capability() == "AVX512"
        self.noise = _Neighbours(head.out, TOGETHER_WIDE if has_wide else TOGETHER)

    def _image(self, x: Tensor) -> Tensor:
        batch, _, rows, columns = x.shape
        found = self.noise(F.relu(x, inplace=True)).permute(0, 2, 3, 1)
        pixels = found.reshape(batch, rows, columns, 2, 2).transpose(2, 3)
        return pixels.reshape(batch, 1, 2 * rows, 2 * columns)


def _packed(part: nn.Module) -> nn.Module:
    """A layer for inference, or a module all of whose layers are."""
    if isinstance(part, Block):
        return _Block(part)
    if isinstance(part, Up):
        return _Up(part)
    if isinstance(part, nn.Conv2d):
        return PackedConv(part.weight, part.bias, part)
    twin = copy.copy(part)
    twin._modules = {name: _packed(inner) for name, inner in part.named_children()}
    return twin


class PackedConv(nn.Module):
    """A convolution whose weights lie in oneDNN's order, which is another one for images of another
    size: with the wrong one, some processors take nine times as long.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor | None,
        like: nn.Conv2d,
        stride: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__()
        padding = [int(one) for one in like.padding]  # never words here
        self.geometry = padding, [*(stride or like.stride)], [*like.dilation], like.groups
        self.bias = None if bias is None else bias.detach()
        self.weight = weight.detach().contiguous(memory_format=torch.channels_last)
        self.orders: dict[tuple[int, ...], Tensor] = {}

    def __getstate__(self) -> dict[str, object]:
        """For a copy, or another process: what lies in oneDNN's order stays here."""
        return {**self.__dict__, "orders": {}}

    def forward(self, x: Tensor) -> Tensor:
        """As `nn.Conv2d` does."""
        return self._convolved(x, "none")

    def rectified(self, x: Tensor) -> Tensor:
        """What is above zero of it."""
        return self._convolved(x, "relu")

    def _convolved(self, x: Tensor, then: str) -> Tensor:
        weight = self.orders.get(x.shape[-2:])
        if weight is None:
            weight = self._in_order_for(x)
        found: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, weight, self.bias, *self.geometry, then, [], ""
        )
        return found

    def _in_order_for(self, x: Tensor) -> Tensor:
        """The weights for an image (B, C, H, W), which take the place of those kept longest."""
        for size in [*self.orders][: 1 - SIZES]:
            self.orders.pop(size, None)  # another thread may be quicker
        weight: Tensor = torch.ops.mkldnn._reorder_convolution_weight(
            self.weight, *self.geometry, [*x.shape]
        )
        self.orders[x.shape[-2:]] = weight
        return weight


class _Block(nn.Module):
    """What `network.Block` does."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.first, self.second = (
            PackedConv(one.weight, one.bias, one) for one in (block.first, block.second)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first.rectified(F.relu(x))).add_(x)


class _Up(nn.Module):
    """What `network.Up` does."""

    def __init__(self, up: Up) -> None:
        super().__init__()
        conv = up[0]
        assert isinstance(conv, nn.Conv2d)
        assert conv.bias is not None
        self.conv = PackedConv(in_blocks(conv.weight), in_blocks(conv.bias), conv)

    def forward(self, x: Tensor, fine: Tensor) -> Tensor:
        return with_blocks(fine, self.conv(x))


class _Neighbours(PackedConv):
    """The last layer's noise of so many neighbours along a row, whose channels come one after the
    other: (B, C, H, W) → (B, 4 · together, H, W / together).
    """

    def __init__(self, out: nn.Conv2d, together: int) -> None:
        channels, (high, wide) = out.in_channels, out.kernel_size
        weight = out.weight.new_zeros((OF_NOISE * together, channels, high, wide + together - 1))
        for one in range(together):
            own = slice(OF_NOISE * one, OF_NOISE * (one + 1))
            weight[own, :, :, one : one + wide] = out.weight[:OF_NOISE]
        assert out.bias is not None
        super().__init__(weight, out.bias[:OF_NOISE].repeat(together), out, stride=(1, together))
