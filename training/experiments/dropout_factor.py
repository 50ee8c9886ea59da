"""`python -m training dropout`: fits sigma by Monte-Carlo dropout, to compare with the learnt one.

One factor, fitted on training patients as in `calibrate`, turns the raw sigma
(`training.evaluate.mc_dropout`) into a radius that should hold nine points of ten. On twelve
training slices two variants were less informative: dropping whole channels, and clouds of 1024
points (rank correlation with the error 0.10 to 0.11, and 0.32, instead of 0.34).
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from jrviewer.core.progress import Report
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from training.baselines.command import FOLDER
from training.console import progress
from training.data.volumes import kept
from training.evaluate import mc_dropout
from training.evaluate.cloud import CloudCase, cases_of, chosen_entries
from training.evaluate.mc_dropout import FILE, SEED, Fit, raw_errors
from training.metrics.calibration import SliceErrors, cautious_factor, sigma_factors
from training.metrics.uncertainty import DEEPEST_MM

SLICES = {"head-neck": 1}  # per training volume, since these regions have many
SLICES_ELSEWHERE = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--weights", type=Path, required=True, help="the weights file")
    parser.add_argument("--data", type=Path, required=True, help="what it was trained on")
    parser.add_argument(
        "--without", nargs="*", default=(), help="words in the names of volumes that were left out"
    )
    parser.add_argument("--baselines", type=Path, default=FOLDER, help="where the factor goes")
    parser.add_argument("--quick", action="store_true", help="one volume of each region")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Write the factor, which `evaluate` reads for the same weights; the exit status."""
    model = load_model("cpu", args.weights)
    entries = chosen_entries(args.data, ("train",), 1 if args.quick else None)
    entries = [entry for entry in entries if kept(entry.name, args.without)]
    cases = (
        case
        for entry in entries
        for case in cases_of(
            entry, SLICES.get(entry.region, SLICES_ELSEWHERE), args.cache / "surfaces", SEED
        )
    )
    fitted = fit(model, cases, progress(), len(entries))
    text = json.dumps(fitted, indent=1) + "\n"
    args.baselines.mkdir(parents=True, exist_ok=True)
    (args.baselines / FILE).write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def fit(model: JointModel, cases: Iterable[CloudCase], report: Report, volumes: int) -> Fit:
    """The factor on the raw sigma, and one for each depth range, from training slices."""
    found: list[SliceErrors] = []
    names: set[str] = set()
    for case in cases:
        names.add(case.view.name)
        report(len(names) / max(volumes, 1), f"dropout in volume {len(names)} of {volumes}")
        found.append(SliceErrors(case.view.patient, case.view.region, raw_errors(model, case)))
    return {
        "weights_sha256": model.weights_sha256,
        "passes": mc_dropout.PASSES,
        "rate": mc_dropout.RATE,
        "slices": len(found),
        "patients": len({one.patient for one in found}),
        "factor": cautious_factor(found, 0.0, DEEPEST_MM),
        "factors_by_depth": sigma_factors(found),
    }
