"""The denoisers that are compared: all read a slice as ours does, and take a similar number of
multiply-adds a pixel for a finished slice.

Slices (B, 1, H, W) in HU; `kind` is 0 for CT and 1 for MR.
"""

import math
from collections.abc import Callable, Mapping
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jrviewer.model.network import Config, Denoised, DenoisingHead, Encoder, JointNet
from jrviewer.model.network_input import CHANNELS, DETAIL_HU, see
from training.fit.losses import denoising_loss

WINDOW = 8  # tokens on a side
HEAD_WIDTH = 16
DIFFUSION_STEPS = 3
SPREAD_HU = 5.0


class Convolutional(nn.Module):
    """Ours: the shipped encoder and denoising head, at any width."""

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 128), extra: int = 0) -> None:
        super().__init__()
        config = Config(widths=widths)
        self.encoder, self.head = Encoder(config), DenoisingHead(config)
        if extra:
            self.encoder.stem = nn.Conv2d(4 * (CHANNELS + extra), widths[0], 3, padding=1)

    def estimate(self, seen: Tensor, hu: Tensor) -> Denoised:
        """What the network makes of slices that it reads as `seen`."""
        rows, columns = hu.shape[-2:]
        out = self.head(self.encoder(seen)).float()[..., :rows, :columns]
        noise, log_variance = out.chunk(2, dim=1)
        return Denoised(hu - noise * DETAIL_HU, log_variance + 2 * math.log(DETAIL_HU))

    def loss(self, noisy: Tensor, clean: Tensor, kind: Tensor, random: torch.Generator) -> Tensor:
        """What a step minimises."""
        found = self.estimate(see(noisy, kind), noisy)
        return denoising_loss(found, noisy, clean, SPREAD_HU)

    def denoise(self, hu: Tensor, kind: float | Tensor) -> Tensor:
        """Slices without their noise."""
        return self.estimate(see(hu, kind), hu).hu


class Shipped(nn.Module):
    """The denoiser of the shipped weights; never trained here."""

    def __init__(self, net: JointNet) -> None:
        super().__init__()
        self.net = net

    def denoise(self, hu: Tensor, kind: float | Tensor) -> Tensor:
        """Slices without their noise."""
        return self.net.denoise(hu, kind).hu


class InSteps(Shipped):
    """The same as a few-step diffusion from the noisy slice, as `FewSteps`. It needs to be told no
    t: between clean and noisy lies a slice with less of its noise, and it knows noise of any level.
    """

    def denoise(self, hu: Tensor, kind: float | Tensor) -> Tensor:
        """Slices without their noise, in DIFFUSION_STEPS passes."""
        for step in range(DIFFUSION_STEPS):
            hu = hu + (super().denoise(hu, kind) - hu) / (DIFFUSION_STEPS - step)
        return hu


class Mirrored(nn.Module):
    """Another denoiser's mean over a slice and its mirror image."""

    def __init__(self, net: Convolutional | Shipped) -> None:
        super().__init__()
        self.net = net

    def loss(self, noisy: Tensor, clean: Tensor, kind: Tensor, random: torch.Generator) -> Tensor:
        """The other's own: crops are mirrored at random anyway."""
        return cast(Convolutional, self.net).loss(noisy, clean, kind, random)

    def denoise(self, hu: Tensor, kind: float | Tensor) -> Tensor:
        """Slices without their noise, at twice the cost."""
        mirrored = self.net.denoise(hu.flip(3), kind).flip(3)
        return (self.net.denoise(hu, kind) + mirrored) / 2


class Windowed(Convolutional):
    """Ours with windowed self-attention (Liang 2021, SwinIR) for every pair of convolutions."""

    def __init__(self, widths: tuple[int, int, int] = (32, 64, 128)) -> None:
        super().__init__(widths)
        fine, middle, coarse = widths
        for part in (self.encoder, self.head):
            part.register_module("fine", _attentions(fine))
            part.register_module("middle", _attentions(middle))
        self.encoder.coarse = nn.Sequential(_attentions(coarse), _attentions(coarse))


