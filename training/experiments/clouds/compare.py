"""`python -m training clouds`: other ways to a cloud beside ours at equal cost, trained on the same
views for the same number of steps, and scored on the validation patients.
"""

import argparse
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.diagnostics.benchmark import in_turn
from jrviewer.model.devices import multiplies_bfloat16
from training.baselines.clouds import truth_of
from training.console import progress, tell
from training.data.augment import augment
from training.data.pools import Views
from training.data.prepare import prepare
from training.evaluate.cloud import CloudCase, cases_of, chosen_entries
from training.experiments.clouds.networks import POINTS, VARIANTS, Network
from training.metrics.scores import Labels, cloud_scores, nearest_mm
from training.preset import load_preset

VIEWS, TRUE_POINTS = 8, 3000
LEARNING_RATE, WARM_UP = 2e-3, 50
SHARE = {"chest": 0.27, "abdomen": 0.27, "head-neck": 0.31, "phantom": 0.15}
SEED = 2026
COVERED_MM = 10.0

Row = dict[str, Any]
Batch = tuple[Tensor, Tensor, Tensor, Tensor]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with volumes/*.npz")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--per-volume", type=int, default=2, help="validation slices of each")
    parser.add_argument("--most", type=int, help="validation volumes of each region")
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")
    parser.add_argument("--out", type=Path, default=Path("runs/clouds"), help="for the weights")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Train what is missing, score, and write the table; the exit status."""
    report = progress()
    _, views = prepare(load_preset("real"), args.data, args.cache, report)
    args.out.mkdir(parents=True, exist_ok=True)
    nets: dict[str, list[Network]] = {}
    minutes: dict[str, list[float]] = {}
    for seed in range(1, args.seeds + 1):
        batches = list(drawn(views, seed, args.steps))
        for name in VARIANTS:
            net, taken = trained(name, batches, seed, args.out, report)
            nets.setdefault(name, []).append(net)
            minutes.setdefault(name, []).append(taken)
    cases = [
        case
        for entry in chosen_entries(args.data, ("validation",), args.most)
        for case in cases_of(entry, args.per_volume, args.cache / "surfaces", SEED)
    ]
    table: Row = {"steps": args.steps, "seeds": args.seeds, "slices": len(cases)}
    table["variants"] = {
        name: costs(own[0], cases[0])
        | {"minutes": fmean(minutes[name])}
        | {"by_seed": [scored(net, cases) for net in own]}
        for name, own in nets.items()
    }
    table["sampling floor"] = _means([_row(case, *case.floors[POINTS]) for case in cases])
    tell(args.json, table, markdown(table))
    return 0


def drawn(views: Views, seed: int, steps: int) -> Iterator[Batch]:
    """The views of every step, the same for all variants."""
    generator = torch.Generator()
    for step in range(steps):
        generator.manual_seed(seed * 1_000_003 + step)
        images, points, labels, z_range = views.draw(VIEWS, TRUE_POINTS, SHARE, generator)
        images, points, z_range = augment(images, points, z_range, generator)
        yield images, points, labels, z_range


def trained(
    name: str, batches: Sequence[Batch], seed: int, out: Path, report: Report
) -> tuple[Network, float]:
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
        return net.eval().requires_grad_(requires_grad=False), float(state["minutes"])
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.0, betas=(0.9, 0.99), fused=True)
    generator, started = torch.Generator().manual_seed(seed), time.process_time()
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            rise = min(1.0, (step + 1) / WARM_UP)
            group["lr"] = LEARNING_RATE * rise * 0.5 * (1 + math.cos(math.pi * step / steps))
        with torch.autocast("cpu", torch.bfloat16, enabled=multiplies_bfloat16()):
            loss = net.loss(*batch, generator)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        if step % 20 == 0:
            report(step / steps, f"{name}, seed {seed}: loss {loss.item():.3f}")
    minutes = (time.process_time() - started) / 60
    torch.save({"net": net.state_dict(), "minutes": minutes}, path)
    return net.eval().requires_grad_(requires_grad=False), minutes


def cloud_of(net: Network, image: FloatArray) -> tuple[FloatArray, Labels]:
    """The cloud around a canonical image (128, 128) in HU."""
    with torch.inference_mode():
        return net.cloud(torch.from_numpy(np.array(image, np.float32))[None, None])


def scored(net: Network, cases: Sequence[CloudCase]) -> Row:
    """Means per patient, then over patients."""
    return _means([_row(case, *cloud_of(net, case.view.image)) for case in cases])


def _row(case: CloudCase, points: FloatArray, labels: Labels) -> Row:
    truth = truth_of(case.view)
    scores = cloud_scores(points, labels, truth)
    covered = float(np.mean(nearest_mm(truth.points, points) <= COVERED_MM))
    row = {"patient": case.view.patient, "L1_mm": scores["L1_mm"], "covered": covered}
    return row | {f"L1_mm {case.view.region}": scores["L1_mm"]}


def _means(rows: Sequence[Row]) -> Row:
    found: Row = {}
    for key in dict.fromkeys(key for row in rows for key in row if key != "patient"):
        by_patient: dict[str, list[float]] = {}
        for row in rows:
            if key in row:
                by_patient.setdefault(row["patient"], []).append(row[key])
        found[key] = fmean(map(fmean, by_patient.values()))
    return found


def costs(net: Network, case: CloudCase) -> Row:
    """Multiply-adds and milliseconds for a cloud, and parameters."""
    net.train()  # there is no dropout; finished attention hides its products from the counter
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net.cloud(torch.from_numpy(np.array(case.view.image, np.float32))[None, None])
    net.eval()
    seconds = in_turn({"cloud": lambda: cloud_of(net, case.view.image)}, 7)
    return {
        "macs": counter.get_total_flops() // 2,
        "ms": 1e3 * float(np.median(seconds["cloud"])),
        "parameters": sum(one.numel() for one in net.parameters()),
    }


def markdown(table: Mapping[str, Any]) -> str:
    """The table for people to read."""
    lines = [
        f"{table['steps']} steps of {VIEWS} views, {table['seeds']} seeds, "
        f"{table['slices']} slices",
        "",
        "| way to a cloud | million multiply-adds | ms | minutes of training "
        f"| L1 mm by seed | covered within {COVERED_MM:g} mm |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in table["variants"].items():
        errors = ", ".join(f"{one['L1_mm']:.2f}" for one in row["by_seed"])
        covered = fmean(one["covered"] for one in row["by_seed"])
        lines.append(
            f"| {VARIANTS[name].about} | {row['macs'] / 1e6:.0f} | {row['ms']:.0f} "
            f"| {row['minutes']:.1f} | {errors} | {100 * covered:.0f} % |"
        )
    floor = table["sampling floor"]
    lines.append(
        f"| sampling floor | | | | {floor['L1_mm']:.2f} | {100 * floor['covered']:.0f} % |"
    )
    return "\n".join(lines) + "\n"
