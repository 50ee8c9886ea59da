"""A whole series through the model: how fast from disk to results, what a slice leaves in memory,
how soon a run that is cancelled ends. Prints nothing.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer import dicom
from jrviewer.core import malloc
from jrviewer.core.errors import Cancelled, JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from jrviewer.model.predict import make_pool, predict_series


def measure(image: Slice, count: int) -> dict[str, Any]:
    """Slices a second from files on disk to predictions that are all kept; megabytes that a slice
    and its result add to the process, and the most that it ever held, None where the system does
    not say; seconds from cancelling to the end of the run.

    In a process of its own, so that the memory is that of one series and of nothing else.
    """
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
        return own.submit(_measure, image, count).result()


def write_series(image: Slice, count: int, folder: Path) -> None:
    """One series of synthetic files: the slice, moved on and shifted from one to the next."""
    for number in range(1, count + 1):
        origin = image.plane.origin_mm + np.array([0.0, 0.0, 2.5 * number])
        pixels = np.roll(image.pixels, number, axis=1)
        moved = replace(image, pixels=pixels, plane=replace(image.plane, origin_mm=origin))
        dicom.write_phantom(moved, folder / f"{number:04d}.dcm", "throughput", number)


def _measure(image: Slice, count: int) -> dict[str, Any]:
    malloc.configure()  # as the app does
    model = load_model("auto")
    with tempfile.TemporaryDirectory() as folder:
        write_series(image, count, Path(folder))
        cancel = _cancelling(model, [replace(image) for _ in range(8)])  # warms up, too
        seconds, growth = _run(model, Path(folder), count)
    return {
        "slices": count,
        "slices_per_s": round(count / seconds, 2),
        "growth_mb_per_slice": growth,
        "peak_mb": peak_memory_mb(),
        "cancel_s": round(cancel, 3),
    }


def _run(model: JointModel, folder: Path, count: int) -> tuple[float, float | None]:
    """Seconds, and megabytes a slice."""
    before = memory_mb()
    kept: list[Prediction | JRViewerError] = []
    started = time.perf_counter()
    with make_pool(model, run_anyway=True) as pool:
        opened = dicom.read([folder], on_slice=pool.begin)
        kept += pool.results(one for series in opened.series for one in series)
    seconds = time.perf_counter() - started
    after = memory_mb()
    if before is None or after is None:
        return seconds, None
    return seconds, round((after - before) / count, 2)


def _cancelling(model: JointModel, slices: Sequence[Slice]) -> float:
    """Seconds from the moment that the second result is there to the end of the run."""
    times: list[float] = []

    def cancel(fraction: float, what: str) -> None:
        times.append(time.perf_counter())
        if len(times) == 2:
            raise Cancelled

    try:
        for _ in predict_series(model, slices, cancel, run_anyway=True):
            pass
    except Cancelled:
        return time.perf_counter() - times[-1]
    raise AssertionError("The run was not cancelled.")


def peak_memory_mb() -> float | None:
    """The most that this process ever held; None where the system does not say.

    Not `ru_maxrss`, which on Linux a process inherits from the one that started it.
    """
    if sys.platform != "linux":
        return None
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return round(int(status["VmHWM"].split()[0]) * 1024 / 1e6, 1)


def memory_mb() -> float | None:
    """What this process holds now; None where the system does not say."""
    if sys.platform != "linux":
        return None
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6
