"""The denoiser's crops at real noise levels: cleaned anatomy at many pixel sizes, and its noise.

Stands in for `training.data.pools.Pairs`: draws the same batches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from jrviewer.model.network_input import CT, MR, MR_SPAN_HU
from training.data.faint_discs import faint_discs
from training.data.real_noise import magnetic
from training.data.real_noise.references import UNITS_PER_HU, read_references
from training.data.real_noise.spectra import Fields, draw_noise

MR_SHARE = 0.22
RECOLOURED_SHARE = 0.5  # of the MR crops: CT made to look like MR …
RECOLOURED_PHANTOM_SHARE = 0.5  # … half of it phantoms: steep greys show what noise CT has left
PHANTOM_SHARE = 0.15
UNTOUCHED_SHARE = 0.5  # of the phantoms: no noise at all, and none must be found
INSERT_SHARE = 0.5  # faint discs, so that real ones are not smoothed away
FINE_MM, COARSE_MM = (0.5, 1.0), (1.0, 2.0)  # pixel sizes, native and averaged
COARSE_SHARE = 0.2
ZOOM = (0.45, 2.4)  # of a reference at most: beyond it is blur
EMPTY_HU = -900.0  # a crop whose 90th percentile is below this holds no body
TRIES = 8


@dataclass(frozen=True, slots=True)
class Anatomy:
    """Slices (N, rows, columns) of one source in eighths of an HU, and how often it is drawn."""

    slices: np.ndarray
    pixel_mm: float
    weight: float


@dataclass(frozen=True, slots=True, eq=False)
class RealPairs:
    """Everything that crops are drawn from."""

    anatomy: Sequence[Anatomy]
    phantoms: Sequence[Anatomy] = ()
    mr: Sequence[np.ndarray] = ()  # slices, values 0 … 1
    fields: Fields = field(default_factory=Fields)

    def draw(
        self, batch: int, pixels: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Clean and noisy crops (B, 1, pixels, pixels) in HU, what faint discs add to both, and
        the kinds (B,).
        """
        drawn = [self._crop(pixels, generator) for _ in range(batch)]
        clean, mm, with_noise, kind = (torch.stack(part) for part in zip(*drawn, strict=True))
        discs = torch.stack([self._discs(*one, generator) for one in zip(clean, kind, strict=True)])
        clean = clean + discs
        noise = draw_noise(pixels, mm, self.fields, generator) * with_noise[:, None, None]
        both = torch.where(kind[:, None, None] == CT, clean + noise, clean)
        for index in torch.nonzero(kind == MR)[:, 0].tolist():
            image = (clean[index] + 1000) / MR_SPAN_HU
            both[index] = magnetic.to_hu(magnetic.noisy(image, generator))
        return clean[:, None], both[:, None], discs[:, None], kind

    def _crop(self, pixels: int, random: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """A clean crop in HU, its pixel size, whether noise is added (0 or 1), and its kind."""
        sort, second = torch.rand(2, generator=random).tolist()
        is_mr = sort < MR_SHARE and len(self.mr) > 0
        if is_mr and second >= RECOLOURED_SHARE:
            image = magnetic.to_hu(_scaled_crop(self.mr, pixels, random))
            return _turned(image, random), torch.tensor(1.0), torch.tensor(0.0), torch.tensor(MR)
        turn = second / RECOLOURED_SHARE if is_mr else (1 - sort) / PHANTOM_SHARE
        part = RECOLOURED_PHANTOM_SHARE if is_mr else 1.0
        of_phantom = turn < part and len(self.phantoms) > 0
        source = _chosen(self.phantoms if of_phantom else self.anatomy, random)
        hu, mm = _zoomed(source, pixels, random)
        if is_mr:
            hu = magnetic.to_hu(magnetic.recoloured(hu, random))
        with_noise = 0.0 if of_phantom and not is_mr and second < UNTOUCHED_SHARE else 1.0
        kind = torch.tensor(MR if is_mr else CT)
        return _turned(hu, random), torch.tensor(mm), torch.tensor(with_noise), kind

    def _discs(self, hu: Tensor, kind: Tensor, random: torch.Generator) -> Tensor:
        if kind == MR or float(torch.rand((), generator=random)) >= INSERT_SHARE:
            return torch.zeros_like(hu)
        return faint_discs(hu, random)


def anatomy_of(folder: Path) -> list[Anatomy]:
    """The cleaned slices of a folder; sources weigh by the root of their number of slices, and
    those at native resolution, the sharpest, a half more.
    """
    found = []
    for source, slices in read_references(folder):
        is_native = source.name.startswith(("native_", "single_"))
        weight = float(np.sqrt(source.count)) * (1.5 if is_native else 1.0)
        found.append(Anatomy(slices, source.pixel_mm, weight))
    return found


def _chosen(sources: Sequence[Anatomy], random: torch.Generator) -> Anatomy:
    weights = torch.tensor([one.weight for one in sources])
    return sources[int(torch.multinomial(weights, 1, generator=random))]


def _zoomed(source: Anatomy, pixels: int, random: torch.Generator) -> tuple[Tensor, float]:
    """A crop (pixels, pixels) in HU at a random pixel size, and that size in mm."""
    coarse, place = torch.rand(2, generator=random).tolist()
    low, high = COARSE_MM if coarse < COARSE_SHARE else FINE_MM
    zoom = float(np.clip(source.pixel_mm / (low * (high / low) ** place), *ZOOM))
    image = source.slices[int(torch.randint(len(source.slices), (), generator=random))]
    side = min(round(pixels / zoom), *image.shape)
    crop = _with_body(image, side, EMPTY_HU * UNITS_PER_HU, random) / UNITS_PER_HU
    if side == pixels:
        return crop, source.pixel_mm
    resized = F.interpolate(
        crop[None, None], (pixels, pixels), mode="bicubic", antialias=True, align_corners=False
    )
    return resized[0, 0], source.pixel_mm * side / pixels


def _scaled_crop(images: Sequence[np.ndarray], pixels: int, random: torch.Generator) -> Tensor:
    image = images[int(torch.randint(len(images), (), generator=random))]
    return _with_body(image, min(pixels, *image.shape), 0.1, random)


def _with_body(image: np.ndarray, side: int, empty: float, random: torch.Generator) -> Tensor:
    """A square of an image that holds some body; after eight tries any square will do."""
    for _ in range(TRIES):
        row, column = (
            int(torch.randint(size - side + 1, (), generator=random)) for size in image.shape
        )
        crop = image[row : row + side, column : column + side]
        if np.percentile(crop[::4, ::4], 90) > empty:
            break
    return torch.from_numpy(np.array(crop, dtype=np.float32))


def _turned(image: Tensor, random: torch.Generator) -> Tensor:
    """With a random quarter turn and flip."""
    turns, flip = torch.randint(8, (2,), generator=random).tolist()
    image = torch.rot90(image, turns % 4)
    return image.flip(1) if flip % 2 else image
