"""`python -m training bench`: the shipped model beside the peers, on one slice in one process."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from jrviewer.core.records import Slice
from jrviewer.diagnostics import benchmark
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from jrviewer.model.predict import POINTS
from training.baselines.command import FOLDER
from training.baselines.denoisers import Peers, apply_network
from training.console import progress
from training.data.real_noise.classical import non_local_means, total_variation
from training.evaluate import layer_times
from training.evaluate.cloud import seen

SIGMA_HU = 50.0  # given to NLM and TV; their time does not depend on it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument(
        "--beside-load", action="store_true", help="also beside a process that keeps a core busy"
    )
    parser.add_argument(
        "--baselines", type=Path, default=FOLDER, help="folder of the other denoisers' weights"
    )


def run(args: argparse.Namespace) -> int:
    """Time everything and print it; returns the exit status."""
    found = benchmark.run(
        peers(args.baselines), quick=args.quick, beside_load=args.beside_load, report=progress()
    )
    found |= layer_times.measure(found["peak_gflops"], quick=args.quick)
    found["joint_to_sequential"] = ratios(found)
    lines = [json.dumps(found, indent=1)] if args.json else benchmark.as_lines(found)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def peers(folder: Path) -> dict[str, Callable[[Slice], benchmark.Task]]:
    """The methods timed beside the model: one strength of the classical ones."""
    known = Peers(folder)
    networks = {name: known.networks[name] for name in ("redcnn", "cnn10")}
    return {
        **{name: _network(network) for name, network in networks.items()},
        "nlm": lambda image: lambda: non_local_means(image.pixels, SIGMA_HU, 1.0),
        "tv": lambda image: lambda: total_variation(image.pixels, SIGMA_HU, 1.0),
        "sequential": _sequential,
        "joint": _joint,
    }


def _network(network: torch.nn.Module) -> Callable[[Slice], benchmark.Task]:
    def of(image: Slice) -> benchmark.Task:
        return lambda: apply_network(network, image.pixels)

    return of


def ratios(found: Mapping[str, Any]) -> dict[str, float]:
    """The joint model's time relative to the pair's: at the same job, and with all that `predict`
    does.
    """
    pair = found["peers_ms"]["sequential"]
    return {
        "same_job": round(found["peers_ms"]["joint"] / pair, 2),
        "predict": round(found["predict_512_ms"]["median"] / pair, 2),
    }


def _joint(image: Slice) -> benchmark.Task:
    model = load_model("cpu")
    return _denoise_then_cloud(model, model, image)


def _sequential(image: Slice) -> benchmark.Task:
    """A denoiser, then a cloud network with an encoder of its own: both with the sizes and weights
    of their half of the joint model, so that the clouds have as many cells to sample.
    """
    return _denoise_then_cloud(load_model("cpu"), load_model("cpu"), image)


def _denoise_then_cloud(denoiser: JointModel, cloud: JointModel, image: Slice) -> benchmark.Task:
    """From the slice to its denoised version and 1024 points, without the input check."""

    def task() -> None:
        shown = seen(image.pixels, image.plane, denoiser.denoise)
        assert shown is not None
        cloud.clouds(shown[0], (POINTS,))

    return task
