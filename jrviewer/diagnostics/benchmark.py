"""Speed and memory of the shipped model on this computer, on the bundled 512 × 512 slice.

Everything that is compared is timed in turn, round by round, so that another program disturbs all
alike; medians count, and what other programs took meanwhile is told. Also the processor's own peak,
by matrix products and convolutions, and what share of it the network reaches. Prints nothing.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from jrviewer import dicom
from jrviewer.core import malloc
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Slice
from jrviewer.core.resources import resource
from jrviewer.diagnostics import throughput
from jrviewer.diagnostics.other_programs import OtherPrograms, busy_process, note_on
from jrviewer.model.devices import multiplies_bfloat16
from jrviewer.model.joint_model import JointModel
from jrviewer.model.kept_choice import Precision
from jrviewer.model.load import in_precision, load_model
from jrviewer.model.network import JointNet
from jrviewer.model.network_input import CT
from jrviewer.model.predict import POINTS, predict

ROUNDS, QUICK_ROUNDS = 21, 5
SERIES, QUICK_SERIES = 300, 8  # slices
PEAK_SIDE = 1024  # of the matrices
PEAK_CONVOLUTIONS = ((32, 256), (64, 128), (128, 64))  # channels and side, as the network has them
PEAK_ROUNDS = 4
LIBRARIES = ("numpy", "PySide6.QtWidgets", "pydicom", "pyvista", "pyvistaqt", "torch")
WINDOW = "jrviewer.ui.app"

Task = Callable[[], object]


def run(
    peers: Mapping[str, Callable[[Slice], Task]] | None = None,
    *,
    quick: bool = False,
    beside_load: bool = False,
    precision: Precision | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """All figures, ready for JSON; `peers` make a task of the slice that all are timed on. With
    `beside_load` the times once more beside a busy process; `precision` takes the place of the
    fastest one, except for the series.
    """
    malloc.configure()  # as the app does
    rounds = QUICK_ROUNDS if quick else ROUNDS
    slices = QUICK_SERIES if quick else SERIES
    report(0.0, "importing")
    imports = import_ms(1 if quick else 5)
    sample = dicom.read([resource("sample/phantom.dcm")]).series[0][0]
    exact = load_model("cpu")
    fast = in_precision(exact, precision) if precision else load_model("auto")
    tasks = _tasks(exact, fast, sample, peers or {})
    report(0.2, "timing")
    others = OtherPrograms()
    ms = {name: _summary(taken) for name, taken in in_turn(tasks, rounds).items()}
    peak = peak_gflops()
    cores = others.cores()
    report(0.8, "series")
    series = throughput.measure(sample, slices)
    found = {
        "machine": machine(),
        "device": {"exact": exact.device, "fastest": fast.device},
        "peak_gflops": peak,
        **_times(ms),
        **_share_of_peak(exact, sample, ms["denoise"]["median"], peak["fp32"]),
        **({"peers_ms": {name: ms[name]["median"] for name in peers}} if peers else {}),
        "series_slices_per_s": series["slices_per_s"],
        "series": series,
        "import_ms": imports,
        "rss_mb": series["peak_mb"],
        "others_cores": cores,
        "note": note_on(cores),
    }
    if beside_load:
        report(0.9, "beside a busy process")
        found["beside_load"] = _beside_load(tasks, ms, sample, rounds, slices)
    return found


def _tasks(
    exact: JointModel,
    fast: JointModel,
    sample: Slice,
    peers: Mapping[str, Callable[[Slice], Task]],
) -> dict[str, Task]:
    """Everything that is timed in turn."""
    pixels = sample.pixels
    return {
        "predict": lambda: predict(exact, sample, run_anyway=True),
        "predict_fastest": lambda: predict(fast, sample, run_anyway=True),
        "denoise": lambda: exact.denoise(pixels, sample.unit),
        "denoise_fastest": lambda: fast.denoise(pixels, sample.unit),
        "cloud": _cloud_task(exact),
        **{name: make(sample) for name, make in peers.items()},
    }


def _times(ms: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Of what the app does with one slice, in milliseconds."""
    return {
        "predict_512_ms": ms["predict"],
        "predict_512_fastest_ms": ms["predict_fastest"],
        "denoise_512_ms": ms["denoise"]["median"],
        "denoise_512_fastest_ms": ms["denoise_fastest"]["median"],
        "cloud_ms": ms["cloud"]["median"],
    }


def _share_of_peak(
    model: JointModel, sample: Slice, denoise_ms: float, peak_gflops: float
) -> dict[str, float]:
    """How much there is to multiply, and how near denoising comes to what the processor can do."""
    macs = macs_of_denoising(model.net)
    gflops = 2e-9 * macs * sample.pixels.size / (1e-3 * denoise_ms)
    return {"macs_per_pixel": macs, "share_of_peak": round(gflops / peak_gflops, 3)}


