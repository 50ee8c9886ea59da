"""Training of the denoising peers: one small loop for all three, on the pool of noisy pairs.

The pool is what `training.noise_pool` writes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from jrviewer.geometry import FloatArray
from training.noise_pool import read_index
from training.peers import HU_SCALE, new_network

BATCH, PATCH = 16, 64
EMPTY_HU = -900.0
SPREAD_HU = 10.0  # added to a crop's noise: clean crops must not outweigh all others
BATCHES = {"bilateral": 4, "cnn10": BATCH, "redcnn": BATCH}  # 12 parameters need no more
RATES = {"bilateral": 1e-2, "cnn10": 1e-3, "redcnn": 3e-4}

Crops = Callable[[np.random.Generator], tuple[FloatArray, FloatArray]]
"""Draws one batch: noisy and clean HU, both (BATCH, PATCH, PATCH)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a peer may train: whichever ends first."""

    minutes: float
    steps: int | None = None


def train_peer(name: str, crops: Crops, budget: Budget, seed: int) -> tuple[nn.Module, int]:
    """A trained peer and its number of updates.

    The same relative squared error as ours, Adam, the rate falling as a cosine over the budget,
    convolutions in bfloat16 as ours are. Two runs with the same seed and the same number of
    steps, well within the minutes, agree.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = new_network(name)
    optimiser = torch.optim.Adam(network.parameters(), lr=RATES[name])
    started, done = time.monotonic(), 0
    while (share := _share(done, started, budget)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = RATES[name] * (0.5 + 0.5 * np.cos(np.pi * share))
        noisy, clean = (_tensor(batch[: BATCHES[name]]) for batch in crops(random))
        optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=name != "bilateral"):
            denoised = network(noisy)
        _relative_error(denoised.float(), noisy, clean).backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        done += 1
    return network.eval(), done


def _relative_error(denoised: Tensor, noisy: Tensor, clean: Tensor) -> Tensor:
    """Squared error relative to each crop's own noise: all doses count alike, as in PSNR."""
    noise = ((noisy - clean) ** 2).mean(dim=(1, 2, 3), keepdim=True)
    return ((denoised - clean) ** 2 / (noise + (SPREAD_HU / HU_SCALE) ** 2)).mean()


def pool_crops(pool: Path) -> Crops:
    """Batches of random crops of a pool of pairs, every size of image as likely as it is there.

    Flipped and turned by quarter turns, which noise and anatomy allow.
    """
    sizes = sorted({pair.size for pair in read_index(pool)})
    clean = [np.load(pool / f"clean_{size}.npy", mmap_mode="r") for size in sizes]
    noise = [np.load(pool / f"noise_{size}.npy", mmap_mode="r") for size in sizes]

    def crops(random: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        drawn = [_crop(random, clean, noise) for _ in range(BATCH)]
        return np.stack([noisy for noisy, _ in drawn]), np.stack([one for _, one in drawn])

    return crops


def _crop(
    random: np.random.Generator, clean: list[FloatArray], noise: list[FloatArray]
) -> tuple[FloatArray, FloatArray]:
    """One noisy and clean crop; an empty one, all air, is drawn again, up to five times."""
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


def _share(done: int, started: float, budget: Budget) -> float:
    """How much of the budget is spent. Steps rule the rate unless time runs out first."""
    minutes = (time.monotonic() - started) / 60
    if budget.steps is not None:
        return 1.0 if minutes >= budget.minutes else done / budget.steps
    return minutes / budget.minutes


def _tensor(batch: FloatArray) -> Tensor:
    return torch.from_numpy(batch.astype(np.float32))[:, None] / HU_SCALE
