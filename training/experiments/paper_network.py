"""The paper's two-branch network, its loss and its optimiser, as far as the paper states them.

What it leaves open is chosen here and kept small: the number and width of the convolutions, and the
pooling before the linear layer (without it that layer would have 0.8 billion weights).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor, nn

from jrviewer.core.progress import Report

POINTS = 1000
SIZE = 128
WIDTH = 16
POOLED = 8
DROPOUT = 0.3
LEARNING_RATE = 1e-5
ACCUMULATED = 4  # batches of one sample

Terms = dict[str, Tensor]
Curves = dict[str, list[float]]


class Features(nn.Sequential):
    """The intermediate features that both branches share: (1, 1, 128, 128) → (1, 16, 128, 128)."""

    def __init__(self) -> None:
        super().__init__(*_convolution(1, WIDTH), *_convolution(WIDTH, WIDTH))


class DenoisingBranch(nn.Sequential):
    """Features → image (1, 1, 128, 128): convolutions, batch norm, dropout 0.3."""

    def __init__(self) -> None:
        super().__init__(
            *_convolution(WIDTH, WIDTH), nn.Dropout(DROPOUT), nn.Conv2d(WIDTH, 1, 3, padding=1)
        )


class ReconstructionBranch(nn.Module):
    """Features → points (1, 1000, 3): one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(POOLED)
        self.linear = nn.Linear(WIDTH * POOLED**2, POINTS * 3)

    def forward(self, features: Tensor) -> Tensor:
        """Points (B, 1000, 3) of features (B, 16, 128, 128)."""
        return self.linear(self.pool(features).flatten(1)).view(-1, POINTS, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Slices (S, 1, 128, 128) in [0, 1], with noise and without, and true points (S, 1000, 3)."""

    noisy: Tensor
    clean: Tensor
    points: Tensor

    def __len__(self) -> int:
        return len(self.clean)

    def chosen(self, rows: Tensor) -> Self:
        """A subset of the samples, by rows."""
        return replace(
            self, noisy=self.noisy[rows], clean=self.clean[rows], points=self.points[rows]
        )


class Denoiser(nn.Module):
    """The first half of the sequential baseline."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.denoise = Features(), DenoisingBranch()

    def forward(self, noisy: Tensor) -> Tensor:
        """Denoised slices (B, 1, 128, 128)."""
        return self.denoise(self.features(noisy))

    def terms(self, samples: Samples) -> Terms:
        """Mean squared error."""
        return {"mse": nn.functional.mse_loss(self(samples.noisy), samples.clean)}


class Reconstructor(nn.Module):
    """The second half of the sequential baseline, which gets the output of the trained denoiser."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.reconstruct = Features(), ReconstructionBranch()

    def forward(self, slices: Tensor) -> Tensor:
        """Points (B, 1000, 3)."""
        return self.reconstruct(self.features(slices))

    def terms(self, samples: Samples) -> Terms:
        """Squared Chamfer distance; `noisy` must hold the denoised slices."""
        return {"chamfer": chamfer(self(samples.noisy), samples.points)[1].mean()}


class Joint(nn.Module):
    """Both branches on one set of features."""

    def __init__(self) -> None:
        super().__init__()
        self.features = Features()
        self.denoise, self.reconstruct = DenoisingBranch(), ReconstructionBranch()

    def forward(self, noisy: Tensor) -> tuple[Tensor, Tensor]:
        """Denoised slices (B, 1, 128, 128) and points (B, 1000, 3)."""
        features = self.features(noisy)
        return self.denoise(features), self.reconstruct(features)

    def terms(self, samples: Samples) -> Terms:
        """Mean squared error and squared Chamfer distance; the loss is their sum: both λ = 1."""
        denoised, points = self(samples.noisy)
        return {
            "mse": nn.functional.mse_loss(denoised, samples.clean),
            "chamfer": chamfer(points, samples.points)[1].mean(),
        }


Network = Denoiser | Reconstructor | Joint


def chamfer(predicted: Tensor, true: Tensor) -> tuple[Tensor, Tensor]:
    """Both definitions of the Chamfer distance between clouds (B, N, 3) and (B, M, 3), each (B,).

    First the mean of the two mean nearest distances ("L1"), then the sum of the two mean squared
    nearest distances, which most implementations minimise.
    """
    there = _to_nearest(predicted, true)
    back = _to_nearest(true, predicted)
    plain = (there.norm(dim=2).mean(dim=1) + back.norm(dim=2).mean(dim=1)) / 2
    return plain, (there**2).sum(dim=2).mean(dim=1) + (back**2).sum(dim=2).mean(dim=1)


def _to_nearest(points: Tensor, others: Tensor) -> Tensor:
    """Vectors (B, N, 3) from each point to the nearest of the others (B, M, 3)."""
    with torch.no_grad():  # which one is nearest has no gradient, and a million distances cost
        nearest = torch.cdist(points, others).argmin(dim=2)
    return others.gather(1, nearest[..., None].expand_as(points)) - points


def train(
    network: Network,
    samples: Samples,
    epochs: int,
    seed: int,
    after_epoch: Callable[[float], None],
) -> None:
    """Adam at 1e-5, one sample at a time, a step for every four; `after_epoch` gets the mean loss.

    The network is in evaluation mode during `after_epoch` and at the end.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    torch.manual_seed(seed)  # of the dropout and the order
    for _ in range(epochs):
        network.train()
        total = 0.0
        order = torch.randperm(len(samples))
        for group in order.split(ACCUMULATED):
            for row in group:
                loss = torch.stack([*network.terms(samples.chosen(row[None])).values()]).sum()
                (loss / len(group)).backward()
                total += loss.item()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        network.eval()
        after_epoch(total / len(samples))


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """The training of one seed's networks, whose learning curves it keeps by name."""

    seed: int
    epochs: int
    training: Tensor
    validation: Tensor
    report: Report
    curves: dict[str, Curves] = field(default_factory=dict)

    def train(self, name: str, network: Network, samples: Samples) -> None:
        """Train a network on the training rows of some samples, watched on the validation rows."""
        held_out = samples.chosen(self.validation)
        own = self.curves[name] = {}

        def after_epoch(loss: float) -> None:
            terms: dict[str, float] = {}
            if len(held_out):
                with torch.inference_mode():
                    terms = {key: term.item() for key, term in network.terms(held_out).items()}
            for key, value in {"training": loss, **terms}.items():
                own.setdefault(key, []).append(value)
            done, all_ = len(own["training"]), self.epochs
            self.report(done / all_, f"Seed {self.seed}, {name}: epoch {done} of {all_}")

        train(network, samples.chosen(self.training), self.epochs, self.seed, after_epoch)


def parameters(*networks: nn.Module) -> int:
    """Number of learnt parameters."""
    return sum(value.numel() for network in networks for value in network.parameters())


def _convolution(from_width: int, to_width: int) -> list[nn.Module]:
    return [nn.Conv2d(from_width, to_width, 3, padding=1), nn.BatchNorm2d(to_width), nn.ReLU()]
