"""`python -m training evaluate`: the tables of denoising and of clouds, with all peers and
baselines in one run on the same inputs; JSON, and Markdown beside it.
"""

import argparse
import json
import os
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

from jrviewer.core.progress import Report
from jrviewer.diagnostics import benchmark
from jrviewer.model import cpu_tuning, joint_model, network, network_input
from jrviewer.model.joint_model import JointModel
from jrviewer.model.kept_choice import Precision
from jrviewer.model.load import in_precision, load_model
from training.baselines.clouds import CloudBaselines
from training.baselines.command import CLOUD_FILE, FOLDER, known_facts
from training.baselines.denoisers import Peers
from training.console import progress
from training.data.cases import Case, cases, phantom_cases
from training.data.volumes import Split, catalogue, data_sha256
from training.evaluate import cloud, denoise
from training.evaluate.cost import cost_table
from training.evaluate.mc_dropout import dropout_table, known_fit
from training.evaluate.ood import ood_table
from training.evaluate.real_noise.levels import levels_markdown, levels_table
from training.evaluate.real_noise.methods import Methods
from training.evaluate.real_noise.real import real_markdown, real_table, warn_if_empty
from training.evaluate.report import markdown
from training.evaluate.score_cache import Cache, source_sha
from training.evaluate.tables import cloud_table, denoise_table, harmed, mr_table

SEED = 2026
LESION_CASES = 8
PARTS = ("real", "levels", "cloud", "check")
Tables = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extent:
    """How many slices are scored."""

    denoise_per_volume: int = 6
    native_per_patient: int = 2
    phantoms_per_region: int = 2
    cloud_per_volume: int = 6
    patients: int | None = None  # of each region at most; None is all


QUICK = Extent(1, 1, 1, 1, 1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--weights", required=True, help="weights file; “none”: baselines only")
    parser.add_argument("--data", type=Path, required=True, help="folder with volumes/*.npz")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--split", choices=("train", "validation"), default="validation", help="whose patients"
    )
    which.add_argument("--all", action="store_true", help="every patient of the folder")
    parser.add_argument("--quick", action="store_true", help="a slice or so of each region")
    parser.add_argument("--json", type=Path, required=True, help="where the tables go")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument(
        "--precision", choices=get_args(Precision), default="fp32", help="that ours runs in"
    )
    parser.add_argument("--pairs", type=Path, help="real pairs: NAME.dcm and NAME.full.npy")
    parser.add_argument("--baselines", type=Path, default=FOLDER, help="the fits to compare with")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Write the tables; returns the exit status."""
    if args.precision != "fp32" and args.only not in ("real", "levels"):  # others keep scores
        sys.stderr.write("Another precision is measured with --only real or levels alone.\n")
        return 2
    model = None
    if args.weights != "none":
        model = in_precision(load_model("cpu", Path(args.weights)), args.precision)
    if args.only == "real":
        return _write(args, _about(args, model) | _real(args, model, progress()))
    if args.only == "levels":
        return _write(args, _about(args, model) | _levels(args, model, progress()))
    if args.only == "cloud":
        return _write(args, _about(args, model) | _clouds_alone(args, model, progress()))
    if args.only == "check":
        return _write(args, _about(args, model) | _check(args, model, progress()))
    tables = evaluate(args, model, progress()) | _real(args, model, progress())
    tables["cost"] = cost_table(model, args.baselines, quick=args.quick)
    return _write(args, tables)


def _write(args: argparse.Namespace, tables: Tables) -> int:
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
    text = markdown(tables) if "denoise" in tables else ""
    if "levels" in tables:
        text = levels_markdown(tables["levels"]) + "\n" + text
    if "real" in tables:
        text = real_markdown(tables["real"]) + "\n" + text
    args.json.with_suffix(".md").write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return 0


def evaluate(args: argparse.Namespace, model: JointModel | None, report: Report) -> Tables:
    """All tables as the JSON has them, but for the cost: times are no two runs' the same."""
    splits: tuple[Split, ...] = ("train", "validation") if args.all else (args.split,)
    extent = QUICK if args.quick else Extent()
    tables = _about(args, model)
    tables |= _denoise(args, model, splits, extent, report)
    tables |= _clouds_alone(args, model, report)
    return tables


def _clouds_alone(args: argparse.Namespace, model: JointModel | None, report: Report) -> Tables:
    """The tables of clouds, and of the input check that lives on the same features."""
    splits: tuple[Split, ...] = ("train", "validation") if args.all else (args.split,)
    extent = QUICK if args.quick else Extent()
    tables = _cloud(args, model, splits, extent, report) | _check(args, model, report)
    known = {entry.patient for entry in catalogue(args.data) if entry.split in splits}
    tables["patients"] = len(known)
    return tables


def _check(args: argparse.Namespace, model: JointModel | None, report: Report) -> Tables:
    """The input check; nothing where the model knows none."""
    if model is None or model.familiarity is None:
        return {}
    splits: tuple[Split, ...] = ("train", "validation") if args.all else (args.split,)
    most = QUICK.patients if args.quick else Extent().patients
    return {"ood": ood_table(model, args.data, splits, most, SEED, report)}