class FewSteps(Convolutional):
    """A few-step diffusion that starts from the noisy slice (InDI, Delbracio & Milanfar 2023).

    Between clean (t = 0) and noisy (t = 1) lies x(t) = (1 − t)·clean + t·noisy. The network is told
    x(t) and t, and estimates the clean slice; each step goes that way as far as it should.
    """

    def __init__(self, widths: tuple[int, int, int] = (18, 36, 72)) -> None:
        super().__init__(widths, extra=1)

    def loss(self, noisy: Tensor, clean: Tensor, kind: Tensor, random: torch.Generator) -> Tensor:
        """At a random t of each sample; a third of them at the start, where inference begins."""
        t = torch.rand((len(noisy), 1, 1, 1), generator=random)
        t = torch.where(torch.rand(t.shape, generator=random) < 1 / 3, 1.0, t)
        between = clean + t * (noisy - clean)
        found = self._at(between, kind, t)
        return denoising_loss(found, between, clean, SPREAD_HU)

    def denoise(self, hu: Tensor, kind: float | Tensor) -> Tensor:
        """Slices without their noise, in DIFFUSION_STEPS passes."""
        for step in range(DIFFUSION_STEPS):
            t = torch.full((len(hu), 1, 1, 1), 1 - step / DIFFUSION_STEPS)
            share = 1 / (DIFFUSION_STEPS - step)  # of the way that is left
            hu = hu + share * (self._at(hu, kind, t).hu - hu)
        return hu

    def _at(self, hu: Tensor, kind: float | Tensor, t: Tensor) -> Denoised:
        seen = see(hu, kind)
        return self.estimate(torch.cat([seen, t.expand_as(seen[:, :1])], dim=1), hu)


class Attention(nn.Module):
    """Self-attention in windows of 8 × 8 tokens and a small network after it, with shortcuts."""

    def __init__(self, width: int, *, is_shifted: bool) -> None:
        super().__init__()
        self.shift = WINDOW // 2 if is_shifted else 0
        self.heads = max(1, width // HEAD_WIDTH)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.three = nn.Linear(width, 3 * width)
        self.one = nn.Linear(width, width)
        self.more, self.less = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.place = nn.Parameter(torch.zeros(self.heads, WINDOW**2, WINDOW**2))
        with torch.no_grad():  # near the identity at first, as ours is
            self.one.weight.mul_(0.3)
            self.less.weight.mul_(0.3)

    def forward(self, x: Tensor) -> Tensor:
        """Features (B, C, H, W), the same shape out."""
        rows, columns = x.shape[-2:]
        tokens = F.pad(x, (0, -columns % WINDOW, 0, -rows % WINDOW)).permute(0, 2, 3, 1)
        if self.shift:
            tokens = tokens.roll((-self.shift, -self.shift), (1, 2))
        tokens = tokens + self._attended(self.before(tokens))
        tokens = tokens + self.less(F.gelu(self.more(self.between(tokens))))
        if self.shift:
            tokens = tokens.roll((self.shift, self.shift), (1, 2))
        return tokens.permute(0, 3, 1, 2)[..., :rows, :columns]

    def _attended(self, tokens: Tensor) -> Tensor:
        batch, rows, columns, width = tokens.shape
        down, across = rows // WINDOW, columns // WINDOW
        windows = tokens.reshape(batch, down, WINDOW, across, WINDOW, width).transpose(2, 3)
        asked = self.three(windows.reshape(-1, WINDOW**2, width))
        query, key, value = asked.unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(query, key, value, self.place.to(query.dtype)[None])
        mixed = self.one(mixed.transpose(1, 2).flatten(2))
        mixed = mixed.reshape(batch, down, across, WINDOW, WINDOW, width).transpose(2, 3)
        return mixed.reshape(batch, rows, columns, width)


def _attentions(width: int) -> nn.Sequential:
    return nn.Sequential(Attention(width, is_shifted=False), Attention(width, is_shifted=True))


Trained = Convolutional | Mirrored
Denoiser = Trained | Shipped


SIZES: Mapping[int, Mapping[str, Callable[[], Trained]]] = {
    1: {
        "ours": Convolutional,
        "mirrored": lambda: Mirrored(Convolutional((22, 44, 88))),
        "diffusion": lambda: FewSteps((18, 36, 72)),
        "windowed": Windowed,
    },
    10: {
        "ours": lambda: Convolutional((104, 208, 416)),
        "mirrored": lambda: Mirrored(Convolutional((72, 144, 288))),
        "diffusion": lambda: FewSteps((60, 120, 240)),
        "windowed": lambda: Windowed((96, 208, 416)),
    },
}
"""By the multiple of what ours costs: networks of about equal multiply-adds a pixel of the finished
slice, all passes counted."""

ABOUT: Mapping[str, str] = {
    "ours": "ours: convolutions",
    "mirrored": "narrower, and averaged with its mirror image",
    "windowed": "windowed transformer",
    "diffusion": f"diffusion from the noisy slice in {DIFFUSION_STEPS} steps",
    "ours, mirrored too": "ours and its mirror image, at twice the cost",
    "shipped": "the shipped weights",
    "shipped, mirrored too": "the shipped weights and the mirror image, at twice the cost",
    "shipped, in steps": f"the shipped weights in {DIFFUSION_STEPS} steps, each at full cost",
}
