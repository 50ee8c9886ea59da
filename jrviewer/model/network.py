"""JointNet: one encoder, a denoising head and a cloud head. Tensors in, tensors out.

Shared intermediate features with one branch per task is the idea of "Joint Denoising and 3D Point
Cloud Reconstruction from Single Medical Images"; the heads are our own. The denoising head predicts
the noise of every pixel at native resolution. The cloud head predicts, for the canonical box around
the slice, where surface points lie: a probability for each (structure, depth layer, row, column)
cell. `jrviewer.model.cloud_sampling` turns those into points.

Knows nothing of files, DICOM or patients.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from jrviewer.model.layers.convolution import Conv
from jrviewer.model.network_input import (
    CHANNELS,
    CT,
    DETAIL_HU,
    in_blocks,
    planes,
    see,
    shuffled,
    unshuffled,
    with_blocks,
)
from jrviewer.model.out_of_distribution import described

LOG_SIGMA = 2.5  # where the cloud head starts from: 12 mm
LOG_SIGMA_LIMITS = (-1.0, 5.0)  # what it says of cells that no point ever visits means nothing


@dataclass(frozen=True, slots=True)
class Config:
    """The sizes of a JointNet, as they stand in the weights' card."""

    widths: tuple[int, int, int] = (32, 64, 128)  # encoder channels at 1/2, 1/4 and 1/8
    deep_blocks: int = 2  # residual blocks at 1/8
    context_width: int = 224  # cloud head channels at 1/16
    context_blocks: int = 3
    cloud_widths: tuple[int, int, int] = (160, 96, 64)  # cloud head channels at 1/8, 1/4 and 1/2
    layers: int = 16  # depth layers of the box, 8 mm each
    structures: int = 3

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "Config":
        """From plain JSON or TOML values, where a tuple is a list."""
        plain: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**plain)


class Denoised(NamedTuple):
    """What the denoising head says of a batch of slices, (B, 1, H, W) each."""

    hu: Tensor
    log_variance: Tensor  # of the noise that was removed, in log(HU²)


class Surfaces(NamedTuple):
    """What the cloud head says of a batch of canonical images, 128 × 128 cells in-plane."""

    raw: Tensor  # (B, 5 · structures · layers, 64, 64): sigma of every cell, then four logits
    structures: int

    @property
    def cells(self) -> int:
        """How many lie over each pixel of 2 × 2: structures × layers."""
        return self.raw.shape[1] // 5

    @property
    def logits(self) -> Tensor:
        """(B, structures, layers, 128, 128): a surface point's log-probability, + a constant."""
        logits = F.pixel_shuffle(self.raw[:, self.cells :], 2).float().contiguous()
        return logits.unflatten(1, (self.structures, -1))

    @property
    def log_sigma(self) -> Tensor:
        """(B, structures, layers, 64, 64): log of a point's distance to the surface, mm."""
        said = self.raw[:, : self.cells].float().unflatten(1, (self.structures, -1))
        return (said + LOG_SIGMA).clamp(*LOG_SIGMA_LIMITS)


class Block(nn.Module):
    """Two 3 × 3 convolutions around a shortcut; starts near the identity, so it needs no norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = Conv(width, width, 3, padding=1)
        self.second = Conv(width, width, 3, padding=1)
        with torch.no_grad():
            self.second.weight.mul_(0.3)

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return self.second(F.relu(self.first(F.relu(x)), inplace=True)).add_(x)


class Down(nn.Sequential):
    """Half the resolution: 2 × 2 pixels become channels of a 1 × 1 convolution."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(nn.Conv2d(before, after, 2, stride=2))


