"""Trains the joint model: every step one batch of noisy slices and one of canonical images.

Progress with the remaining time on stderr, TensorBoard logs, checkpoints that `--resume` goes on
from, and a clean stop on Ctrl-C. Every step draws from a generator seeded by its own number, so
that a run that was stopped and resumed equals one that was not.
"""

import math
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.load import channels_last
from jrviewer.model.network import Denoised, JointNet
from training.data.augment import augment
from training.data.pools import Pairs, Views
from training.data.real_noise.real_pairs import RealPairs
from training.fit.losses import contrast_loss, denoising_loss, sigma_loss, surface_loss
from training.fit.origin import origin
from training.fit.warm_start import earlier_state
from training.fit.weight_averaging import RunningMean
from training.preset import Cycle, Precision, Preset

Crops = Pairs | RealPairs
CHECKPOINT = "last.ckpt"
SAVE_EVERY_SECONDS = 120.0
WARM_UP_STEPS = 200
FAINTEST_HU = 1.0  # a disc that fell into air adds nothing


def fit(
    preset: Preset,
    pairs: Crops,
    views: Views,
    out: Path,
    *,
    minutes: float = math.inf,
    resume: bool = False,
    devices: int = 1,
    quiet: bool = False,
    losses: "Losses | None" = None,
    start: Path | None = None,
) -> Path:
    """Train to the preset's last step, or until the minutes are up; the path of the checkpoint.

    `losses` stands in for the terms of the joint model, where another question is asked. A new run
    begins with the weights of the file `start`.
    """
    out.mkdir(parents=True, exist_ok=True)
    # A part that a cycle leaves as it is has no gradients that processes could wait for.
    leaves = devices > 1 and preset.leaves_parts
    fabric = Fabric(
        accelerator="auto",
        strategy="ddp_find_unused_parameters_true" if leaves else "auto",
        devices=devices,
        precision=_worth_it(preset.precision),
    )
    fabric.launch()
    run = Run(fabric, preset, out, losses)
    if resume and (out / CHECKPOINT).is_file():
        run.load()
    elif start is not None:
        run.begin_with(start)
    quiet = quiet or not fabric.is_global_zero
    with _interruptible(run), _log(run) as log, _bar(run, quiet=quiet) as bar:
        run.train(pairs, views, log, bar, deadline=time.monotonic() + minutes * 60)
    run.save()
    if run.interrupted:
        raise KeyboardInterrupt
    return out / CHECKPOINT


def _worth_it(precision: Precision) -> Precision:
    """The preset's precision, or single where this computer would only imitate bfloat16."""
    able = torch.cuda.is_available() or multiplies_bfloat16()
    return precision if able else "32-true"


