"""`python -m training sequential`: one joint network against a denoiser and a cloud network in a
row, at equal parameters and equal multiply-adds.

Sequential pairs: S1 makes the cloud from the noisy slice, S2 is trained on what the finished
denoiser makes of noisy slices, S3 on clean slices and used on denoised ones. The oracle is S3 on
clean slices. All are tried the app's way on the same low-dose slices of validation patients.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.core.records import Unit
from jrviewer.model.joint_model import JointModel
from jrviewer.model.network import JointNet
from training.baselines.clouds import truth_of
from training.baselines.command import FOLDER
from training.baselines.denoisers import Peers
from training.console import add_seeds, progress
from training.data.cases import COARSEST_MM, Case
from training.data.pools import Pairs
from training.data.prepare import prepare
from training.evaluate import cloud as evaluate_cloud
from training.evaluate import denoise as evaluate_denoise
from training.evaluate.cloud import CloudCase, Denoise, Ours
from training.evaluate.cost import macs_of_slice
from training.evaluate.score_cache import Cache, array_sha, source_sha
from training.experiments import sequential_arms
from training.experiments.sequential_arms import ARMS, narrowed, parameters
from training.experiments.sequential_table import markdown, tables_of
from training.metrics import scores as metrics
from training.metrics.scores import WINDOWS, cloud_scores, image_scores
from training.preset import Preset, load_preset

SEED = 2026  # of the noise and the true points, as in `evaluate`
DOSE = 10  # per cent
POINTS = 1024
PER_VOLUME = 3

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Route:
    """From a low-dose slice to an image and a cloud: by which networks."""

    cloud: str
    denoiser: str  # "": none, the cloud is made from the slice as it is
    is_clean: bool = False  # the slice before noise was added


ROUTES: Mapping[str, Route] = {
    "s1": Route("s1", ""),
    "s2": Route("s2", "denoiser"),
    "s3": Route("s3", "denoiser"),
    "joint": Route("joint", "joint"),
    "joint_denoised": Route("joint_denoised", "joint_denoised"),
    "oracle": Route("s3", "", is_clean=True),
}


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A validation slice, and the same at low dose."""

    clean: CloudCase
    noisy: CloudCase
    pixel_mm: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with volumes/*.npz")
    add_seeds(parser, "runs of each arm, 1 to 10")
    parser.add_argument("--quick", action="store_true", help="a few steps on a few slices")
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")
    parser.add_argument("--out", type=Path, default=Path("runs/sequential"), help="for the runs")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Train what is missing and write the tables, after every seed anew; the exit status."""
    report = progress()
    preset = load_preset("sequential")
    preset = _quick(preset) if args.quick else preset
    pairs, views = prepare(preset, args.data, args.cache, report)
    assert isinstance(pairs, Pairs)  # simulated doses, as the preset has it
    trials = _trials(
        args.data, args.cache, 1 if args.quick else None, 1 if args.quick else PER_VOLUME
    )
    rows: list[Row] = []
    for seed in range(1, args.seeds + 1):
        seeded, folder = replace(preset, seed=seed), args.out / f"seed-{seed}"
        nets = {name: sequential_arms.train(name, seeded, pairs, views, folder) for name in ARMS}
        rows += _rows(nets, trials, seed, preset.sharpness, Cache(args.out / "scores"), report)
        tables = {"quick": bool(args.quick), "preset": asdict(preset)} | _sizes(preset)
        tables |= tables_of(rows, SEED)
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")
        args.json.with_suffix(".md").write_text(markdown(tables), encoding="utf-8")
    sys.stdout.write(markdown(tables))
    return 0


def _quick(preset: Preset) -> Preset:
    cycle = replace(preset.cycles[0], steps=3, crops=2, views=2)
    return replace(preset, cycles=(cycle,), phantoms=1, phantom_pairs=2, pairs_256=2, pairs_512=0)


def _sizes(preset: Preset) -> dict[str, Any]:
    """Parameters, and multiply-adds for a 512 × 512 slice and its cloud, of both ways."""
    joint, pair = JointNet(preset.model), JointNet(narrowed(preset.model))
    parts, own = parameters(joint), parameters(pair)
    return {
        "parameters": {
            "joint": sum(parts.values()),
            "pair": sum(own.values()) + own["encoder"],
        },
        "context_width": {
            "joint": joint.config.context_width,
            "pair": pair.config.context_width,
        },
        "macs": {"joint": macs_of_slice(joint), "pair": macs_of_slice(pair)},
    }


def _trials(data: Path, cache: Path, most: int | None, per_volume: int) -> list[Trial]:
    """Slices of the validation patients with the noise that `evaluate` adds."""
    bench = evaluate_denoise.Bench(None, "", Peers(FOLDER), Cache(cache / "evaluate"), SEED)
    trials: list[Trial] = []
    for entry in evaluate_cloud.chosen_entries(data, ("validation",), most):
        for clean in evaluate_cloud.cases_of(entry, per_volume, cache / "surfaces", SEED):
            kernels = evaluate_denoise.KERNELS
            case = _case(clean)
            kernel = kernels[len(trials) % len(kernels)]
            pixels = evaluate_denoise.low_dose_image(case, DOSE, kernel, bench)
            trials.append(Trial(clean, replace(clean, pixels=pixels), case.pixel_mm))
    return trials


def _case(cloud: CloudCase) -> Case:
    view = cloud.view
    name = f"{view.name}-{view.index + 1:04d}"
    pixel_mm = cloud.plane.spacing_mm[0]
    return Case(name, view.patient, view.region, "volume", "HU", cloud.pixels, pixel_mm)


def _rows(
    nets: Mapping[str, JointNet],
    trials: Sequence[Trial],
    seed: int,
    sharpness: float,
    cache: Cache,
    report: Report,
) -> list[Row]:
    """One row per slice and route, and of the sampling floor."""
    models = {
        name: JointModel(name, _sha(net), "CPU", net, sharpness) for name, net in nets.items()
    }
    rows: list[Row] = []
    for i, trial in enumerate(trials):
        report(i / len(trials), f"seed {seed}: slice {i + 1} of {len(trials)}")
        view = trial.clean.view
        identity = {"seed": seed, "patient": view.patient, "region": view.region}
        for name in (*ROUTES, "floor"):
            key = _key(name, models, trial)
            scored = cache.scores(key, partial(_scores, name, models, trial))
            rows.append(identity | {"route": name} | scored)
    return rows


def _scores(name: str, models: Mapping[str, JointModel], trial: Trial) -> Row:
    truth = truth_of(trial.clean.view)
    if name == "floor":
        return {"L1_mm": cloud_scores(*trial.clean.floors[POINTS], truth)["L1_mm"]}
    route = ROUTES[name]
    case = trial.clean if route.is_clean else trial.noisy
    denoise: Denoise = models[route.denoiser].denoise if route.denoiser else _as_it_is
    ours = Ours(denoise, models[route.cloud].clouds)
    points, labels, _ = evaluate_cloud.predict(case, case.box, ours, (POINTS,))[0]
    scores: Row = {"L1_mm": cloud_scores(points, labels, truth)["L1_mm"]}
    if trial.pixel_mm <= COARSEST_MM and not route.is_clean:
        clean = _case(trial.clean)
        window = WINDOWS[clean.region]
        image = denoise(trial.noisy.pixels, "HU")
        known = image_scores(image, clean.pixels, clean.mask(), window)
        scores |= {"psnr": known["psnr"], "ssim": known["ssim"]}
    return scores


def _as_it_is(pixels: FloatArray, unit: Unit) -> FloatArray:
    return pixels


def _key(name: str, models: Mapping[str, JointModel], trial: Trial) -> str:
    """What a score depends on."""
    route = ROUTES.get(name)
    used = (
        [models[one].weights_sha256 for one in (route.cloud, route.denoiser) if one]
        if route
        else []
    )
    code = source_sha(metrics, evaluate_cloud, sys.modules[__name__])
    pixels = array_sha(trial.noisy.pixels), array_sha(trial.clean.view.points)
    return " ".join([name, *used, *pixels, code])


def _sha(net: JointNet) -> str:
    digest = hashlib.sha256()
    for tensor in net.state_dict().values():
        digest.update(np.ascontiguousarray(tensor.numpy()).tobytes())
    return digest.hexdigest()
