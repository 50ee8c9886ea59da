"""Training of the denoising peers: one small loop for all three, on the pool of noisy pairs.

The pool is a folder of memory-maps made by the noise simulation; see `Pairs`.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from jrviewer.geometry import FloatArray
from training.peers import HU_SCALE, new_network

BATCH, PATCH = 16, 64
RATES = {"bilateral": 1e-2, "cnn10": 1e-3, "redcnn": 3e-4}

Crops = Callable[[np.random.Generator], tuple[FloatArray, FloatArray]]
"""Draws one batch: noisy and clean HU, both (BATCH, PATCH, PATCH)."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a peer may train: whichever ends first."""

    minutes: float
    steps: int = 1_000_000


def train_peer(name: str, crops: Crops, budget: Budget, seed: int) -> tuple[nn.Module, int]:
    """A trained peer and its number of updates.

    Mean squared error on HU, Adam, the rate falling as a cosine over the budget. Two runs with
    the same seed and the same number of steps, well within the minutes, agree.
    """
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    network = new_network(name)
    optimiser = torch.optim.Adam(network.parameters(), lr=RATES[name])
    started, done = time.monotonic(), 0
    while (share := _share(done, started, budget)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = RATES[name] * (0.5 + 0.5 * np.cos(np.pi * share))
        noisy, clean = (_tensor(batch) for batch in crops(random))
        optimiser.zero_grad()
        F.mse_loss(network(noisy), clean).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        done += 1
    return network.eval(), done


def _share(done: int, started: float, budget: Budget) -> float:
    """How much of the budget is spent. Steps rule the rate unless time runs out first."""
    minutes = (time.monotonic() - started) / 60
    if budget.steps < 1_000_000:
        return 1.0 if minutes >= budget.minutes else done / budget.steps
    return minutes / budget.minutes


def _tensor(batch: FloatArray) -> Tensor:
    return torch.from_numpy(batch.astype(np.float32))[:, None] / HU_SCALE
