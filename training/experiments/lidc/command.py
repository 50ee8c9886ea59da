"""`python -m training lidc`: LIDC-IDRI, the data that the paper was meant for.

Reads plain folders as TCIA ships them, splits them by patient, runs the paper's protocol on their
slices and the yardstick of `evaluate` on the held-out patients, and tells from the seconds that
everything took here what all 1010 patients would cost.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.model.load import load_model
from training.console import add_seeds, add_weights, progress
from training.data.cases import evenly
from training.data.prepare import prepare
from training.data.true_surfaces import surface_of
from training.data.views import view
from training.data.volumes import catalogue, load
from training.evaluate import evaluate
from training.evaluate.report import markdown as yardstick_markdown
from training.experiments import paper, paper_table
from training.experiments.lidc.folders import (
    NAMED,
    Imported,
    Part,
    import_patients,
    part_of,
    readings,
)
from training.experiments.paper_network import POINTS
from training.fit.fit import fit
from training.preset import load_preset

PATIENTS, IMAGES = 1010, 244_527  # of the whole collection, as TCIA counts them
SUGGESTED = 3  # patients, where none is there of a part
PER_PATIENT = 4  # slices for the paper's protocol
EPOCHS, SEEDS = 50, 3  # of the paper
STEPS = 6  # of training, to time one
PARTS: tuple[Part, ...] = ("train", "validation", "test")

Table = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with LIDC-IDRI-0001, …")
    add_weights(parser)
    parser.add_argument("--most", type=int, help="patients at most; all by default")
    add_seeds(parser, "runs of the protocol, 1 to 10", SEEDS)
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of the paper's protocol")
    parser.add_argument("--per-patient", type=int, default=PER_PATIENT, help="slices of the paper")
    parser.add_argument("--quick", action="store_true", help="a slice or so in the yardstick")
    parser.add_argument("--without-yardstick", action="store_true", help="the protocol alone")
    parser.add_argument("--json", type=Path, required=True, help="where the tables go")
    parser.add_argument("--out", type=Path, default=Path("runs/lidc"), help="the volumes read")


def run(args: argparse.Namespace) -> int:
    """Write JSON and Markdown; the exit status."""
    report, clock = progress(), Clock()
    rows = import_patients(args.data, args.out, args.most, report)
    clock.skip()
    patients = {part: sorted({row.patient for row in rows if row.part == part}) for part in PARTS}
    require_both(patients)
    table: Table = {
        "patients": patients,
        "seconds": clock.laps,
        "reading": asdict(readings(args.out)),
    }
    bodies = _bodies(args.out, rows, args.per_patient, report)
    clock.lap("surfaces")
    extent = paper.Extent(len(bodies.clean), args.epochs)
    protocol, _ = paper.reproduce(extent, args.seeds, report, bodies)
    clock.lap("protocol")
    table["paper"] = protocol | {"quick": False, "figures": {}}
    clock.laps["step"] = _seconds_of_a_step(args.out, report)
    clock.skip()
    _write(table, args)
    if not args.without_yardstick:
        table["yardstick"] = _yardstick(args, report)
        clock.lap("yardstick")
        _write(table, args)
    sys.stdout.write(args.json.with_suffix(".md").read_text(encoding="utf-8"))
    return 0


def require_both(patients: Mapping[Part, Sequence[str]]) -> None:
    """Raises JRViewerError where there is nobody to train on, or nobody to test."""
    needed: tuple[tuple[Part, str], ...] = (("train", "to train on"), ("test", "to test"))
    for part, what in needed:
        if not patients[part]:
            numbers = (f"{NAMED}{number:04d}" for number in range(1, PATIENTS + 1))
            some = islice((one for one in numbers if part_of(one) == part), SUGGESTED)
            raise JRViewerError(
                f"The folder holds no patient {what}: the part follows from the patient's number. "
                f"Add at least one such as {', '.join(some)}."
            )


def _write(table: Table, args: argparse.Namespace) -> None:
    """What is known by now: the yardstick takes long."""
    table["hours"] = hours(table)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    args.json.with_suffix(".md").write_text(markdown(table), encoding="utf-8")


class Clock:
    """Processor seconds of this process from one lap to the next: other programs do not count."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._before = time.process_time()

    def lap(self, name: str) -> None:
        """End a lap."""
        now = time.process_time()
        self.laps[name], self._before = now - self._before, now

    def skip(self) -> None:
        """Begin a lap: what was before belongs to none."""
        self._before = time.process_time()


