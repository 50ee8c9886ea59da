"""`python -m training paper`: the protocol of "Joint Denoising and 3D Point Cloud Reconstruction
from Single Medical Images" on our phantoms; one table beside the paper's own numbers, and figures.

The paper's data were synthetic slices with added noise and are not published; here they are slices
of phantoms whose surfaces are known. It does not define its Chamfer distance, so both definitions
are given. None of its numbers judges the shipped model; `evaluate` does.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import torch
from torch import Tensor

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.core.progress import Report
from jrviewer.imaging import metrics
from training.console import add_seeds, progress
from training.experiments.paper_figures import Example, write_figures
from training.experiments.paper_network import (
    ACCUMULATED,
    DROPOUT,
    LEARNING_RATE,
    POINTS,
    SIZE,
    Curves,
    Denoiser,
    Joint,
    Reconstructor,
    Samples,
    Watched,
    chamfer,
    parameters,
)
from training.experiments.paper_table import PAPER, markdown
from training.phantoms import make_phantom

NOISE = 0.32  # of the slices in [0, 1]: an input of about 10 dB, as the paper's table says
PIXEL_MM = 2 * BOX_HALF_WIDTH_MM / SIZE
HU_RANGE = (-1000.0, 1000.0)  # is [0, 1]
FIRST_PHANTOM = 2_000_000  # other bodies than those of the pools
PARTS = (0.7, 0.2, 0.1)
Scores = dict[str, float]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is trained. A slice costs 0.040 s an epoch for all three networks on two cores, and
    0.069 s on one: the 140 of 200 that train take 14 or 24 minutes for 50 epochs of 3 seeds. Making
    and validating them takes a few minutes more.
    """

    slices: int = 200
    epochs: int = 50
    half_depth_mm: float = BOX_HALF_DEPTH_MM


QUICK = Extent(slices=10, epochs=2, half_depth_mm=12.0)


@dataclass(frozen=True, slots=True, eq=False)
class Bodies:
    """Slices (S, 1, 128, 128) in [0, 1], and two independent draws (S, 1000, 3) of surfaces;
    `parts` are the rows for training, validation and test, else the seed draws them.
    """

    clean: Tensor
    points: Tensor
    again: Tensor
    parts: tuple[Tensor, Tensor, Tensor] | None = None
    source: str = "our phantoms"

    def split(self, seed: int) -> tuple[Tensor, Tensor, Tensor]:
        """Rows for training, validation and test, 70/20/10."""
        if self.parts is not None:
            return self.parts
        count = len(self.clean)
        first, second = round(PARTS[0] * count), round((PARTS[0] + PARTS[1]) * count)
        order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
        return order[:first], order[first:second], order[second:]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The results of one seed."""

    scores: dict[str, Scores]
    curves: dict[str, Curves]
    example: Example


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add_seeds(parser, "runs, 1 to 10; the table has mean ± std")
    parser.add_argument("--quick", action="store_true", help="10 slices and 2 epochs")
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")


def run(args: argparse.Namespace) -> int:
    """Write JSON, Markdown and figures side by side; returns the exit status."""
    tables, outcome = reproduce(QUICK if args.quick else Extent(), args.seeds, progress())
    tables["quick"] = bool(args.quick)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    tables["figures"] = write_figures(outcome.example, outcome.curves, args.json)
    args.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    text = markdown(tables)
    args.json.with_suffix(".md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def reproduce(
    extent: Extent, seeds: int, report: Report, bodies: Bodies | None = None
) -> tuple[dict[str, Any], Outcome]:
    """The tables as the JSON has them, and the first seed's outcome for the figures; of phantoms,
    unless other bodies are given.
    """
    started = time.monotonic()
    bodies = bodies or _phantoms(extent, report)
    outcomes = [_outcome(bodies, extent, seed, report) for seed in range(1, seeds + 1)]
    by_seed = [outcome.scores for outcome in outcomes]
    parts = [len(part) for part in bodies.split(1)]
    tables = {
        "bodies": bodies.source,
        "protocol": _protocol(extent),
        "seeds": list(range(1, seeds + 1)),
        "slices": dict(zip(("train", "validation", "test"), parts, strict=True)),
        "parameters": {
            "joint": parameters(Joint()),
            "sequential": parameters(Denoiser(), Reconstructor()),
        },
        "ours": _mean_and_std(by_seed),
        "paper": PAPER,
        "by_seed": by_seed,
        "curves": [outcome.curves for outcome in outcomes],
        "seconds": round(time.monotonic() - started, 1),
        "machine": {
            "processor": platform.machine(),
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
        },
    }
    return tables, outcomes[0]


def _protocol(extent: Extent) -> dict[str, Any]:
    return {
        "input": f"{SIZE}×{SIZE} in [0, 1], Gaussian noise σ = {NOISE}",
        "points": POINTS,
        "loss": "1.0 · MSE + 1.0 · squared Chamfer",
        "optimiser": "Adam",
        "learning_rate": LEARNING_RATE,
        "batch": 1,
        "accumulated": ACCUMULATED,
        "epochs": extent.epochs,
        "dropout": DROPOUT,
        "split": list(PARTS),
    }


def in_unit_range(hu: FloatArray) -> FloatArray:
    """HU as the protocol's networks see it, HU_RANGE as [0, 1]."""
    low, high = HU_RANGE
    return np.clip((hu - low) / (high - low), 0, 1)


