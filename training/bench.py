"""`python -m training bench`: the shipped model beside the peers, on one slice in one process."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch

from jrviewer import bench
from jrviewer.inference import channels_last
from jrviewer.network import Config, JointNet
from jrviewer.network_input import CT
from jrviewer.records import Slice
from training.baselines import FOLDER
from training.console import progress
from training.peers import Peers, apply_network, non_local_means, total_variation

SIGMA_HU = 50.0  # what NLM and TV are told; their time does not depend on it


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--baselines", type=Path, default=FOLDER, help="where the peers lie")


def run(args: argparse.Namespace) -> int:
    """Time everything and print it; returns the exit status."""
    found = bench.run(peers(args.baselines), quick=args.quick, report=progress())
    lines = [json.dumps(found, indent=1)] if args.json else bench.as_lines(found)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def peers(folder: Path) -> dict[str, Callable[[Slice], bench.Task]]:
    """What is timed beside the model: one strength of the classical ones."""
    known = Peers(folder)
    networks = {name: known.networks[name] for name in ("redcnn", "cnn10")}
    return {
        **{name: _network(network) for name, network in networks.items()},
        "nlm": lambda image: lambda: non_local_means(image.pixels, SIGMA_HU, 1.0),
        "tv": lambda image: lambda: total_variation(image.pixels, SIGMA_HU, 1.0),
        "sequential": _sequential,
    }


def _network(network: torch.nn.Module) -> Callable[[Slice], bench.Task]:
    def of(image: Slice) -> bench.Task:
        return lambda: apply_network(network, image.pixels)

    return of


def _sequential(image: Slice) -> bench.Task:
    """A denoiser, then a cloud network with an encoder of its own, in the joint model's sizes."""
    denoiser, cloud = (channels_last(JointNet(Config()).eval()) for _ in range(2))
    hu, canonical = torch.tensor(image.pixels)[None, None], torch.zeros(1, 1, 128, 128)

    def task() -> None:
        with torch.inference_mode():
            denoiser.denoise(hu, CT)
            cloud.surfaces(canonical)

    return task
