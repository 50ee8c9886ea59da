"""Faint discs added to training crops, like lesions, which are rare in the volumes and must
survive.
"""

import torch
from torch import Tensor

MOST = 3  # discs in a crop
CONTRAST_HU = (8.0, 60.0)  # above or below what is there
DIAMETER_PIXELS = (2.0, 16.0)  # drawn log-uniformly; 4–10 mm at any common pixel size and more
TISSUE_HU = -150.0  # only in soft tissue and denser: a disc does not reach into air


def faint_discs(hu: Tensor, generator: torch.Generator) -> Tensor:
    """What one to three elliptic discs, with edges a pixel wide, add to a crop (rows, columns) in
    HU.

    They are added to the clean crop before its noise: a few tens of HU do not change the noise.
    """
    rows, columns = hu.shape
    row = torch.arange(rows, dtype=hu.dtype)[:, None]
    column = torch.arange(columns, dtype=hu.dtype)[None]
    tissue = hu > TISSUE_HU
    added = torch.zeros_like(hu)
    for _ in range(1 + int(torch.randint(MOST, (), generator=generator))):
        sign, size, place_row, place_column, flat, faint = torch.rand(6, generator=generator)
        low, high = DIAMETER_PIXELS
        radius = 0.5 * low * (high / low) ** size
        stretch = 2 ** (flat - 0.5)
        distance = torch.hypot(
            (row - place_row * rows) * stretch, (column - place_column * columns) / stretch
        )
        contrast = CONTRAST_HU[0] + faint * (CONTRAST_HU[1] - CONTRAST_HU[0])
        profile = (radius - distance + 0.5).clamp(0, 1) * tissue
        added += torch.where(sign < 0.5, -contrast, contrast) * profile
    return added