class Run:
    """The state that a checkpoint holds."""

    def __init__(
        self, fabric: Fabric, preset: Preset, out: Path, losses: "Losses | None" = None
    ) -> None:
        self.losses = losses or Run._losses
        torch.manual_seed(preset.seed)
        self.fabric, self.preset, self.out = fabric, preset, out
        net = channels_last(JointNet(preset.model))
        net.slow_pixels = preset.slow_pixels
        optimizer = torch.optim.AdamW(
            net.parameters(), lr=0.0, betas=(0.9, 0.99), weight_decay=1e-4, fused=True
        )
        self.net, self.optimizer = fabric.setup(net, optimizer)
        self.mean = RunningMean(self.net.module, preset.average)
        self.generator = torch.Generator()
        self.step = 0
        self.interrupted = False
        self.origin = origin(None)

    def train(
        self, pairs: Crops, views: Views, log: SummaryWriter | None, bar: tqdm, deadline: float
    ) -> None:
        """Steps until the preset is done or the deadline has passed."""
        saved = time.monotonic()
        while self.step < self.preset.steps and not self._stopped(deadline):
            terms = self._update(pairs, views)
            self.step += 1
            bar.update()
            if self.step % 20 == 0:
                _write(log, self._of_all(terms), self.step, bar)
            if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                self.save()
                saved = time.monotonic()

    def _of_all(self, terms: dict[str, Tensor]) -> dict[str, Tensor]:
        """Means over the processes."""
        reduced = self.fabric.all_reduce(torch.stack([*terms.values()]).detach())
        return dict(zip(terms, torch.as_tensor(reduced), strict=True))

    def _stopped(self, deadline: float) -> bool:
        """Whether the time is up or Ctrl-C was pressed, in any process: who stepped on alone would
        wait for the others' gradients for ever.
        """
        stops = torch.tensor([float(self.interrupted), float(time.monotonic() >= deadline)])
        interrupted, late = self.fabric.all_reduce(stops.to(self.fabric.device), reduce_op="sum")
        self.interrupted = bool(interrupted)
        return bool(interrupted or late)

    def _update(self, pairs: Crops, views: Views) -> dict[str, Tensor]:
        cycle, done = self.preset.cycle_at(self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = cycle.learning_rate * _schedule(done, cycle.steps)
        for name, part in self.net.module.named_children():
            part.requires_grad_(name in cycle.learns)
        terms = self.losses(self, pairs, views)
        weights = {
            "denoising": 1.0,
            "contrast": cycle.contrast_weight,
            "surface": self.preset.cloud_weight,
            "sigma": self.preset.sigma_weight,
        }
        total = torch.stack([weights[name] * term for name, term in terms.items()]).sum()
        self.fabric.backward(total)
        self.fabric.clip_gradients(self.net, self.optimizer, max_norm=1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.mean.update(self.net.module, cycle.learns)
        return terms

    def _losses(self, pairs: Crops, views: Views) -> dict[str, Tensor]:
        preset, generator = self.preset, self.generator
        generator.manual_seed(preset.seed * 1_000_003 + self.step)
        torch.manual_seed(preset.seed * 1_000_003 + self.step)  # for the draws of cells
        cycle, _ = preset.cycle_at(self.step)
        with_contrast = cycle.contrast_weight > 0
        clean, noisy, discs, kind = self._own(
            *pairs.draw(cycle.crops, preset.crop_pixels, generator)
        )
        has_views = cycle.views_every and self.step % cycle.views_every == 0
        images, *truth = self._own(*self._views(views, cycle)) if has_views else (None,)
        # Where the contrast of discs counts, the same crops without them are denoised as well.
        twins = discs.abs().amax(dim=(1, 2, 3)) > (FAINTEST_HU if with_contrast else math.inf)
        both = torch.cat([noisy, (noisy - discs)[twins]])
        denoised, surfaces = self.net(both, torch.cat([kind, kind[twins]]), images)
        hu, log_variance = (part[: len(noisy)] for part in denoised)
        found = Denoised(hu, log_variance)
        terms = {"denoising": denoising_loss(found, noisy, clean, preset.spread_hu)}
        if surfaces is not None:
            points, labels, z_range = truth
            terms["surface"] = surface_loss(surfaces, points, labels, z_range)
            terms["sigma"] = sigma_loss(surfaces, points, z_range)
        if with_contrast:
            kept = hu[twins] - denoised.hu[len(noisy) :]
            terms["contrast"] = contrast_loss(kept, discs[twins])
        return terms

    def _views(self, views: Views, cycle: Cycle) -> tuple[Tensor, ...]:
        """Augmented canonical images, their points, labels and z_range."""
        images, points, labels, z_range = views.draw(
            cycle.views, self.preset.points, cycle.share, self.generator
        )
        images, points, z_range = augment(images, points, z_range, self.generator)
        return images, points, labels, z_range

    def _own(self, *batch: Tensor) -> list[Tensor]:
        """This process's share. All draw the same batch, so that their number changes no result."""
        rank, world = self.fabric.global_rank, self.fabric.world_size
        return [part[rank::world].to(self.fabric.device) for part in batch]

    def save(self) -> None:
        """Write the checkpoint whole or not at all; one process writes for all."""
        if not self.fabric.is_global_zero:
            return
        state = {
            "net": self.net.module.state_dict(),
            **self.mean.state(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "preset": asdict(self.preset),
            **self.origin,
        }
        part = self.out / (CHECKPOINT + ".part")
        torch.save(state, part)
        part.replace(self.out / CHECKPOINT)

    def begin_with(self, weights: Path) -> None:
        """Start from an earlier network's weights."""
        self.origin = origin(weights)
        _, state = earlier_state(weights)
        for module in (self.net.module, self.mean.module):
            module.load_state_dict(state)

    def load(self) -> None:
        """Go on where the checkpoint stands."""
        state = torch.load(self.out / CHECKPOINT, weights_only=True)
        self.net.module.load_state_dict(state["net"])
        self.mean.load(state["average"], state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self.origin["began_with"] = state.get("began_with", "")  # absent in older checkpoints


Losses = Callable[[Run, Any, Views], dict[str, Tensor]]
"""What a step minimises: the terms "denoising", "surface" and "sigma", each a single number, and
"contrast" where it counts."""


def _schedule(step: int, steps: int) -> float:
    """Share of the learning rate: in every cycle a short linear rise, then a cosine to a hundredth.

    It starts anew with each (Loshchilov & Hutter 2017): a run that turns out too short is gone on
    with, and its first cycle's weights remain what they were.
    """
    if step < WARM_UP_STEPS:
        return (step + 1) / WARM_UP_STEPS
    done = (step - WARM_UP_STEPS) / max(steps - WARM_UP_STEPS, 1)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(done, 1.0)))


def _write(log: SummaryWriter | None, terms: dict[str, Tensor], step: int, bar: tqdm) -> None:
    if log is not None:
        for name, value in terms.items():
            log.add_scalar(f"loss/{name}", value.item(), step)
    bar.set_postfix({name: f"{value.item():.3f}" for name, value in terms.items()}, refresh=False)


@contextmanager
def _interruptible(run: Run) -> Iterator[None]:
    """Ctrl-C ends the step that it falls into; a second one ends the process at once."""

    def stop(*_: object) -> None:
        run.interrupted = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _log(run: Run) -> Iterator[SummaryWriter | None]:
    """The learning curves; one process writes for all."""
    if not run.fabric.is_global_zero:
        yield None
        return
    log = SummaryWriter(str(run.out / "log"))
    try:
        yield log
    finally:
        log.close()


def _bar(run: Run, *, quiet: bool) -> tqdm:
    """Progress with the time that remains, on stderr and only where someone looks."""
    return tqdm(
        total=run.preset.steps, initial=run.step, unit="step", disable=True if quiet else None
    )