class Up(nn.ModuleList):
    """Twice the resolution by a 1 × 1 convolution and a pixel shuffle, added to what is there."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__([Conv(before, 4 * after, 1)])

    def forward(self, x: Tensor, fine: Tensor) -> Tensor:
        """Of `x` (B, before, H, W) with `fine` (B, after, 2H, 2W), in place as `with_blocks`."""
        conv = self[0]
        assert isinstance(conv, Conv)
        weight, bias = (in_blocks(one) for one in conv.parameters())
        return with_blocks(fine, conv.by(weight, bias, x))


class Encoder(nn.Module):
    """Features at 1/2, 1/4 and 1/8 of the resolution, shared by both heads."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        fine, middle, coarse = config.widths
        self.stem = nn.Conv2d(4 * CHANNELS, fine, 3, padding=1)
        self.fine = Block(fine)
        self.to_middle = Down(fine, middle)
        self.middle = Block(middle)
        self.to_coarse = Down(middle, coarse)
        self.coarse = nn.Sequential(*(Block(coarse) for _ in range(config.deep_blocks)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features of the network's input (B, 3, H, W), finest first."""
        return self._from_stem(self.stem(unshuffled(x.split(1, dim=1))))

    @property
    def dtype(self) -> torch.dtype:
        """The precision of its weights."""
        return self.stem.weight.dtype

    def _from_stem(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        fine = self.fine(x)  # (B, 32, H/2, W/2)
        middle = self.middle(self.to_middle(fine))
        return fine, middle, self.coarse(self.to_coarse(middle))


class DenoisingHead(nn.Module):
    """From the encoder's features to the noise of every pixel and its log-variance."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        fine, middle, coarse = config.widths
        self.to_middle = Up(coarse, middle)
        self.middle = Block(middle)
        self.to_fine = Up(middle, fine)
        self.fine = Block(fine)
        self.out = nn.Conv2d(fine, 4 * 2, 3, padding=1)
        for start in self.out.parameters():  # by saying nothing
            nn.init.zeros_(start)

    def forward(self, features: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """Noise and log-variance (B, 2, H, W) in the network's unit."""
        fine, middle, coarse = features
        x = self.middle(self.to_middle(coarse, middle))
        x = self.fine(self.to_fine(x, fine))
        return self._image(x)

    def _image(self, x: Tensor) -> Tensor:
        return shuffled(self.out(F.relu(x, inplace=True)))  # (B, 2, H, W)


class CloudHead(nn.Module):
    """From the encoder's features of a canonical image to the surfaces in the box around it.

    A column of cells lies over every pixel, so that depth is inferred where the evidence is, with
    the whole cross-section as context; a map of box coordinates tells it where in the box it is.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.structures = config.structures
        fine, middle, coarse = config.widths
        wide_8, wide_4, wide_2 = config.cloud_widths
        self.to_context = Down(coarse + 2, config.context_width)
        self.context = nn.Sequential(
            *(Block(config.context_width) for _ in range(config.context_blocks))
        )
        self.everywhere = nn.Linear(config.context_width, config.context_width)
        self.to_coarse = Up(config.context_width, wide_8)
        self.side_coarse = Conv(coarse, wide_8, 1)
        self.coarse = nn.Sequential(Block(wide_8), Block(wide_8))
        self.to_middle = Up(wide_8, wide_4)
        self.side_middle = Conv(middle, wide_4, 1)
        self.middle = Block(wide_4)
        self.to_fine = Up(wide_4, wide_2)
        self.side_fine = Conv(fine, wide_2, 1)
        self.fine = Block(wide_2)
        self.out = Conv(wide_2, 5 * config.structures * config.layers, 1)

    def forward(self, features: tuple[Tensor, Tensor, Tensor]) -> Surfaces:
        """The surfaces around the canonical images that the features are of."""
        fine, middle, coarse = features
        x = self.to_context(torch.cat([coarse, _coordinates(coarse)], dim=1))
        x = x + self.everywhere(x.mean(dim=(2, 3)))[:, :, None, None]
        x = self.context(x)  # (B, 192, 8, 8)
        x = self.coarse(self.to_coarse(x, self.side_coarse(coarse)))
        x = self.middle(self.to_middle(x, self.side_middle(middle)))
        x = self.fine(self.to_fine(x, self.side_fine(fine)))
        return Surfaces(self.out(F.relu(x)), self.structures)  # (B, 5 · cells, 64, 64)


class JointNet(nn.Module):
    """The joint model: HU in, denoised HU and the surfaces around the slice out."""

    def __init__(self, config: Config | None = None) -> None:
        super().__init__()
        self.config = config or Config()
        self.encoder = Encoder(self.config)
        self.denoising = DenoisingHead(self.config)
        self.cloud = CloudHead(self.config)
        self.slow_pixels = 0.0  # in training the preset's

    def denoise(self, hu: Tensor, kind: Tensor | float = CT) -> Denoised:
        """Slices (B, 1, H, W) in HU without all that the network takes for noise, of which
        `jrviewer.core.strength` gives a part back; `kind` is 0 for CT and 1 for MR, a number or
        (B,).

        Where `slow_pixels` is set, as in training on simulated doses, the slow part of what is
        removed is given back here, on CT.
        """
        rows, columns = hu.shape[-2:]
        out = self.denoising(self._features(hu, kind)).float()[..., :rows, :columns]
        noise, log_variance = out[:, :1], out[:, 1:]
        is_ct = planes(kind, hu) == CT
        removed = noise * DETAIL_HU
        if self.slow_pixels > 0:
            removed = removed - slow_part(removed, self.slow_pixels).where(is_ct, 0.0)
        return Denoised(hu - removed, log_variance + 2 * math.log(DETAIL_HU))

    def surfaces(self, canonical_hu: Tensor) -> Surfaces:
        """The surfaces around canonical images (B, 1, 128, 128) in HU."""
        surfaces: Surfaces = self.cloud(self._features(canonical_hu, CT))
        return surfaces

    def described_surfaces(self, canonical_hu: Tensor) -> tuple[Surfaces, Tensor]:
        """The surfaces, and what the encoder saw in each image (B, D), from one pass."""
        features = self._features(canonical_hu, CT)
        return self.cloud(features), described(features)

    def _features(self, hu: Tensor, kind: Tensor | float) -> tuple[Tensor, Tensor, Tensor]:
        """Of slices in HU, in the precision of the weights."""
        features: tuple[Tensor, Tensor, Tensor]
        features = self.encoder(see(hu, kind).to(self.encoder.dtype))
        return features

    def forward(
        self, hu: Tensor, kind: Tensor | float, canonical_hu: Tensor | None
    ) -> tuple[Denoised, Surfaces | None]:
        """Both heads at once; slices and canonical images need not be of the same patients, and
        there may be none of the latter.
        """
        surfaces = None if canonical_hu is None else self.surfaces(canonical_hu)
        return self.denoise(hu, kind), surfaces


def slow_part(hu: Tensor, pixels: float) -> Tensor:
    """What is left of images (B, 1, H, W) after a Gaussian: means over a few pixels' width.

    A CT reconstruction's ramp filter leaves noise little power there (Riederer et al. 1978), and
    tissue has most of its own there: what a denoiser takes away of it is mostly anatomy.
    """
    reach = round(3 * pixels)
    at = torch.arange(-reach, reach + 1, dtype=hu.dtype, device=hu.device)
    weights = torch.softmax(-0.5 * (at / pixels) ** 2, dim=0)
    padded = F.pad(hu, (reach, reach, reach, reach), mode="replicate")
    across = F.conv2d(padded, weights[None, None, None, :])
    return F.conv2d(across, weights[None, None, :, None])


def _coordinates(features: Tensor) -> Tensor:
    """Box coordinates x and y of every cell, (B, 2, H, W)."""
    batch, _, rows, columns = features.shape
    y = torch.linspace(-1, 1, rows, dtype=features.dtype, device=features.device)
    x = torch.linspace(-1, 1, columns, dtype=features.dtype, device=features.device)
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"))
    return grid.expand(batch, 2, rows, columns)