def _bodies(out: Path, rows: Sequence[Imported], per_patient: int, report: Report) -> paper.Bodies:
    """Slices of every patient with two draws of the surfaces around them, by part."""
    clean: list[FloatArray] = []
    points: list[FloatArray] = []
    again: list[FloatArray] = []
    parts: dict[Part, list[int]] = {part: [] for part in PARTS}
    of_name = {row.name: row.part for row in rows}
    entries = [entry for entry in catalogue(out) if entry.name in of_name]
    for done, entry in enumerate(entries):
        report(done / len(entries), f"surfaces of {entry.patient}")
        volume = load(entry)
        surface = surface_of(volume, out / "cache" / "surfaces")
        for index in evenly(len(volume.voxels), per_patient):
            both = [view(volume, surface, index, seed, POINTS) for seed in (0, 1)]
            if both[0] is None or both[1] is None:
                continue
            parts[of_name[entry.name]].append(len(clean))
            clean.append(paper.in_unit_range(both[0].image)[np.newaxis])
            points.append(both[0].points)
            again.append(both[1].points)
    training, validation, test = (torch.tensor(parts[part], dtype=torch.long) for part in PARTS)
    return paper.Bodies(
        paper.stacked(clean),
        paper.stacked(points),
        paper.stacked(again),
        (training, validation, test),
        "LIDC-IDRI",
    )


def _seconds_of_a_step(out: Path, report: Report) -> float:
    """Processor seconds of a step as the shipped network learns, on the training patients' slices;
    without the first, which warms up.
    """
    preset = load_preset("shipped")
    cycle = replace(preset.cycles[0], steps=STEPS, share={"chest": 1.0})
    small = {"phantoms": 1, "phantom_pairs": 2, "pairs_256": 4, "pairs_512": 0}
    preset = replace(preset, cycles=(cycle,), **small)  # type: ignore[arg-type]  # all are numbers
    pairs, views = prepare(preset, out, out / "cache", report)
    seconds = []
    for steps in (1, STEPS):
        short = replace(preset, cycles=(replace(cycle, steps=steps),))
        before = time.process_time()
        fit(short, pairs, views, out / "timing", quiet=True)
        seconds.append(time.process_time() - before)
    return (seconds[1] - seconds[0]) / (STEPS - 1)


def _yardstick(args: argparse.Namespace, report: Report) -> Table:
    """The tables of `evaluate` on the patients that are held out."""
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    given = {"--weights": args.weights, "--data": args.out, "--json": args.json}
    given["--cache"] = args.out / "cache"
    words = [str(word) for pair in given.items() for word in pair]
    options = parser.parse_args([*words, *(["--quick"] if args.quick else [])])
    tables: Table = evaluate.evaluate(options, load_model("cpu", args.weights), report)
    return tables


def hours(table: Table) -> dict[str, float]:
    """Hours of one core for the whole collection: reading grows with the images, surfaces and
    yardstick with the patients, the protocol with its slices and epochs, from the seconds of those
    that are here; training, whose steps do not grow, from the seconds of one. Where an earlier run
    had made the surfaces, theirs are missing.
    """
    seconds, patients = table["seconds"], sum(map(len, table["patients"].values()))
    held_out = patients - len(table["patients"]["train"])
    slices, protocol = table["paper"]["slices"], table["paper"]["protocol"]
    passes = max(1, slices["train"] * protocol["epochs"] * len(table["paper"]["seeds"]))
    whole = 0.7 * PATIENTS * sum(slices.values()) / patients * EPOCHS * SEEDS
    found = {
        "reading": table["reading"]["seconds"] / table["reading"]["slices"] * IMAGES,
        "surfaces": seconds["surfaces"] / patients * PATIENTS,
        f"the paper's protocol, {EPOCHS} epochs, {SEEDS} seeds": seconds["protocol"]
        / passes
        * whole,
        "training as the shipped weights": seconds["step"] * load_preset("shipped").steps,
    }
    if "yardstick" in seconds:
        found["yardstick"] = seconds["yardstick"] / max(held_out, 1) * 0.3 * PATIENTS
    return {name: value / 3600 for name, value in found.items()}


def markdown(table: Table) -> str:
    """All of it for people to read."""
    patients = {part: len(names) for part, names in table["patients"].items()}
    lines = [
        "# LIDC-IDRI",
        "",
        "Patients: " + ", ".join(f"{count} {part}" for part, count in patients.items()),
        "",
        f"| one core's hours for {PATIENTS} patients | |",
        "|---|---|",
        *(f"| {name} | {value:.1f} |" for name, value in table["hours"].items()),
        "",
        paper_table.markdown(table["paper"]),
        *([yardstick_markdown(table["yardstick"])] if "yardstick" in table else []),
    ]
    return "\n".join(lines) + "\n"
