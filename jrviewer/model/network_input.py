"""What the network reads of a slice: its values, their fine detail, the strength of its noise, its
kind.

Noise is between a hundredth and a fifth of what anatomy spans: in its own units it is learnt much
sooner, and one network serves every dose.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

HU_SCALE = 500.0  # the network's unit; keeps soft tissue, lung and bone within about ±3
HU_RANGE = (-1024.0, 3071.0)
NOISE_LIMITS = (4.0, 400.0)  # HU
DETAIL_LIMIT = 6.0  # in units of the noise: what is larger is an edge
BODY_HU = -700.0  # noise is judged where there is more than air
CT, MR = 0.0, 1.0  # the network's input for the kind of image
MR_SPAN_HU = 1500.0  # MR values 0 … 99.5th percentile become −1000 … 500, as CT bodies span
DIVISOR = 8  # rows and columns are padded to a multiple of this


class Seen(NamedTuple):
    """Slices as the encoder reads them."""

    values: Tensor  # (B, 4, H, W), H and W multiples of DIVISOR
    noise: Tensor  # (B, 1, 1, 1) standard deviation of each slice's noise, HU


def see(hu: Tensor, kind: Tensor | float) -> Seen:
    """Slices (B, 1, H, W) in HU, padded, with their fine detail in units of their own noise, that
    noise, and CT or MR: a number or (B,).
    """
    rows, columns = hu.shape[-2:]
    padded = F.pad(hu, (0, -columns % DIVISOR, 0, -rows % DIVISOR), mode="replicate")
    values = padded.clamp(*HU_RANGE)
    detail = _detail(values)
    noise = _noise(values, detail)
    parts = [
        values / HU_SCALE,
        (detail / noise).clamp(-DETAIL_LIMIT, DETAIL_LIMIT),
        torch.log(noise / 30).expand_as(values),
        planes(kind, hu).expand_as(values),
    ]
    return Seen(torch.cat(parts, dim=1), noise)


def planes(kind: Tensor | float, hu: Tensor) -> Tensor:
    """The kind of each slice, (B, 1, 1, 1) or (1, 1, 1, 1)."""
    return torch.as_tensor(kind, dtype=hu.dtype, device=hu.device).reshape(-1, 1, 1, 1)


def _detail(values: Tensor) -> Tensor:
    """What a pixel is more than its neighbourhood."""
    return values - F.avg_pool2d(values, 5, stride=1, padding=2, count_include_pad=False)


def _noise(values: Tensor, detail: Tensor) -> Tensor:
    """(B, 1, 1, 1). The median ignores edges; every second row and column is enough."""
    sparse, body = detail[..., ::2, ::2], values[..., ::2, ::2] > BODY_HU
    size = torch.where(body, sparse.abs(), torch.nan).flatten(1).nanmedian(dim=1).values
    return (1.48 * size).nan_to_num(NOISE_LIMITS[0]).clamp(*NOISE_LIMITS)[:, None, None, None]
