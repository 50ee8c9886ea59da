"""A denoiser that reads the slices beside one, too: part of `python -m training three`.

It goes on from the shipped weights, whose encoder gets four more channels that begin at zero, or
begins afresh; a denoiser of one slice does the same on the same crops for the same steps, so that
what differs is what neighbours tell. The crops are three neighbouring slices of a thin training
series without their noise, with spheres, each cut by every slice where it is, and noise that goes
on from slice to slice as scanners' does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.model.joint_model import JointModel
from jrviewer.model.network import Denoised, JointNet
from jrviewer.model.network_input import CT, see
from training.data.real_noise.native import NativeSeries
from training.data.real_noise.spectra import Fields, draw_noise
from training.evaluate.real_noise.series import usable
from training.experiments.denoisers.networks import Convolutional
from training.experiments.equal_cost import Course, Run, batch_generator
from training.fit.losses import denoising_loss

ONE, THREE = "one, trained on", "network of three"
CROPS, CROP_PIXELS = 4, 96
LEARNING_RATE, FRESH_LEARNING_RATE, WARM_UP = 1e-3, 2e-3, 50
SPREAD_HU = 5.0
THIN_MM = 3.0  # between slices: beyond it neighbours show other tissue
CORRELATION = 0.5  # of neighbouring noise at most; native series have 0.05 to 0.45
SPHERES = 3  # in a crop
DIAMETERS_MM, CONTRAST_HU = (3.0, 14.0), 60.0

Three = tuple[FloatArray, FloatArray, FloatArray]


class Neighbours(Convolutional):
    """Ours with the values and the fine detail of the slices below and above.

    Slices (B, 3, H, W) in HU, feet to head; what comes out is the middle one.
    """

    def __init__(self) -> None:
        super().__init__(extra=4)

    def loss(self, noisy: Tensor, clean: Tensor, kind: Tensor, _: torch.Generator) -> Tensor:
        """What a step minimises."""
        return denoising_loss(self._denoised(noisy, kind), noisy[:, 1:2], clean, SPREAD_HU)

    def denoise(self, hu: Tensor, kind: float | Tensor) -> Tensor:
        """The middle slices (B, 1, H, W) without their noise."""
        return self._denoised(hu, kind).hu

    def _denoised(self, hu: Tensor, kind: float | Tensor) -> Denoised:
        below, middle, above = (see(hu[:, index : index + 1], kind) for index in range(3))
        return self.estimate(torch.cat([middle, below[:, :2], above[:, :2]], dim=1), hu[:, 1:2])


class Alone(Convolutional):
    """Ours, which is given three slices and reads the middle one."""

    def loss(self, noisy: Tensor, clean: Tensor, kind: Tensor, random: torch.Generator) -> Tensor:
        """What a step minimises."""
        return super().loss(noisy[:, 1:2], clean, kind, random)

    def denoise(self, hu: Tensor, kind: float | Tensor) -> Tensor:
        """The middle slices (B, 1, H, W) without their noise."""
        return super().denoise(hu[:, 1:2], kind)


def started(net: Convolutional, shipped: JointNet) -> Convolutional:
    """With the shipped weights; what the shipped network does not read counts nothing at first."""
    stem = shipped.encoder.stem.weight
    weights = shipped.encoder.state_dict()
    weights["stem.weight"] = torch.zeros_like(net.encoder.stem.weight)
    weights["stem.weight"][:, : stem.shape[1]] = stem
    net.encoder.load_state_dict(weights)
    net.head.load_state_dict(shipped.denoising.state_dict())
    return net


@dataclass(frozen=True, slots=True, eq=False)
class Triples:
    """Thin series without their noise, and the noise for them."""

    series: Sequence[NativeSeries]
    fields: Fields

    @classmethod
    def of(cls, series: Sequence[NativeSeries], model: JointModel, fields: Fields) -> "Triples":
        """Of native series, cleaned slice by slice by the shipped denoiser."""
        return cls([cleaned(one, model) for one in series if one.step_mm <= THIN_MM], fields)

    def draw(self, seed: int, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """Noisy crops (B, 3, H, W) and their clean middles (B, 1, H, W) in HU, and their kinds."""
        random = batch_generator(seed, step)
        drawn = [self._crop(random) for _ in range(CROPS)]
        clean = torch.stack([one for one, _ in drawn])
        mm = torch.tensor([one for _, one in drawn])
        noisy = clean + going_on(draw_noise(2 * CROP_PIXELS, mm, self.fields, random), random)
        return noisy, clean[:, 1:2], torch.full((CROPS,), CT)

    def _crop(self, random: torch.Generator) -> tuple[Tensor, float]:
        """Three slices (3, H, W) in HU with spheres, a step or several apart, and a pixel's mm."""
        one = self.series[int(torch.randint(len(self.series), (), generator=random))]
        apart = int(torch.randint(1, 1 + max(1, int(THIN_MM / one.step_mm)), (), generator=random))
        middle = int(torch.randint(apart, len(one.slices) - apart, (), generator=random))
        row, column = (
            int(torch.randint(side - CROP_PIXELS, (), generator=random))
            for side in one.slices[0].shape
        )
        area = np.s_[row : row + CROP_PIXELS, column : column + CROP_PIXELS]
        numbers = (middle - apart, middle, middle + apart)
        crop = torch.stack([torch.from_numpy(one.slices[number][area]) for number in numbers])
        crop = crop + spheres(one.pixel_mm, apart * one.step_mm, random)
        turns, flip, head = torch.randint(4, (3,), generator=random).tolist()
        crop = torch.rot90(crop, turns, (1, 2))
        crop = crop.flip(2) if flip % 2 else crop
        return (crop.flip(0) if head % 2 else crop), one.pixel_mm


