"""Augmentation of views: one random map applied to image and truth alike.

A few volumes of chest and abdomen must show the cloud head the variety of bodies. Each sample is
mirrored, rotated, scaled (the depth as well), shifted and deformed by a smooth in-plane field that
is the same at every depth. Box coordinates throughout.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, BOX_PIXELS

AIR_HU = -1000.0
DEPTH = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM


@dataclass(frozen=True, slots=True)
class Strength:
    """How far a sample may be changed; zeros leave it unchanged."""

    turn_degrees: float = 8.0
    scale: float = 0.12  # of the whole body, all three axes
    stretch: float = 0.07  # of one in-plane axis against the other
    shift: float = 0.04  # of the half-width
    bend: float = 0.03  # of the half-width
    hu_shift: float = 12.0
    hu_noise: float = 20.0


def augment(
    images: Tensor,
    points: Tensor,
    z_range: Tensor,
    generator: torch.Generator,
    strength: Strength | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Changed images (B, 1, 128, 128), points (B, P, 3) and z_range (B, 2)."""
    strength = strength or Strength()
    batch = len(images)
    matrix, scale = _matrices(batch, generator, strength)
    shift = _uniform((batch, 1, 2), generator) * strength.shift
    field = _bend(batch, generator, strength.bend)
    # A new position x looks up `matrix · x + shift + bend(x)` in the old image.
    grid = _grid(batch) @ matrix.transpose(1, 2) + shift
    grid = grid.reshape(batch, BOX_PIXELS, BOX_PIXELS, 2) + field.permute(0, 2, 3, 1)
    moved = F.grid_sample(images - AIR_HU, grid, align_corners=False) + AIR_HU
    in_plane = _invert(points[..., :2], matrix, shift, field)
    depth = points[..., 2:] / scale[:, None, None]
    moved_range = (z_range / scale[:, None]).clamp(-DEPTH, DEPTH)
    return (
        _vary_values(moved, generator, strength),
        torch.cat([in_plane, depth], dim=2),
        moved_range,
    )


def _matrices(batch: int, generator: torch.Generator, by: Strength) -> tuple[Tensor, Tensor]:
    """In-plane maps (B, 2, 2) from new to old positions, and the scale (B,) that divides depth."""
    angle = _uniform((batch,), generator) * torch.deg2rad(torch.tensor(by.turn_degrees))
    scale = torch.exp(_uniform((batch,), generator) * by.scale)
    stretch = torch.exp(_uniform((batch,), generator) * by.stretch)
    mirror = torch.where(torch.rand(batch, generator=generator) < 0.5, -1.0, 1.0)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    first = torch.stack([cosine * stretch * mirror, -sine / stretch], dim=1)
    second = torch.stack([sine * stretch * mirror, cosine / stretch], dim=1)
    return torch.stack([first, second], dim=1), scale


def _bend(batch: int, generator: torch.Generator, strength: float) -> Tensor:
    """A smooth displacement of every canonical pixel, (B, 2, 128, 128)."""
    coarse = torch.randn((batch, 2, 5, 5), generator=generator) * strength
    size = (BOX_PIXELS, BOX_PIXELS)
    return F.interpolate(coarse, size=size, mode="bicubic", align_corners=False)


def _invert(positions: Tensor, matrix: Tensor, shift: Tensor, field: Tensor) -> Tensor:
    """Positions in the new image of old positions (B, P, 2): the inverse map by fixed-point
    iteration.
    """
    inverse = torch.linalg.inv(matrix).transpose(1, 2)
    new = (positions - shift) @ inverse
    for _ in range(4):
        bend = F.grid_sample(field, new[:, :, None], align_corners=False, padding_mode="border")
        new = (positions - shift - bend[..., 0].transpose(1, 2)) @ inverse
    return new


def _vary_values(images: Tensor, generator: torch.Generator, by: Strength) -> Tensor:
    """Differences between scanners: an offset, and the noise that a denoiser may leave."""
    offset = _uniform((len(images), 1, 1, 1), generator) * by.hu_shift
    level = torch.rand((len(images), 1, 1, 1), generator=generator) ** 2 * by.hu_noise
    noise = torch.randn(images.shape, generator=generator) * level
    return (images + offset + noise).clamp(-1024, 3071)


def _grid(batch: int) -> Tensor:
    steps = (torch.arange(BOX_PIXELS) + 0.5) / BOX_PIXELS * 2 - 1
    grid = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), dim=-1)
    return grid.reshape(1, -1, 2).expand(batch, -1, 2)


def _uniform(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Uniform between −1 and 1."""
    return torch.rand(shape, generator=generator) * 2 - 1
