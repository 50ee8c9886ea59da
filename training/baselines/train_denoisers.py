"""Training of the denoisers compared with: one small loop for all three.

They learn from the pool of noisy pairs that `training.data.noise_pool` writes, or from crops with
noise as scanners make it.
"""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from jrviewer.core.geometry import FloatArray
from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.load import channels_last
from training.baselines.denoisers import HU_SCALE, new_network
from training.data.noise_pool import read_index
from training.data.real_noise.real_pairs import RealPairs

BATCH, PATCH = 16, 64
SAVE_EVERY_SECONDS = 120.0
EMPTY_HU = -900.0
SPREAD_HU = 10.0  # added to a crop's noise, so that clean crops do not outweigh the others
BATCHES = {"bilateral": 4, "cnn10": BATCH, "redcnn": BATCH}  # enough for 12 parameters
RATES = {"bilateral": 1e-2, "cnn10": 1e-3, "redcnn": 3e-4}

Crops = Callable[[np.random.Generator], tuple[FloatArray, FloatArray]]
"""Draws one batch: noisy and clean HU, both (BATCH, PATCH, PATCH)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a peer may train: minutes or steps, whichever ends first."""

    minutes: float
    steps: int | None = None


class Training:
    """A peer in training, with all that is needed to resume."""

    def __init__(self, name: str, seed: int) -> None:
        torch.manual_seed(seed)
        self.name = name
        self.network = channels_last(new_network(name))
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=RATES[name])
        self.random = np.random.default_rng(seed)
        self.updates, self.seconds, self.processor_seconds = 0, 0.0, 0.0

    def update(self, crops: Crops, share: float) -> None:
        """One step; `share` is how much of the budget is spent."""
        for group in self.optimiser.param_groups:
            group["lr"] = RATES[self.name] * (0.5 + 0.5 * math.cos(math.pi * share))
        noisy, clean = (_tensor(batch[: BATCHES[self.name]]) for batch in crops(self.random))
        self.optimiser.zero_grad()
        half = self.name != "bilateral" and multiplies_bfloat16()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            denoised = self.network(noisy)
        _relative_error(denoised.float(), noisy, clean).backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.updates += 1

    def begin_with(self, weights: Path) -> None:
        """Start from a stored peer."""
        state = {name: value.float() for name, value in load_file(weights).items()}
        self.network.load_state_dict(state)

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "random": json.dumps(self.random.bit_generator.state),
            "updates": self.updates,
            "seconds": self.seconds,
            "processor_seconds": self.processor_seconds,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        torch.save(state, part)
        part.replace(path)

    def load(self, path: Path) -> None:
        """Resume from a checkpoint."""
        state = torch.load(path, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.random.bit_generator.state = json.loads(state["random"])
        self.updates, self.seconds = state["updates"], state["seconds"]
        self.processor_seconds = state["processor_seconds"]


def train_peer(
    name: str,
    crops: Crops,
    budget: Budget,
    seed: int,
    checkpoint: Path | None = None,
    start: Path | None = None,
) -> Training:
    """A trained peer.

    The same relative squared error as ours, Adam, a learning rate that falls along a cosine over
    the budget, convolutions in bfloat16 where the CPU has it, as ours. Two runs with the same seed
    and the same number of steps, well within the minutes, agree. Resumes from `checkpoint` where
    there is one, and counts its minutes; a new one begins with the weights of the file `start`.
    """
    training = Training(name, seed)
    if start is not None:
        training.begin_with(start)
    if checkpoint is not None and checkpoint.is_file():
        training.load(checkpoint)
    before, saved = time.monotonic() - training.seconds, time.monotonic()
    used_before = time.process_time() - training.processor_seconds
    while (share := _share(training, budget)) < 1:
        training.update(crops, share)
        training.seconds = time.monotonic() - before
        training.processor_seconds = time.process_time() - used_before
        if checkpoint is not None and time.monotonic() - saved > SAVE_EVERY_SECONDS:
            training.save(checkpoint)
            saved = time.monotonic()
    if checkpoint is not None:
        training.save(checkpoint)
    training.network.eval()
    return training


def _relative_error(denoised: Tensor, noisy: Tensor, clean: Tensor) -> Tensor:
    """Squared error relative to each crop's own noise: all doses have equal weight, as in PSNR."""
    noise = ((noisy - clean) ** 2).mean(dim=(1, 2, 3), keepdim=True)
    return ((denoised - clean) ** 2 / (noise + (SPREAD_HU / HU_SCALE) ** 2)).mean()


def pool_crops(pool: Path) -> Crops:
    """Batches of random crops from a pool of pairs; image sizes are drawn as often as they occur.

    Flipped and rotated by quarter turns, which noise and anatomy allow.
    """
    sizes = sorted({pair.size for pair in read_index(pool)})
    clean = [np.load(pool / f"clean_{size}.npy", mmap_mode="r") for size in sizes]
    noise = [np.load(pool / f"noise_{size}.npy", mmap_mode="r") for size in sizes]

    def crops(random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        drawn = [_crop(random, clean, noise) for _ in range(BATCH)]
        return np.stack([noisy for noisy, _ in drawn]), np.stack([one for _, one in drawn])

    return crops


def real_crops(pairs: RealPairs) -> Crops:
    """Batches of crops with noise as scanners make it, the same that ours learns CT from."""
    ct = replace(pairs, mr=())

    def crops(random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        generator = torch.Generator().manual_seed(int(random.integers(2**62)))
        clean, noisy, _, _ = ct.draw(BATCH, PATCH, generator)
        return noisy[:, 0].numpy(), clean[:, 0].numpy()

    return crops


def _crop(
    random: np.random.Generator, clean: list[FloatArray], noise: list[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """One noisy and clean crop; an empty one (all air) is redrawn up to five times."""
    for _ in range(5):
        which = int(random.integers(len(clean)))
        index, side = int(random.integers(len(clean[which]))), clean[which].shape[-1] - PATCH
        row, column = (int(i) for i in random.integers(0, side + 1, 2))
        part = (index, slice(row, row + PATCH), slice(column, column + PATCH))
        image = clean[which][part].astype(np.float32)
        if image.mean() > EMPTY_HU:
            break
    noisy = image + noise[which][part].astype(np.float32)
    turns, flip = int(random.integers(4)), bool(random.integers(2))
    return _turned(noisy, turns, flip=flip), _turned(image, turns, flip=flip)


def _turned(image: FloatArray, turns: int, *, flip: bool) -> FloatArray:
    turned: FloatArray = np.rot90(image, turns)
    return turned[:, ::-1] if flip else turned


def _share(training: Training, budget: Budget) -> float:
    """How much of the budget is spent. Steps set the learning rate unless time runs out first."""
    share = training.seconds / 60 / budget.minutes
    if budget.steps is not None:
        return 1.0 if share >= 1 else training.updates / budget.steps
    return share


def _tensor(batch: FloatArray) -> Tensor:
    return torch.from_numpy(batch.astype(np.float32))[:, None] / HU_SCALE
