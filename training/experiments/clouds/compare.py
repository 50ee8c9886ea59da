"""`python -m training clouds`: other ways to a cloud beside ours at equal cost, trained on the same
views, and scored on the validation patients.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any, cast

import numpy as np
import torch

from jrviewer.core.geometry import FloatArray
from jrviewer.diagnostics.benchmark import in_turn
from jrviewer.diagnostics.multiply_adds import MultiplyAdds
from training.baselines.clouds import truth_of
from training.console import progress, tell
from training.data.augment import augment
from training.data.pools import Views
from training.data.prepare import prepare
from training.evaluate.cloud import CloudCase, cases_of, chosen_entries
from training.experiments.clouds.networks import ABOUT, POINTS, VARIANTS, Network
from training.experiments.equal_cost import Batch, Course, batch_generator, by_seed, of_budget
from training.metrics.scores import Labels, cloud_scores, nearest_mm
from training.preset import load_preset

VIEWS, TRUE_POINTS = 8, 3000
RATES, TRIAL_STEPS, WARM_UP = (1e-3, 2e-3), 100, 50
SHARE = {"chest": 0.27, "abdomen": 0.27, "head-neck": 0.31, "phantom": 0.15}
SEED = 2026
COVERED_MM = 10.0

Row = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with volumes/*.npz")
    parser.add_argument("--steps", type=int, default=500, help="of ours, and of all at equal steps")
    parser.add_argument("--seeds", type=int, default=3, help="runs of each kind")
    parser.add_argument("--per-volume", type=int, default=2, help="validation slices of each")
    parser.add_argument("--most", type=int, help="validation volumes of each region")
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")
    parser.add_argument("--out", type=Path, default=Path("runs/clouds"), help="for the weights")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Train and score what is missing, and write the table after every run; the exit status."""
    report = progress()
    args.out.mkdir(parents=True, exist_ok=True)
    _, views = prepare(load_preset("real"), args.data, args.cache, report)
    course = Course(
        make=VARIANTS,
        draw=partial(drawn, views),
        rates=RATES,
        trial_steps=TRIAL_STEPS,
        warm_up=WARM_UP,
        out=args.out,
        report=report,
    )
    cases = list(_cases(args))
    table: Row = {"steps": args.steps, "slices": len(cases), "costs": {}, "runs": []}
    table |= {"step_seconds": course.step_seconds(), "trial_losses": course.trial_losses()}
    table["sampling floor"] = _means([_row(case, *case.floors[POINTS]) for case in cases])
    for seed in range(1, args.seeds + 1):
        for one in course.runs(args.steps, seed):
            net, minutes = course.trained(one)
            network = cast(Network, net)
            if one.name not in table["costs"]:
                table["costs"][one.name] = costs(network, cases[0])
            scores = course.told(one, f"of-{len(cases)}", partial(scored, network, cases))
            table["runs"].append({**asdict(one), "minutes": minutes, **scores})
            tell(args.json, table, markdown(table))
    return 0


def _cases(args: argparse.Namespace) -> Iterator[CloudCase]:
    """The validation slices that clouds are scored on."""
    for entry in chosen_entries(args.data, ("validation",), args.most):
        yield from cases_of(entry, args.per_volume, args.cache / "surfaces", SEED)


def drawn(views: Views, seed: int, step: int) -> Batch:
    """The views of a step: images, true points, their structures, and where slices exist."""
    generator = batch_generator(seed, step)
    images, points, labels, z_range = views.draw(VIEWS, TRUE_POINTS, SHARE, generator)
    images, points, z_range = augment(images, points, z_range, generator)
    return images, points, labels, z_range


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
    with MultiplyAdds() as counted, torch.no_grad():
        net.cloud(torch.from_numpy(np.array(case.view.image, np.float32))[None, None])
    net.eval()
    seconds = in_turn({"cloud": lambda: cloud_of(net, case.view.image)}, 7)
    return {
        "macs": counted.total,
        "ms": 1e3 * float(np.median(seconds["cloud"])),
        "parameters": sum(one.numel() for one in net.parameters()),
    }


def markdown(table: Mapping[str, Any]) -> str:
    """The table for people to read; means over seeds, ± their spread."""
    regions = [key.removeprefix("L1_mm ") for key in table["sampling floor"] if "L1_mm " in key]
    lines = [
        f"Ours: {table['steps']} steps of {VIEWS} views; {table['slices']} slices",
        "",
        "| way to a cloud | million multiply-adds | ms | rate | steps; seeds | minutes "
        f"| L1 mm | {' | '.join(regions)} | covered within {COVERED_MM:g} mm |",
        f"|---|---|---|---|---|---|---|{'---|' * len(regions)}---|",
    ]
    for budget, name, rows in of_budget(table["runs"]):
        cost = table["costs"][name]
        lines.append(
            f"| {ABOUT[name]}, {budget} | {cost['macs'] / 1e6:.0f} | {cost['ms']:.0f} "
            f"| {rows[0]['rate']:g} | {rows[0]['steps']}; {len(rows)} "
            f"| {by_seed(rows, 'minutes', 1)} " + _scores(rows, regions)
        )
    floor = _scores([table["sampling floor"]], regions)
    return "\n".join([*lines, f"| sampling floor | | | | | {floor}"]) + "\n"


def _scores(rows: Sequence[Row], regions: Sequence[str]) -> str:
    keys = ["L1_mm", *(f"L1_mm {region}" for region in regions)]
    covered = 100 * fmean(row["covered"] for row in rows)
    return f"| {' | '.join(by_seed(rows, key) for key in keys)} | {covered:.0f} % |"