def cleaned(series: NativeSeries, model: JointModel) -> NativeSeries:
    """The series without what the denoiser takes for noise."""
    slices = tuple(model.denoise(usable(one, "HU"), "HU") for one in series.slices)
    return replace(series, slices=slices)


def going_on(noise: Tensor, random: torch.Generator) -> Tensor:
    """Noise of three slices (B, 3, H, W) from fields of twice their size (B, 2 H, 2 W), whose
    quarters share a spectrum: each slice is a mean of two of them, its neighbour has one of the
    same.
    """
    side = noise.shape[1] // 2
    first, second, third, fourth = (
        noise[:, row : row + side, column : column + side]
        for row in (0, side)
        for column in (0, side)
    )
    correlation = CORRELATION * torch.rand((len(noise), 1, 1), generator=random)
    angle = torch.asin(2 * correlation) / 2  # sin · cos of it is the correlation
    own, shared = torch.cos(angle), torch.sin(angle)
    pairs = ((first, second), (second, third), (third, fourth))
    return torch.stack([own * one + shared * following for one, following in pairs], dim=1)


def spheres(pixel_mm: float, step_mm: float, random: torch.Generator) -> Tensor:
    """What faint spheres add in HU to three slices (3, H, W), wherever their middles are."""
    rows, columns = torch.meshgrid(2 * [torch.arange(CROP_PIXELS) * pixel_mm], indexing="ij")
    heights = torch.tensor([-step_mm, 0.0, step_mm])[:, None, None]
    added = torch.zeros(3, CROP_PIXELS, CROP_PIXELS)
    for _ in range(SPHERES):
        row, column, height, size, contrast = torch.rand(5, generator=random).tolist()
        diameter = DIAMETERS_MM[0] + size * (DIAMETERS_MM[1] - DIAMETERS_MM[0])
        side = CROP_PIXELS * pixel_mm
        away = torch.hypot(rows - row * side, columns - column * side)
        away = torch.hypot(away, heights - (2 * height - 1) * diameter / 2)
        inside = ((diameter / 2 - away) / pixel_mm + 0.5).clamp(0, 1)
        added += (2 * contrast - 1) * CONTRAST_HU * inside
    return added


def both_trained(
    triples: Triples, shipped: JointNet | None, steps: int, out: Path, report: Report
) -> dict[str, Convolutional]:
    """The network of one slice and that of three after as many steps, by name; kept in `out`.
    Without shipped weights they begin afresh.
    """
    kinds: dict[str, type[Convolutional]] = {ONE: Alone, THREE: Neighbours}
    make = {name: partial(_start, kind, shipped) for name, kind in kinds.items()}
    rate = FRESH_LEARNING_RATE if shipped is None else LEARNING_RATE
    out.mkdir(parents=True, exist_ok=True)
    course = Course(make, triples.draw, (rate,), 0, WARM_UP, out, report)
    runs = {name: Run(name, 1, steps, (), rate) for name in make}
    return {name: cast(Convolutional, course.trained(run)[0]) for name, run in runs.items()}


def _start(kind: type[Convolutional], shipped: JointNet | None) -> Convolutional:
    return kind() if shipped is None else started(kind(), shipped)


def middle_of(net: Convolutional, three: Three) -> FloatArray:
    """The middle slice (rows, columns) in HU without its noise."""
    with torch.inference_mode():
        hu = torch.from_numpy(np.stack(three))[None]
        denoised: FloatArray = net.denoise(hu, CT)[0, 0].numpy()
    return denoised
