"""`python -m training curves`: draws a run's learning curves."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TERMS = {
    "loss/denoising": "denoising: error relative to the noise",
    "loss/contrast": "contrast of faint discs: square of what is lost",
    "loss/surface": "cloud: cross-entropy, nats a point",
    "loss/sigma": "sigma: exponential likelihood",
}
SMOOTHED = 25  # entries of the log in a running mean: single batches differ much


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--run", type=Path, required=True, help="the run's folder")
    parser.add_argument(
        "--out", type=Path, default=Path("training/figures/learning_curves.png"), help="the picture"
    )


def run(args: argparse.Namespace) -> int:
    """Draw the picture; returns the exit status."""
    draw(read_log(args.run / "log"), args.out)
    print(args.out)
    return 0


def read_log(folder: Path) -> dict[str, FloatArray]:
    """Every term that a run learnt by as (entries, 2): step and value.

    A run that was resumed logs some steps twice: the later value counts. Raises JRViewerError
    where the folder holds no log.
    """
    log = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    log.Reload()
    found = log.Tags()["scalars"]
    logged = [name for name in TERMS if name in found]
    if not logged:
        raise JRViewerError("There is no training log in that folder: name a run of `fit`.")
    steps = {name: {entry.step: entry.value for entry in log.Scalars(name)} for name in logged}
    return {name: np.array(sorted(of.items()), dtype=np.float32) for name, of in steps.items()}


def draw(curves: dict[str, FloatArray], out: Path) -> None:
    """One panel per term: every logged batch in grey, with the running mean on top."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4 * len(curves), 3.4), layout="constrained")  # Agg opens no window
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, (name, curve) in zip(panels, curves.items(), strict=True):
        _panel(axes, curve)
        axes.set(xlabel="step", title=TERMS[name])
    figure.savefig(out, format="png", dpi=80)


def _panel(axes: "Axes", curve: FloatArray) -> None:
    steps, values = curve.T
    axes.plot(steps, values, color="0.8", linewidth=0.6)
    width = min(SMOOTHED, len(values))
    mean = np.convolve(values, np.ones(width) / width, mode="valid")
    axes.plot(steps[width - 1 :], mean, color="tab:blue")
    axes.set_ylim(*np.percentile(values, [0.2, 98]) * [0.98, 1.02])
