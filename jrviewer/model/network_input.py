"""What the network reads of a slice: its values, their fine detail, its kind.

All in fixed units. A unit measured on the slice itself, such as its own noise, lets the network
know a simulation by its fingerprint, and makes what it removes jump from slice to slice.
"""

from collections.abc import Sequence
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

HU_SCALE = 500.0  # the network's unit; keeps soft tissue, lung and bone within about ±3
HU_RANGE = (-1024.0, 3071.0)
AROUND = 5  # pixels, the side of the neighbourhood that fine detail stands out from
DETAIL_HU = 25.0  # the unit of fine detail, and of the noise that is predicted
DETAIL_LIMIT = 8.0  # in that unit: what is larger is an edge
NOISE_LIMITS = (4.0, 400.0)  # HU
BODY_HU = -700.0  # noise is judged where there is more than air
CT, MR = 0.0, 1.0  # the network's input for the kind of image
MR_SPAN_HU = 1500.0  # MR values 0 … 99.5th percentile become −1000 … 500, as CT bodies span
DIVISOR = 8  # rows and columns are padded to a multiple of this
CHANNELS = 3


def see(hu: Tensor, kind: Tensor | float) -> Tensor:
    """Slices (B, 1, H, W) in HU as the encoder reads them, (B, 3, H, W), H and W multiples of
    DIVISOR: values, fine detail, and CT or MR, a number or (B,).
    """
    parts = values_and_detail(hu)
    return torch.cat([*parts, planes(kind, hu).expand_as(parts[0])], dim=1)


def values_and_detail(hu: Tensor) -> tuple[Tensor, Tensor]:
    """The first two of them, (B, 1, H, W) each."""
    rows, columns = hu.shape[-2:]
    if rows % DIVISOR or columns % DIVISOR:
        hu = F.pad(hu, (0, -columns % DIVISOR, 0, -rows % DIVISOR), mode="replicate")
    values = hu.clamp(*HU_RANGE)
    detail = (_detail(values) / DETAIL_HU).clamp(-DETAIL_LIMIT, DETAIL_LIMIT)
    return values / HU_SCALE, detail


def noise_of(hu: Tensor) -> Tensor:
    """Standard deviation in HU (B, 1, 1, 1) of the noise of slices in HU (B, 1, H, W), roughly:
    1.48 times the median distance of a body's values from the means around them.
    """
    values = hu.clamp(*HU_RANGE)
    sparse = values[..., ::4, ::4]  # the median ignores edges; every fourth pixel is enough
    around = F.avg_pool2d(values, AROUND, 4, AROUND // 2, count_include_pad=False)
    size = torch.where(sparse > BODY_HU, (sparse - around).abs(), torch.nan)
    median = size.flatten(1).nanmedian(dim=1).values
    return (1.48 * median).nan_to_num(NOISE_LIMITS[0]).clamp(*NOISE_LIMITS)[:, None, None, None]


def planes(kind: Tensor | float, hu: Tensor) -> Tensor:
    """The kind of each slice, (B, 1, 1, 1) or (1, 1, 1, 1)."""
    return torch.as_tensor(kind, dtype=hu.dtype, device=hu.device).reshape(-1, 1, 1, 1)


def unshuffled(images: Sequence[Tensor]) -> Tensor:
    """`F.pixel_unshuffle` by 2 of C images (B, 1, H, W), channels last, in half of the time."""
    batch, _, rows, columns = images[0].shape
    parts = images[0].new_empty((batch, rows // 2, columns // 2, len(images), 2, 2))
    for row in range(2):
        for column in range(2):
            for channel, image in enumerate(images):
                parts[..., channel, row, column] = image[:, 0, row::2, column::2]
    return parts.flatten(3).permute(0, 3, 1, 2)


def shuffled(x: Tensor) -> Tensor:
    """`F.pixel_shuffle` by 2 of a few channels (B, C, H, W), channels last, in less time."""
    if torch.is_grad_enabled():
        return F.pixel_shuffle(x, 2)
    batch, channels, rows, columns = x.shape
    image = x.new_empty((batch, channels // 4, 2 * rows, 2 * columns))
    for row in range(2):
        for column in range(2):
            image[:, :, row::2, column::2] = x[:, 2 * row + column :: 4]
    return image


def in_blocks(channels: Tensor) -> Tensor:
    """A layer's weight or bias (4C, …) for `with_blocks`, as it is for `F.pixel_shuffle`."""
    return channels.unflatten(0, (-1, 4)).transpose(0, 1).flatten(0, 1)


def with_blocks(fine: Tensor, x: Tensor) -> Tensor:
    """`fine` (B, C, 2H, 2W) plus `x` (B, 4C, H, W), whose C channels of each of 2 × 2 pixels come
    one after the other: so whole rows of channels are moved, where `F.pixel_shuffle` moves single
    values. In place where no gradient is wanted.
    """
    blocks = x.permute(0, 2, 3, 1).unflatten(3, (2, 2, -1)).transpose(2, 3)  # (B, H, 2, W, 2, C)
    fine = fine.contiguous(memory_format=torch.channels_last)
    sums = fine.permute(0, 2, 3, 1).view(blocks.shape)
    if torch.is_grad_enabled():
        return (sums + blocks).flatten(3, 4).flatten(1, 2).permute(0, 3, 1, 2)
    sums.add_(blocks)
    return fine


def _detail(values: Tensor) -> Tensor:
    """What a pixel is more than its neighbourhood: than the mean of 5 × 5 pixels, of fewer at the
    edges.
    """
    margin = AROUND // 2
    sums = _sums(_sums(F.pad(values, (margin,) * 4), -1), -2)
    rows, columns = values.shape[-2:]
    return values - sums / _counts(rows, columns, values.dtype, values.device)


@lru_cache(2)  # a slice and a canonical image
def _counts(rows: int, columns: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """How many pixels the neighbourhood of each has (rows, columns)."""
    margin = AROUND // 2
    with torch.inference_mode(mode=False), torch.no_grad():  # or no gradient would go through it
        sides = (torch.ones(size, dtype=dtype, device=device) for size in (rows, columns))
        down, across = (_sums(F.pad(side, (margin, margin)), 0) for side in sides)
        return down[:, None] * across


def _sums(values: Tensor, dim: int) -> Tensor:
    """Sums of AROUND neighbours along a dimension, which gets four shorter: from sums of two to
    those of four. A ninth of pooling's time.
    """
    length = values.shape[dim]
    two = values.narrow(dim, 0, length - 1) + values.narrow(dim, 1, length - 1)
    four = two.narrow(dim, 0, length - 3) + two.narrow(dim, 2, length - 3)
    return four.narrow(dim, 0, length - 4) + values.narrow(dim, 4, length - 4)
