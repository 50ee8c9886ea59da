"""Pictures of one run of the paper's protocol: slices, clouds and learning curves as PNG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jrviewer.core.geometry import FloatArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CAPTIONS = (
    "Figure 1 of our run: one test slice with noise, denoised, and clean",
    "Figure 2 of our run: predicted against true points of the same slice, from the front and side",
    "Figure 3 of our run: learning curves of the first seed",
)
IMAGES = {
    "input": "noisy input",
    "sequential": "sequential",
    "joint": "joint",
    "clean": "clean",
}
TERMS = {"mse": "MSE", "chamfer": "squared Chamfer"}


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """Images (128, 128) in [0, 1] and clouds (1000, 3) in box units of one slice, by method."""

    images: Mapping[str, FloatArray]
    clouds: Mapping[str, FloatArray]


def write_figures(
    example: Example, curves: Mapping[str, Mapping[str, Sequence[float]]], beside: Path
) -> dict[str, str]:
    """Write three PNG files beside a file; returns their captions by file name."""
    figures = (_slices(example), _clouds(example), _curves(curves))
    written = {}
    for number, (figure, caption) in enumerate(zip(figures, CAPTIONS, strict=True), start=1):
        name = f"{beside.stem}-figure-{number}.png"
        figure.savefig(beside.with_name(name), format="png")  # by Agg, which opens no window
        written[name] = caption
    return written


def _slices(example: Example) -> "Figure":
    figure = _empty(12, 3.4)
    for axes, (name, title) in zip(figure.subplots(1, len(IMAGES)), IMAGES.items(), strict=True):
        axes.imshow(example.images[name], cmap="gray", vmin=0, vmax=1)
        axes.set_title(title)
        axes.set_axis_off()
    return figure


def _clouds(example: Example) -> "Figure":
    """Seen along the body's axis (x, y) and from the side (z, y), y to the back and down."""
    figure = _empty(9, 8)
    rows = figure.subplots(2, 2, sharey=True)
    for axes_of_method, method in zip(rows, ("sequential", "joint"), strict=True):
        for axes, (axis, label) in zip(axes_of_method, ((0, "x"), (2, "z")), strict=True):
            for name, colour in (("true", "0.7"), (method, "tab:red")):
                points = example.clouds[name]
                axes.scatter(points[:, axis], points[:, 1], s=3, color=colour, label=name)
            axes.set(xlabel=label, ylabel="y", xlim=(-1.05, 1.05), ylim=(0.8, -0.8), aspect=1)
        axes_of_method[0].legend(loc="upper right")
    return figure


def _curves(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> "Figure":
    figure = _empty(10, 3.8)
    first, *others = figure.subplots(1, 1 + len(TERMS))
    for network, own in curves.items():
        first.plot(range(1, len(own["training"]) + 1), own["training"], label=network)
        for axes, term in zip(others, TERMS, strict=True):
            if term in own:
                axes.plot(range(1, len(own[term]) + 1), own[term], label=network)
    for axes, title in zip((first, *others), ("training loss", *TERMS.values()), strict=True):
        axes.set(xlabel="epoch", title=title if axes is first else f"validation: {title}")
        axes.set_yscale("log")
        axes.legend()
    return figure


def _empty(width: float, height: float) -> "Figure":
    """A figure of a size in inches, without pyplot and its windows."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")