def _phantoms(extent: Extent, report: Report) -> Bodies:
    """One slice of each body; points in box units, [-1, 1] across 448 mm."""
    clean: list[FloatArray] = []
    points: list[FloatArray] = []
    again: list[FloatArray] = []
    for i in range(extent.slices):
        phantom = make_phantom(FIRST_PHANTOM + i)
        clean.append(in_unit_range(phantom.render(0.0, SIZE, PIXEL_MM))[np.newaxis])
        for draws, seed in ((points, 0), (again, 1)):
            mm, _ = phantom.surface_points(POINTS, seed, half_depth_mm=extent.half_depth_mm)
            draws.append(mm / BOX_HALF_WIDTH_MM)
        report((i + 1) / extent.slices, f"Phantom {i + 1} of {extent.slices}")
    return Bodies(stacked(clean), stacked(points), stacked(again))


def stacked(arrays: Sequence[FloatArray]) -> Tensor:
    """As one float32 tensor."""
    return torch.from_numpy(np.stack(arrays).astype(np.float32))


def _outcome(bodies: Bodies, extent: Extent, seed: int, report: Report) -> Outcome:
    """One run: the seed draws the split, the noise, the first weights and the order."""
    training, validation, test = bodies.split(seed)
    generator = torch.Generator().manual_seed(seed)
    noise = NOISE * torch.randn(bodies.clean.shape, generator=generator)
    noisy = Samples(bodies.clean + noise, bodies.clean, bodies.points)
    course = Watched(seed, extent.epochs, training, validation, report)
    torch.manual_seed(seed)  # of the first weights
    joint, denoiser, reconstructor = Joint(), Denoiser(), Reconstructor()
    course.train("joint", joint, noisy)
    course.train("denoiser", denoiser, noisy)
    with torch.inference_mode():
        denoised = torch.cat([denoiser(one) for one in noisy.noisy.split(8)])
    denoised = denoised.clone()  # an inference tensor cannot take part in training
    course.train("reconstructor", reconstructor, Samples(denoised, noisy.clean, noisy.points))
    with torch.inference_mode():
        images = {"sequential": denoised[test]}
        clouds = {"sequential": reconstructor(denoised[test])}
        images["joint"], clouds["joint"] = joint(noisy.noisy[test])
    images |= {"input": noisy.noisy[test], "black": torch.zeros_like(images["joint"])}
    clouds["constant"] = _constant(noisy.points[training], generator).expand(len(test), -1, -1)
    clouds["floor"] = bodies.again[test]
    truth = noisy.chosen(test)
    return Outcome(_scores(images, clouds, truth), course.curves, _example(images, clouds, truth))


def _constant(points: Tensor, generator: torch.Generator) -> Tensor:
    """A cloud (1000, 3) independent of the slice: true points of the training slices at random."""
    everything = points.flatten(0, 1)
    return everything[torch.randperm(len(everything), generator=generator)[:POINTS]]


def _scores(
    images: Mapping[str, Tensor], clouds: Mapping[str, Tensor], truth: Samples
) -> dict[str, Scores]:
    """Mean over the test slices of every method: PSNR, SSIM, both Chamfer distances."""
    scores: dict[str, Scores] = {}
    everywhere = np.ones((SIZE, SIZE), dtype=bool)
    for name, stack in images.items():
        pairs = [(a[0].numpy(), b[0].numpy()) for a, b in zip(stack, truth.clean, strict=True)]
        scores[name] = {
            "psnr": fmean(metrics.psnr(image, clean, everywhere) for image, clean in pairs),
            "ssim": fmean(metrics.ssim(image, clean, everywhere) for image, clean in pairs),
        }
    for name, points in clouds.items():
        plain, squared = chamfer(points, truth.points)
        own = {"chamfer_l1": plain.mean().item(), "chamfer_squared": squared.mean().item()}
        scores.setdefault(name, {}).update(own)
    return scores


def _example(images: Mapping[str, Tensor], clouds: Mapping[str, Tensor], truth: Samples) -> Example:
    """The first test slice."""
    return Example(
        images={
            name: stack[0, 0].numpy()
            for name, stack in {**images, "clean": truth.clean}.items()
            if name != "black"
        },
        clouds={
            "true": truth.points[0].numpy(),
            **{name: clouds[name][0].numpy() for name in ("sequential", "joint")},
        },
    )


def _mean_and_std(by_seed: Sequence[dict[str, Scores]]) -> dict[str, dict[str, Scores]]:
    """{method: {score: {"mean", "std"}}}; with one seed the std is 0."""
    return {
        method: {
            key: _summary([scores[method][key] for scores in by_seed]) for key in by_seed[0][method]
        }
        for method in by_seed[0]
    }


def _summary(values: Sequence[float]) -> Scores:
    return {"mean": fmean(values), "std": stdev(values) if len(values) > 1 else 0.0}
