"""`python -m training denoisers`: other kinds of denoisers beside ours at equal cost, trained on
the same crops, and measured on the validation patients' real noise and on simulated noise.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, cast

import numpy as np
import torch

from jrviewer.core.progress import Report
from jrviewer.diagnostics.benchmark import in_turn
from jrviewer.diagnostics.multiply_adds import MultiplyAdds
from jrviewer.model.load import load_model
from jrviewer.model.network_input import CT
from training.console import progress, tell
from training.data.prepare import real_pairs
from training.data.real_noise.real_pairs import RealPairs
from training.experiments.denoisers.networks import (
    ABOUT,
    SIZES,
    Convolutional,
    Denoiser,
    InSteps,
    Mirrored,
    Shipped,
)
from training.experiments.denoisers.yardstick import Yardstick, apply
from training.experiments.equal_cost import (
    OURS,
    Batch,
    Course,
    Run,
    batch_generator,
    by_seed,
    of_budget,
)
from training.preset import load_preset

CROPS, CROP_PIXELS = 8, 64
RATES = {1: (1e-3, 2e-3), 10: (1e-3,)}  # by size; trying takes too long for the large
TRIAL_STEPS, WARM_UP = 200, 50
ROUNDS = 5
SIDE = 512
BOTH = "ours, mirrored too"

Row = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with volumes and native")
    parser.add_argument("--steps", type=int, default=800, help="of ours, and of all at equal steps")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind")
    parser.add_argument("--size", type=int, default=1, choices=SIZES, help="multiple of ours' cost")
    parser.add_argument(
        "--shipped", action="store_true", help="the shipped weights in other ways; trains nothing"
    )
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")
    parser.add_argument("--out", type=Path, default=Path("runs/denoisers"), help="for the weights")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Train and measure what is missing, and write the table after every run; the exit status."""
    report = progress()
    if args.shipped:
        return _compare_shipped(args, report)
    out = args.out / f"size-{args.size}"
    out.mkdir(parents=True, exist_ok=True)
    pairs = real_pairs(load_preset("real"), args.data, args.cache, report)
    course = Course(
        make=SIZES[args.size],
        draw=partial(drawn, pairs),
        rates=RATES[args.size],
        trial_steps=TRIAL_STEPS,
        warm_up=WARM_UP,
        out=out,
        report=report,
    )
    table: Row = {"steps": args.steps, "size": args.size, "step_seconds": course.step_seconds()}
    table["trial_losses"] = course.trial_losses()
    ours: dict[str, Denoiser] = {name: make().eval() for name, make in SIZES[args.size].items()}
    ours[BOTH] = Mirrored(cast(Convolutional, ours[OURS]))
    table["costs"] = costs(ours)
    table["runs"] = []
    yardstick = Yardstick.of(args.data, report)
    for seed in range(1, args.seeds + 1):
        for one in course.runs(args.steps, seed):
            table["runs"] += _rows(course, one, yardstick)
            tell(args.json, table, markdown(table))
    return 0


def _compare_shipped(args: argparse.Namespace, report: Report) -> int:
    """The shipped weights read in other ways; nothing is trained."""
    shipped = Shipped(load_model("cpu").net)
    nets: dict[str, Denoiser] = {
        "shipped": shipped,
        "shipped, mirrored too": Mirrored(shipped),
        "shipped, in steps": InSteps(shipped.net),
    }
    table: Row = {"steps": 0, "costs": costs(nets), "runs": []}
    yardstick = Yardstick.of(args.data, report)
    for name, net in nets.items():
        about = asdict(Run(name, seed=0, steps=0, budget=("as shipped",), rate=0.0))
        table["runs"].append({**about, "minutes": 0.0, **yardstick.measure(net)})
        tell(args.json, table, markdown(table))
    return 0


def drawn(pairs: RealPairs, seed: int, step: int) -> Batch:
    """The crops of a step: noisy, clean, and their kinds."""
    clean, noisy, _, kind = pairs.draw(CROPS, CROP_PIXELS, batch_generator(seed, step))
    return noisy, clean, kind


def _rows(course: Course, one: Run, yardstick: Yardstick) -> list[Row]:
    """Of a run; ours is measured with its mirror image too."""
    net, minutes = course.trained(one)
    nets = {one.name: cast(Denoiser, net)}
    if one.name == OURS:
        nets[BOTH] = Mirrored(cast(Convolutional, net))
    return [
        {
            **asdict(one),
            "name": name,
            "minutes": minutes,
            **course.told(one, name, partial(yardstick.measure, own)),
        }
        for name, own in nets.items()
    ]


def costs(nets: Mapping[str, Denoiser], rounds: int = ROUNDS) -> dict[str, Row]:
    """Multiply-adds a pixel, parameters, and milliseconds for 512 × 512 pixels, timed in turn."""
    pixels = np.zeros((SIDE, SIDE), np.float32)
    seconds = in_turn({name: partial(apply, net, pixels) for name, net in nets.items()}, rounds)
    rows: dict[str, Row] = {}
    for name, net in nets.items():
        with torch.inference_mode(), MultiplyAdds() as counted:
            net.denoise(torch.zeros(1, 1, 128, 128), CT)
        rows[name] = {
            "macs_per_pixel": round(counted.total / 128**2),
            "parameters": sum(one.numel() for one in net.parameters()),
            "ms_512": 1e3 * float(np.median(seconds[name])),
        }
    return rows


def markdown(table: Mapping[str, Any]) -> str:
    """The table for people to read; means over seeds, ± their spread."""
    runs: Sequence[Row] = table["runs"]
    trained = f"{table['steps']} steps of {CROPS} crops of {CROP_PIXELS}²"
    names = list(runs[0]["series"])
    lines = [
        f"Ours: {trained if table['steps'] else 'the shipped weights'}",
        "",
        "| denoiser | kMAC a pixel | ms for 512² | rate | steps; seeds | minutes "
        f"| simulated gain, dB | contrast kept | real noise gone, %: {', '.join(names)} "
        "| structure | edges × |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for budget, name, rows in of_budget(runs):
        cost = table["costs"][name]
        gone = (100 * fmean(row["series"][one]["reduction"] for row in rows) for one in names)
        lines.append(
            f"| {ABOUT[name]}, {budget} | {cost['macs_per_pixel'] / 1000:.1f} "
            f"| {cost['ms_512']:.0f} | {rows[0]['rate']:g} | {rows[0]['steps']}; {len(rows)} "
            f"| {by_seed(rows, 'minutes', 1)} | {by_seed(rows, 'gain_db')} "
            f"| {100 * fmean(row['contrast_kept'] for row in rows):.0f} % "
            f"| {', '.join(f'{one:.0f}' for one in gone)} "
            f"| {_over_series(rows, 'structure')} | {_over_series(rows, 'edges')} |"
        )
    return "\n".join(lines) + "\n"


def _over_series(rows: Sequence[Row], key: str) -> str:
    return f"{fmean(one[key] for row in rows for one in row['series'].values()):.3f}"