def _real(args: argparse.Namespace, model: JointModel | None, report: Report) -> Tables:
    """Real noise; nothing without a model."""
    if model is None:
        return {}
    methods = Methods(model.denoise, Peers(args.baselines))
    table = real_table(methods, args.data, args.pairs, report)
    warn_if_empty(table)
    return {"real": table}


def _levels(args: argparse.Namespace, model: JointModel | None, report: Report) -> Tables:
    """Simulated noise at real levels; nothing without a model."""
    if model is None:
        return {}
    methods = Methods(model.denoise, Peers(args.baselines))
    return {"levels": levels_table(methods, args.data, report)}


def _about(args: argparse.Namespace, model: JointModel | None) -> Tables:
    """What was measured, on what, by which machine."""
    return {
        "seed": SEED,
        "data_sha256": data_sha256(args.data),
        "split": "all" if args.all else args.split,
        "quick": bool(args.quick),
        "model": model.name if model else "none",
        "precision": args.precision,
        "weights_sha256": model.weights_sha256 if model else "",
        "machine": _machine(),
        "peers": known_facts(args.baselines),
    }


def _denoise(
    args: argparse.Namespace,
    model: JointModel | None,
    splits: tuple[str, ...],
    extent: Extent,
    report: Report,
) -> Tables:
    chosen = cases(args.data, splits, extent.denoise_per_volume, extent.native_per_patient)
    chosen = _first_patients(chosen, extent.patients)
    code = source_sha(joint_model, cpu_tuning, network, network_input)
    bench = denoise.Bench(
        denoise=model.denoise if model else None,
        model_key=f"{model.weights_sha256} {code}" if model else "",
        peers=Peers(args.baselines),
        cache=Cache(args.cache / "evaluate"),
        seed=SEED,
    )
    ct = [case for case in chosen if case.unit == "HU"]
    phantoms = phantom_cases(extent.phantoms_per_region)
    mr = [case for case in chosen if case.unit != "HU"]
    rows = denoise.ct_rows([*ct, *phantoms], bench, report)
    discs = denoise.lesion_rows(spread(ct, LESION_CASES), bench, report)
    mr_rows = denoise.mr_rows(mr, bench, report)
    return {
        "denoise": denoise_table(rows, discs),
        "mr": mr_table(mr_rows),
        "harmed": {"ct": harmed(rows), "mr": harmed(mr_rows)},
        "slices": {
            "ct": len(ct),
            "phantom": len(phantoms),
            "mr": len(mr),
            "discs": len({row["case"] for row in discs}),
        },
    }


def _cloud(
    args: argparse.Namespace,
    model: JointModel | None,
    splits: tuple[str, ...],
    extent: Extent,
    report: Report,
) -> Tables:
    seen = cloud.chosen_entries(args.data, splits, extent.patients)
    cache = args.cache / "surfaces"
    found = [
        case
        for entry in seen
        for case in cloud.cases_of(entry, extent.cloud_per_volume, cache, SEED)
    ]
    path = args.baselines / CLOUD_FILE
    baselines = CloudBaselines.load(path) if path.is_file() else None
    ours = cloud.Ours(model.denoise, model.clouds) if model else None
    partners = cloud.partners(args.data, found, cache, SEED) if ours else []
    rows = cloud.cloud_rows(found, partners, baselines, ours, report)
    tables: Tables = {"cloud": cloud_table(rows, SEED), "cloud_slices": len(found)}
    scores = tables["cloud"].get("ours", {})
    for key in ("uncertainty", "plane_px"):
        if key in scores:
            tables[key] = scores.pop(key)
    if model and (fitted := known_fit(args.baselines, model)):
        tables["uncertainty"]["dropout_20"] = dropout_table(model, found, fitted, report)
    return tables


def _first_patients(chosen: list[Case], most: int | None) -> list[Case]:
    """The cases of the first few patients of each region and kind."""
    if most is None:
        return chosen
    patients: dict[tuple[str, str], list[str]] = {}
    for case in chosen:
        own = patients.setdefault((case.region, case.kind), [])
        if case.patient not in own:
            own.append(case.patient)
    return [c for c in chosen if c.patient in patients[c.region, c.kind][:most]]


def spread(chosen: list[Case], most: int) -> list[Case]:
    """About so many cases, as many of each region."""
    regions = sorted({case.region for case in chosen})
    picked: list[Case] = []
    for region in regions:
        own = [case for case in chosen if case.region == region]
        step = max(1, len(own) * len(regions) // most)
        picked += own[step // 2 :: step]
    return picked


def _machine() -> dict[str, str]:
    packages = ("numpy", "scipy", "scikit-image", "torch")
    return {
        "cpu": f"{benchmark.processor()}, {os.cpu_count()} threads",
        "python": platform.python_version(),
        **{name: version(name) for name in packages},
    }
