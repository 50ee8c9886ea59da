"""`python -m training denoisers`: other kinds of denoisers beside ours at equal cost, trained on
the same crops for the same number of steps, and measured on the validation patients' real noise and
on simulated noise.
"""

import argparse
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.memory_format import convert_conv2d_weight_memory_format
from torch.utils.flop_counter import FlopCounterMode

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.diagnostics.benchmark import in_turn
from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.network_input import CT
from training.console import progress, tell
from training.data.prepare import real_pairs
from training.data.real_noise.real_pairs import RealPairs
from training.evaluate.real_noise.known import clean_slices, real_like
from training.evaluate.real_noise.real import scans
from training.evaluate.real_noise.series import Reader, summary
from training.experiments.denoisers.networks import VARIANTS, Denoiser, Mirrored
from training.metrics.lesions import add_discs, contrast
from training.metrics.scores import image_scores
from training.preset import load_preset

CROPS, CROP_PIXELS = 8, 96
LEARNING_RATE, WARM_UP = 1.5e-3, 100
EVERY = 6  # of a series' slices one is measured
QUICK_EVERY, ROUNDS = 3, 5
NOISE_HU = (10.0, 30.0)
WINDOW = (40.0, 400.0)
SIDE = 512

Row = dict[str, Any]
Batch = tuple[Tensor, Tensor, Tensor]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with volumes and native")
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="measure on a few slices")
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")
    parser.add_argument("--out", type=Path, default=Path("runs/denoisers"), help="for the weights")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Train what is missing, measure, and write the table; the exit status."""
    report = progress()
    pairs = real_pairs(load_preset("real"), args.data, args.cache, report)
    args.out.mkdir(parents=True, exist_ok=True)
    nets: dict[str, list[Denoiser]] = {}
    minutes: dict[str, list[float]] = {}
    for seed in range(1, args.seeds + 1):
        batches = list(drawn(pairs, seed, args.steps))
        for name in VARIANTS:
            net, taken = trained(name, batches, seed, args.out, report)
            nets.setdefault(name, []).append(net)
            minutes.setdefault(name, []).append(taken)
    nets["ours, mirrored too"] = [Mirrored(net) for net in nets["ours"]]  # type: ignore[arg-type]
    table = {"steps": args.steps, "seeds": args.seeds, "minutes": minutes}
    table["variants"] = measured(nets, args.data, report, quick=args.quick)
    tell(args.json, table, markdown(table))
    return 0


def drawn(pairs: RealPairs, seed: int, steps: int) -> Iterator[Batch]:
    """The crops of every step, the same for all variants: clean, noisy, kinds."""
    generator = torch.Generator()
    for step in range(steps):
        generator.manual_seed(seed * 1_000_003 + step)
        clean, noisy, _, kind = pairs.draw(CROPS, CROP_PIXELS, generator)
        yield clean, noisy, kind


def trained(
    name: str, batches: Sequence[Batch], seed: int, out: Path, report: Report
) -> tuple[Denoiser, float]:
    """A variant after a step of each batch, and the minutes of one core that they took; from `out`
    where it is there.
    """
    steps = len(batches)
    path = out / f"{name}-{seed}-{steps}.pt"
    torch.manual_seed(seed)
    net = VARIANTS[name].make()
    if path.is_file():
        state = torch.load(path, weights_only=True)
        net.load_state_dict(state["net"])
        return net.eval(), float(state["minutes"])
    convert_conv2d_weight_memory_format(net, torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.0, betas=(0.9, 0.99), fused=True)
    generator, started = torch.Generator().manual_seed(seed), time.process_time()
    for step, (clean, noisy, kind) in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * schedule(step, steps)
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_bfloat16()):
            loss = net.loss(noisy, clean, kind, generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if step % 20 == 0:
            report(step / steps, f"{name}, seed {seed}: loss {loss.item():.3f}")
    minutes = (time.process_time() - started) / 60
    torch.save({"net": net.state_dict(), "minutes": minutes}, path)
    return net.eval(), minutes


def schedule(step: int, steps: int) -> float:
    """Share of the learning rate: a short linear rise, then a cosine to a fiftieth."""
    return min(1.0, (step + 1) / WARM_UP) * (0.02 + 0.49 * (1 + math.cos(math.pi * step / steps)))


def measured(
    nets: Mapping[str, list[Denoiser]], data: Path, report: Report, *, quick: bool = False
) -> dict[str, Row]:
    """Cost, real noise and simulated noise of every variant; means over seeds, and the spread of
    the simulated gain.
    """
    every = QUICK_EVERY if quick else 1
    cost = costs({name: own[0] for name, own in nets.items()}, 1 if quick else ROUNDS)
    real = {
        name: [real_rows(net, data, report, every * EVERY) for net in own]
        for name, own in nets.items()
    }
    known = {name: [simulated(net, data, every) for net in own] for name, own in nets.items()}
    table: dict[str, Row] = {}
    for name in nets:
        gains = [row["gain_db"] for row in known[name]]
        table[name] = {
            **cost[name],
            "series": {
                series: {key: fmean(one[series][key] for one in real[name]) for key in row}
                for series, row in real[name][0].items()
            },
            **{key: fmean(row[key] for row in known[name]) for key in known[name][0]},
            "gain_db_by_seed": gains,
        }
    return table


def apply(net: Denoiser, pixels: FloatArray) -> FloatArray:
    """A CT slice (rows, columns) in HU without its noise."""
    with torch.inference_mode():
        hu = torch.from_numpy(pixels.astype(np.float32))[None, None]
        denoised: FloatArray = net.denoise(hu, CT)[0, 0].numpy()
    return denoised


def costs(nets: Mapping[str, Denoiser], rounds: int = ROUNDS) -> dict[str, Row]:
    """Multiply-adds a pixel, parameters, and milliseconds for 512 × 512 pixels, timed in turn."""
    pixels = np.zeros((SIDE, SIDE), np.float32)
    seconds = in_turn({name: _task(net, pixels) for name, net in nets.items()}, rounds)
    rows: dict[str, Row] = {}
    for name, net in nets.items():
        with torch.inference_mode(), FlopCounterMode(display=False) as counter:
            net.denoise(torch.zeros(1, 1, 128, 128), CT)
        rows[name] = {
            "macs_per_pixel": round(counter.get_total_flops() / 2 / 128**2),
            "parameters": sum(one.numel() for one in net.parameters()),
            "ms_512": 1e3 * float(np.median(seconds[name])),
        }
    return rows


def _task(net: Denoiser, pixels: FloatArray) -> Any:  # noqa: ANN401 - a task of the benchmark
    return lambda: apply(net, pixels)


def real_rows(net: Denoiser, data: Path, report: Report, every: int = EVERY) -> dict[str, Row]:
    """By CT series of the validation patients: share of noise gone, and what went with it."""
    rows: dict[str, Row] = {}
    for scan in scans(data):
        if scan.unit != "HU":
            continue
        found = []
        for index in range(1, len(scan.slices), every):
            report(index / len(scan.slices), scan.name)
            reader = Reader.of(scan, index)
            found.append(reader.measure(apply(net, reader.pixels)))
        one = summary(found)
        rows[scan.name] = {
            "reduction": one["reduction"],
            "structure": one["structure"],
            "edges": one["edge_ratio"],
            "soft_hu": one["bias_hu"].get("soft_tissue", float("nan")),
        }
    return rows


def simulated(net: Denoiser, data: Path, every: int = 1) -> Row:
    """Cleaned validation slices under noise like a real quarter-dose abdomen's: `gain_db` in a soft
    tissue window, and the share of faint discs' contrast that is kept.
    """
    gains, kept = [], []
    for count, (clean, mm) in enumerate(islice(clean_slices(data), None, None, every)):
        image, discs = add_discs(clean, mm, seed=count)
        grain = real_like(clean.shape, seed=count)
        body = clean > -900
        for sd in NOISE_HU:
            noisy = image + sd * grain
            denoised, bare = apply(net, noisy), apply(net, clean + sd * grain)
            before, after = (image_scores(one, image, body, WINDOW) for one in (noisy, denoised))
            gains.append(after["psnr"] - before["psnr"])
            if discs:
                left = contrast(denoised, bare, discs, mm)
                kept.append(left["measured"] / left["true"])
    return {"gain_db": fmean(gains), "contrast_kept": fmean(kept)}


def markdown(table: Row) -> str:
    """The table for people to read."""
    series = list(next(iter(table["variants"].values()))["series"])
    lines = [
        f"{table['steps']} steps of {CROPS} crops of {CROP_PIXELS}², {table['seeds']} seeds",
        "",
        "| denoiser | kMAC a pixel | ms for 512² | minutes of training | simulated gain dB by seed "
        "| contrast kept | real noise gone: " + ", ".join(series) + " | structure | edges × |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in table["variants"].items():
        own = row["series"].values()
        minutes = table["minutes"].get(name, table["minutes"]["ours"])
        gone = ", ".join(f"{100 * one['reduction']:.0f}" for one in own)
        lines.append(
            f"| {name} | {row['macs_per_pixel'] / 1000:.1f} | {row['ms_512']:.0f} "
            f"| {fmean(minutes):.1f} | {', '.join(f'{g:.2f}' for g in row['gain_db_by_seed'])} "
            f"| {100 * row['contrast_kept']:.0f} % "
            f"| {gone} % "
            f"| {fmean(one['structure'] for one in own):.3f} "
            f"| {fmean(one['edges'] for one in own):.3f} |"
        )
    return "\n".join(lines) + "\n"
