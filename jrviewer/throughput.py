"""A whole series through the model: how fast from disk to results, what a slice leaves in memory,
how soon a run that is cancelled ends. Prints nothing.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer import dicom, inference
from jrviewer.errors import Cancelled, JRViewerError
from jrviewer.model import Model
from jrviewer.records import Prediction, Slice


def measure(model: Model, image: Slice, count: int) -> dict[str, Any]:
    """Slices a second from files on disk to predictions that are all kept; megabytes that a slice
    and its result add to this process, None where the system does not tell; seconds from a
    cancelling to the end of the run.
    """
    with tempfile.TemporaryDirectory() as folder:
        _write(image, count, Path(folder))
        cancel = _cancelling(model, [replace(image) for _ in range(8)])  # warms up, too
        seconds, growth = _run(model, Path(folder), count)
    return {
        "slices": count,
        "slices_per_s": round(count / seconds, 2),
        "growth_mb_per_slice": growth,
        "cancel_s": round(cancel, 3),
    }


def _write(image: Slice, count: int, folder: Path) -> None:
    for number in range(count):
        origin = image.plane.origin_mm + np.array([0.0, 0.0, 2.5 * number])
        pixels = np.roll(image.pixels, number, axis=1)
        plane = replace(image.plane, origin_mm=origin)
        moved = replace(image, pixels=pixels, plane=plane)
        dicom.write_phantom(moved, folder / f"{number:04d}.dcm")


def _run(model: Model, folder: Path, count: int) -> tuple[float, float | None]:
    """Seconds, and megabytes a slice."""
    before = memory_mb()
    kept: list[Prediction | JRViewerError] = []
    begun = time.perf_counter()
    with inference.crew(model, run_anyway=True) as crew:
        opened = dicom.read([folder], on_slice=crew.begin)
        kept += crew.results(one for series in opened.series for one in series)
    seconds = time.perf_counter() - begun
    after = memory_mb()
    if before is None or after is None:
        return seconds, None
    return seconds, round((after - before) / count, 2)


def _cancelling(model: Model, slices: Sequence[Slice]) -> float:
    """Seconds from the moment that the second result is there to the end of the run."""
    told: list[float] = []

    def cancel(fraction: float, what: str) -> None:
        told.append(time.perf_counter())
        if len(told) == 2:
            raise Cancelled

    try:
        for _ in inference.predict_series(model, slices, cancel, run_anyway=True):
            pass
    except Cancelled:
        return time.perf_counter() - told[-1]
    raise AssertionError("The run was not cancelled.")


def memory_mb() -> float | None:
    """What this process holds now; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * 4096 / 1e6
