"""The arms of "joint or sequential": what each trains, on which images of the same bodies.

All arms of a seed draw the same crops, views, noise and deformations in the same step, so that arms
differ in their task and in nothing else. Sigma is not trained: it moves no point.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from jrviewer.core.errors import JRViewerError
from jrviewer.imaging.body_masks import OUTSIDE_HU
from jrviewer.model import cpu_tuning
from jrviewer.model.load import channels_last
from jrviewer.model.network import Config, JointNet
from jrviewer.model.network_input import CT
from training.data.augment import augment
from training.data.pools import Pairs, Views
from training.fit.fit import CHECKPOINT, Run, fit
from training.fit.losses import denoising_loss, surface_loss
from training.preset import Preset
from training.release.checkpoint import state_of_run

Images = Literal["none", "clean", "noisy", "denoised"]

NOISE_SIDE = 256  # fields of 1.75 mm a pixel or so: their 2 × 2 means are canonical pixels
OTHER_STREAM = 7_919  # between the seeds of crops and views, which keeps them independent


@dataclass(frozen=True, slots=True)
class Arm:
    """What is trained: the denoising half, the cloud half on some images, or both."""

    denoising: bool
    images: Images  # of the cloud half; "none": it is not trained
    is_joint: bool = False  # one encoder for both halves
    denoised_by: str = ""  # the arm, trained before, whose frozen denoiser makes the images


ARMS: Mapping[str, Arm] = {
    "denoiser": Arm(denoising=True, images="none"),
    "s1": Arm(denoising=False, images="noisy"),
    "s2": Arm(denoising=False, images="denoised", denoised_by="denoiser"),
    "s3": Arm(denoising=False, images="clean"),
    "joint": Arm(denoising=True, images="clean", is_joint=True),
    "joint_denoised": Arm(denoising=True, images="denoised", is_joint=True),
}
"""In the order of training. `joint` is how the shipped network learns, `joint_denoised` sees what
its own denoising half makes of noisy images meanwhile.
"""


def narrowed(config: Config) -> Config:
    """The sizes of a sequential pair with as many parameters as the joint network of `config`.

    The pair needs a second encoder; the context of its cloud half, cheap in multiply-adds and rich
    in parameters, is narrowed to compensate.
    """
    wanted = sum(parameters(JointNet(config)).values())

    def excess(width: int) -> int:
        sizes = parameters(JointNet(replace(config, context_width=width)))
        return abs(sum(sizes.values()) + sizes["encoder"] - wanted)

    return replace(config, context_width=min(range(8, config.context_width + 1, 2), key=excess))


def parameters(net: JointNet) -> dict[str, int]:
    """Number of parameters in each part of a network."""
    return {name: sum(p.numel() for p in part.parameters()) for name, part in net.named_children()}


def train(name: str, preset: Preset, pairs: Pairs, views: Views, out: Path) -> JointNet:
    """The network of an arm, trained in `out`/NAME or loaded from there. Raises JRViewerError if a
    run with other settings is there.
    """
    arm = ARMS[name]
    model = preset.model if arm.is_joint else narrowed(preset.model)
    preset = replace(preset, name=f"{preset.name} {name}", model=model)
    folder = out / name
    if (folder / CHECKPOINT).is_file():
        state = state_of_run(folder)
        if state["preset"] != asdict(preset):
            raise JRViewerError("The folder holds runs with other settings: choose another --out.")
        if state["step"] == preset.steps:
            return trained(folder)
    frozen = trained(out / arm.denoised_by) if arm.denoised_by else None
    fit(preset, pairs, views, folder, resume=True, losses=_Halves(arm, frozen))
    return trained(folder)


def trained(run: Path) -> JointNet:
    """The averaged weights of a run, frozen."""
    state = state_of_run(run)
    net = JointNet(Config.from_values(state["preset"]["model"]))
    net.load_state_dict(state["average"])
    return channels_last(net.eval().requires_grad_(requires_grad=False))


@dataclass(frozen=True, slots=True)
class _Halves:
    """The losses of an arm, in place of the joint model's."""

    arm: Arm
    frozen: JointNet | None

    def __call__(self, run: Run, pairs: Pairs, views: Views) -> dict[str, Tensor]:
        nothing = torch.zeros(())
        terms = {"denoising": nothing, "surface": nothing, "sigma": nothing}
        if self.arm.denoising:
            terms["denoising"] = _denoising(run, pairs)
        if self.arm.images != "none":
            terms["surface"] = self._surface(run, pairs, views)
        return terms

    def _surface(self, run: Run, pairs: Pairs, views: Views) -> Tensor:
        generator = _seeded(run, OTHER_STREAM)
        cycle, _ = run.preset.cycle_at(run.step)
        images, points, labels, z_range = views.draw(
            cycle.views, run.preset.points, cycle.share, generator
        )
        noise = noise_fields(pairs, cycle.views, generator)
        net: JointNet = run.net.module
        with run.fabric.autocast():
            images = seen_images(images, noise, self.arm.images, self.frozen or net)
        images, points, z_range = augment(images, points, z_range, generator)
        with run.fabric.autocast():
            surfaces = net.surfaces(images)
        return surface_loss(surfaces, points, labels, z_range)


def _denoising(run: Run, pairs: Pairs) -> Tensor:
    cycle, _ = run.preset.cycle_at(run.step)
    clean, noisy, _, kind = pairs.draw(cycle.crops, run.preset.crop_pixels, _seeded(run, 0))
    with run.fabric.autocast():
        denoised = run.net.module.denoise(noisy, kind)
    return denoising_loss(denoised, noisy, clean)


def _seeded(run: Run, stream: int) -> torch.Generator:
    """A step's own generator, the same in every arm."""
    seed = (run.preset.seed + stream) * 1_000_003 + run.step
    return torch.Generator().manual_seed(seed)


def noise_fields(pairs: Pairs, count: int, generator: torch.Generator) -> Tensor:
    """Low-dose noise (B, 1, 256, 256) in HU of slices drawn at random, as strong as in the pool or
    up to √2 times weaker or stronger.
    """
    pools = [(noise, rows) for _, noise, rows in pairs.arrays if noise.shape[-1] == NOISE_SIDE]
    fields = []
    for _ in range(count):
        which, row, strength = torch.rand(3, generator=generator).tolist()
        noise, rows = pools[int(which * len(pools))]
        field = np.array(noise[int(row * rows)], dtype=np.float32)
        fields.append(torch.from_numpy(field)[None] * 2 ** (strength - 0.5))
    return torch.stack(fields)


@torch.no_grad()
def seen_images(clean: Tensor, noise: Tensor, images: Images, denoiser: JointNet) -> Tensor:
    """The images that a cloud half gets in place of clean canonical images (B, 1, 128, 128).

    Made as in the app: noise and denoising at the finer grid of a scanner's slice, then 2 × 2
    means. Only the error is averaged, so that no kind of image is blurred more than another.
    """
    if images == "clean":
        return clean
    fine = F.interpolate(clean, scale_factor=2, mode="bilinear", align_corners=False)
    changed = fine + noise
    if images == "denoised":
        changed = cpu_tuning.run(denoiser, None, changed, CT)
    return (clean + F.avg_pool2d(changed - fine, 2)).clamp(min=OUTSIDE_HU)