def _beside_load(
    tasks: Mapping[str, Task],
    alone: Mapping[str, Mapping[str, float]],
    sample: Slice,
    rounds: int,
    slices: int,
) -> dict[str, Any]:
    """The same beside a process that keeps one core busy: median and p95 in milliseconds, and how
    many times the median alone.
    """
    with busy_process():
        ms = {name: _summary(taken) for name, taken in in_turn(tasks, rounds).items()}
        series = throughput.measure(sample, slices)
    times = {name: round(one["median"] / alone[name]["median"], 2) for name, one in ms.items()}
    return {
        "ms": {name: {**one, "times_alone": times[name]} for name, one in ms.items()},
        "series_slices_per_s": series["slices_per_s"],
    }


def as_lines(found: Mapping[str, Any], name: str = "") -> list[str]:
    """The same for people, a line a figure."""
    lines = []
    for key, value in found.items():
        path = f"{name} {key}".strip()
        if isinstance(value, Mapping):
            lines += as_lines(value, path)
        elif isinstance(value, list):
            lines += [f"{path}: {', '.join(f'{k} {v}' for k, v in row.items())}" for row in value]
        else:
            lines.append(f"{path}: {value}")
    return lines


def in_turn(tasks: Mapping[str, Task], rounds: int) -> dict[str, list[float]]:
    """Seconds of every task in every round, after one that warms up."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for number in range(rounds + 1):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            if number:
                seconds[name].append(time.perf_counter() - started)
    return seconds


def peak_gflops() -> dict[str, float]:
    """The best of matrix products and 3 × 3 convolutions, in 10⁹ operations a second: neither kind
    is the faster one on every processor.
    """
    work: dict[str, float] = {}
    tasks: dict[str, Task] = {}
    for precision, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        for name, operations, task in _products(kind):
            work[f"{precision} {name}"], tasks[f"{precision} {name}"] = operations, task
    single = np.random.default_rng(1).random((PEAK_SIDE, PEAK_SIDE), dtype=np.float32)
    work["fp32 numpy"], tasks["fp32 numpy"] = 2.0 * PEAK_SIDE**3, lambda: single @ single
    best = dict.fromkeys(tasks, float("inf"))
    for turn in range(PEAK_ROUNDS):
        for name, task in tasks.items():
            if turn and name.startswith("bf16") and not multiplies_bfloat16():
                continue  # imitated products take seconds
            # Several times running: the first finds nothing of its own in the processor's cache,
            # and threads of another library that have not gone to sleep yet.
            with torch.inference_mode():
                times = in_turn({name: task}, PEAK_ROUNDS)[name]
            best[name] = min(best[name], *times)
    peak: dict[str, float] = {}
    for name, seconds in best.items():
        precision = name.split()[0]
        peak[precision] = max(peak.get(precision, 0.0), round(1e-9 * work[name] / seconds, 1))
    return peak


def _products(kind: torch.dtype) -> Iterator[tuple[str, float, Task]]:
    """Name, operations and task of products in one precision."""
    matrix = torch.rand(PEAK_SIDE, PEAK_SIDE).to(kind)
    yield "matrix", 2.0 * PEAK_SIDE**3, lambda: matrix @ matrix
    if kind is torch.bfloat16 and not multiplies_bfloat16():
        return  # imitated convolutions take too long to be worth it
    for channels, side in PEAK_CONVOLUTIONS:
        image = torch.rand(1, channels, side, side).to(kind, memory_format=torch.channels_last)
        weight = torch.rand(channels, channels, 3, 3).to(kind, memory_format=torch.channels_last)
        convolve = partial(torch.conv2d, image, weight, padding=1)
        yield f"convolution {channels}", 18.0 * channels**2 * side**2, convolve


def macs_of_denoising(net: JointNet) -> int:
    """Multiply-adds a pixel of a 512 × 512 slice."""
    from jrviewer.diagnostics.multiply_adds import MultiplyAdds

    hu = torch.zeros(1, 1, 512, 512)
    with torch.inference_mode(), MultiplyAdds() as counted:
        net.denoise(hu, CT)
    return round(counted.total / hu.numel())


def import_ms(rounds: int) -> dict[str, float]:
    """Milliseconds to import what the app stands on, each in a fresh Python; empty when frozen."""
    if getattr(sys, "frozen", False):
        return {}
    return {
        name: round(1e3 * statistics.median(_import_seconds(name) for _ in range(rounds)), 1)
        for name in (*LIBRARIES, WINDOW)
    }


def machine() -> dict[str, Any]:
    """What the figures hold for."""
    return {
        "system": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def _cloud_task(model: JointModel) -> Task:
    canonical = np.full((128, 128), -1000, dtype=np.float32)
    row, column = np.ogrid[:128, :128]
    canonical[np.hypot((row - 64) / 40, (column - 64) / 55) < 1] = 40
    return lambda: model.clouds(canonical, (POINTS,))


def _summary(seconds: list[float]) -> dict[str, float]:
    ms = 1e3 * np.array(seconds)
    return {
        "median": round(float(np.median(ms)), 1),
        "p95": round(float(np.percentile(ms, 95)), 1),
    }


def _import_seconds(name: str) -> float:
    code = f"import time; t = time.perf_counter(); import {name}; print(time.perf_counter() - t)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(ran.stdout)


def processor() -> str:
    """The processor's name where the system says it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8").splitlines() if path.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
