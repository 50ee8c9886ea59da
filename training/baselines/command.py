"""`python -m training baselines`: fits the cloud baselines and trains the denoisers compared with.

On training patients only, into `training/baselines/` (committed), which `evaluate` and `bench`
read.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np

from jrviewer.core.errors import JRViewerError
from jrviewer.core.progress import Report
from training.baselines import clouds
from training.baselines.denoisers import TRAINED, save_network
from training.baselines.train_denoisers import (
    Budget,
    Crops,
    pool_crops,
    real_crops,
    train_peer,
)
from training.console import progress
from training.data.prepare import patient_pairs, real_pairs
from training.data.views import Stored, View, read_pool, write_pool
from training.data.volumes import data_sha256
from training.preset import Preset, load_preset

FOLDER = Path(__file__).parent
CLOUD_FILE = "cloud.npz"
FACTS_FILE = "facts.json"
VIEW_STEP_MM = 7.0
MOST_VIEWS = {"head-neck": 10, "head": 10}  # per volume, since these regions have many
MOST_VIEWS_ELSEWHERE = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with volumes/*.npz")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where the fits go")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="views and pairs")
    parser.add_argument("--views", type=Path, help="training views made before (a views pool)")
    parser.add_argument("--pairs", type=Path, help="noisy pairs made before (a noise pool)")
    parser.add_argument("--only", choices=("cloud", *TRAINED), nargs="+", help="only these")
    parser.add_argument(
        "--minutes", type=float, default=20.0, help="training time of each denoiser"
    )
    parser.add_argument("--resume", action="store_true", help="resume from the last checkpoint")
    parser.add_argument(
        "--steps", type=int, default=None, help="updates of each denoiser, instead of minutes"
    )
    parser.add_argument("--seed", type=int, default=2026, help="of crops and weights")
    parser.add_argument(
        "--preset", default="shipped", help="whose crops the denoisers learn from, as ours did"
    )
    parser.add_argument(
        "--start", type=Path, help="folder of earlier fits that the denoisers begin with"
    )


def run(args: argparse.Namespace) -> int:
    """Fit and train what was asked for; returns the exit status."""
    wanted = args.only or ("cloud", *TRAINED)
    args.out.mkdir(parents=True, exist_ok=True)
    report = progress()
    if "cloud" in wanted:
        _fit_cloud(args, report)
    peers = [name for name in TRAINED if name in wanted]
    if peers:
        crops = _crops(args, report)
        for name in peers:
            _train(name, crops, args)
    return 0


def training_views(pool: Path) -> list[View]:
    """The views that the baselines are fitted on: fewer per volume for regions with many
    volumes.
    """
    chosen: list[View] = []
    for stored in read_pool(pool):
        most = MOST_VIEWS.get(stored.region, MOST_VIEWS_ELSEWHERE)
        rows = np.linspace(0, len(stored) - 1, min(most, len(stored)))
        chosen += [_unstored(stored, round(float(row))) for row in rows]
    return chosen


def remember(folder: Path, name: str, facts: dict[str, object]) -> None:
    """Add the facts of one fit to the folder's facts file."""
    known = known_facts(folder)
    known[name] = facts
    path = folder / FACTS_FILE
    path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def known_facts(folder: Path) -> dict[str, object]:
    """The facts of every fit in a folder."""
    path = folder / FACTS_FILE
    facts: dict[str, object] = {}
    if path.is_file():
        facts = json.loads(path.read_text(encoding="utf-8"))
    return facts


def _unstored(stored: Stored, row: int) -> View:
    low, high = stored.z_range[row]
    return View(
        image=stored.images[row].astype(np.float32),
        points=stored.points[row].astype(np.float32),
        labels=np.array(stored.labels[row]),
        z_range=(float(low), float(high)),
        name=stored.name,
        patient=stored.patient,
        region=stored.region,
        index=stored.indices[row],
    )


def _fit_cloud(args: argparse.Namespace, report: Report) -> None:
    pool = args.views
    if pool is None:
        pool = args.cache / f"views_train_{data_sha256(args.data)[:16]}"
        write_pool(args.data, "train", pool, VIEW_STEP_MM, report=report)
    views = training_views(pool)
    effort = clouds.Effort(seed=args.seed)
    clouds.save(clouds.fit(views, effort, report), args.out / CLOUD_FILE)
    facts: dict[str, object] = {
        "views": len(views),
        "patients": len({view.patient for view in views}),
        "data_sha256": data_sha256(args.data),
        **asdict(effort),
    }
    remember(args.out, "cloud", facts)


def _crops(args: argparse.Namespace, report: Report) -> Crops:
    """What a preset of ours learns from."""
    preset = load_preset(args.preset)
    if preset.real_noise:
        return real_crops(real_pairs(preset, args.data, args.cache, report))
    return pool_crops(_pairs(preset, args, report))


def _pairs(preset: Preset, args: argparse.Namespace, report: Report) -> Path:
    """The pool of noisy pairs that a preset learns from."""
    pool = args.pairs or patient_pairs(preset, args.data, args.cache, report)
    if pool is None:
        raise JRViewerError(f"{args.data} holds no CT fine enough to train the denoisers on.")
    return Path(pool)


def _train(name: str, crops: Crops, args: argparse.Namespace) -> None:
    checkpoint = args.cache / "peers" / f"{name}.ckpt"
    if not args.resume:
        checkpoint.unlink(missing_ok=True)
    budget = Budget(args.minutes, args.steps)
    start = args.start / f"{name}.safetensors" if args.start else None
    trained = train_peer(name, crops, budget, args.seed, checkpoint, start)
    minutes = trained.seconds / 60
    facts: dict[str, object] = {
        "updates": trained.updates,
        "minutes": round(minutes, 2),
        "processor_minutes": round(trained.processor_seconds / 60, 2),
        "seed": args.seed,
        "preset": args.preset,
    }
    if args.start:
        facts["began_with"] = known_facts(args.start)[name]
    facts_as_text = {key: str(value) for key, value in facts.items()}
    save_network(name, trained.network, args.out, facts_as_text)
    remember(args.out, name, facts)
    sys.stdout.write(f"{name}: {trained.updates} updates in {minutes:.1f} minutes\n")
