"""`python -m training efficiency`: what one joint network costs beside two in a row, from the slice
to its denoised twin and 1024 points: time, memory, and energy where the computer counts it.

Both ways do the same job with the shipped weights; the pair's second network has an encoder of its
own, and neither holds the head that it does not need. Each runs in a process of its own, in turn,
on the CPU and on a CUDA device where there is one: under five minutes in all.
"""

import argparse
import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from jrviewer import dicom
from jrviewer.core import malloc
from jrviewer.core.resources import resource
from jrviewer.diagnostics import benchmark
from jrviewer.diagnostics.throughput import memory_mb, peak_memory_mb
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from jrviewer.model.predict import POINTS
from training.console import tell
from training.evaluate.cloud import seen

Way = Literal["joint", "sequential"]
WAYS: tuple[Way, ...] = ("joint", "sequential")
ROUNDS, SECONDS = 2, 10.0
WARM_UP = 3
COUNTERS = Path("/sys/class/powercap")  # of joules, on Linux and Intel or AMD

Row = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each way and round")
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")


def run(args: argparse.Namespace) -> int:
    """Write the table; the exit status."""
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    table: Row = {"machine": benchmark.machine(), "devices": {}}
    for device in devices:
        rounds = [[_alone(way, device, args.seconds) for way in WAYS] for _ in range(ROUNDS)]
        table["devices"][device] = {
            way: together([one[number] for one in rounds]) for number, way in enumerate(WAYS)
        }
    tell(args.json, table, markdown(table))
    return 0


def _alone(way: Way, device: str, seconds: float) -> Row:
    """In a process of its own, whose memory is that of one way and of nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
        return own.submit(measure, way, device, seconds).result()


def measure(way: Way, device: str, seconds: float) -> Row:
    """Milliseconds of wall and processor time for every slice, megabytes that the way adds to the
    process at most, megabytes of its weights, and joules for a slice where they are counted.
    """
    malloc.configure()  # as the app does
    image = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    before = memory_mb()
    models = _models(way, device)

    def task() -> None:
        shown = seen(image.pixels, image.plane, models[0].denoise)
        assert shown is not None
        models[-1].clouds(shown[0], (POINTS,))

    for _ in range(WARM_UP):
        task()
    nets = {id(model.net): model.net for model in models}.values()
    return {
        **_repeated(task, seconds),
        "added_mb": _added_mb(before, device),
        "weights_mb": sum(p.numel() for net in nets for p in net.parameters()) * 4 / 1e6,
        "watts_gpu": _gpu_watts() if device == "cuda" else None,
    }


def _repeated(task: Callable[[], None], seconds: float) -> Row:
    """Wall seconds of every repetition, and processor seconds and joules of one in the mean."""
    walls: list[float] = []
    joules, started, processor = joules_so_far(), time.perf_counter(), time.process_time()
    while time.perf_counter() - started < seconds:
        begun = time.perf_counter()
        task()
        walls.append(time.perf_counter() - begun)
    after = joules_so_far()
    return {
        "walls_s": walls,
        "processor_s": (time.process_time() - processor) / len(walls),
        "joules": None if joules is None or after is None else (after - joules) / len(walls),
    }


def _models(way: Way, device: str) -> Sequence[JointModel]:
    """One model for both, or a denoiser and a cloud's, each without the other's head. Plain ones:
    half a network cannot be packed.
    """
    if way == "joint":
        return (replace(load_model(device), packed=None),)
    denoiser, cloud = (replace(load_model(device), packed=None) for _ in range(2))
    denoiser.net.cloud = nn.Identity()  # type: ignore[assignment]  # never called
    cloud.net.denoising = nn.Identity()  # type: ignore[assignment]
    return denoiser, cloud


def _added_mb(before: float | None, device: str) -> float | None:
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / 1e6
    most = peak_memory_mb()
    return None if most is None or before is None else most - before


def joules_so_far(counters: Path = COUNTERS) -> float | None:
    """What the processors' packages took since some moment; None where that is not counted or may
    not be read. A counter that starts anew gives a nonsense difference once in minutes.
    """
    microjoules = 0
    packages = [path for path in counters.glob("*:*") if path.name.count(":") == 1]
    for package in packages:
        try:
            microjoules += int((package / "energy_uj").read_text("ascii"))
        except (OSError, ValueError):
            return None
    return microjoules / 1e6 if packages else None


def _gpu_watts() -> float | None:
    """What the first graphics processor draws right after the run, as its driver says."""
    ask = ["nvidia-smi", "--query-gpu=power.draw", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, check=True, timeout=20)
        return float(said.stdout.split()[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def together(rounds: Sequence[Row]) -> Row:
    """The rounds of one way: medians of times, the most of memory, means of energy."""
    walls = sorted(wall for one in rounds for wall in one["walls_s"])
    joules = [one["joules"] for one in rounds if one["joules"] is not None]
    watts = [one["watts_gpu"] for one in rounds if one["watts_gpu"] is not None]
    added = [one["added_mb"] for one in rounds if one["added_mb"] is not None]
    return {
        "slices": len(walls),
        "ms": 1e3 * statistics.median(walls),
        "p95_ms": 1e3 * walls[int(0.95 * (len(walls) - 1))],
        "processor_ms": 1e3 * statistics.median(one["processor_s"] for one in rounds),
        "added_mb": max(added, default=None),
        "weights_mb": rounds[0]["weights_mb"],
        "joules": statistics.fmean(joules) if joules else None,
        "watts_gpu": statistics.fmean(watts) if watts else None,
    }


def markdown(table: Row) -> str:
    """The table for people to read."""
    machine = table["machine"]
    lines = [
        f"{machine.get('processor', '')}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} threads",
        "",
        "| | ms (p95) | processor ms | memory added, MB | weights, MB | joules | GPU watts |",
        "|---|---|---|---|---|---|---|",
    ]
    for device, ways in table["devices"].items():
        for way, row in ways.items():
            lines.append(
                f"| {way}, {device} | {row['ms']:.0f} ({row['p95_ms']:.0f}) "
                f"| {row['processor_ms']:.0f} | {_told(row['added_mb'], 0)} "
                f"| {row['weights_mb']:.1f} | {_told(row['joules'], 2)} "
                f"| {_told(row['watts_gpu'], 0)} |"
            )
    return "\n".join(lines) + "\n"


def _told(value: float | None, digits: int) -> str:
    return "not told" if value is None else f"{value:.{digits}f}"
