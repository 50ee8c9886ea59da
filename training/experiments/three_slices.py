"""`python -m training three`: whether the slices beside one help to denoise it.

On native series, whose noise is the scanner's own and goes on from slice to slice as it does there:
the shipped denoiser on one slice, on the mean of three, and the mean of three denoised slices; with
`--steps`, also a network that reads three slices beside one of one slice, trained as long
(`three_network`). Faint spheres, each cut by every slice where it is, tell what a small lesion
loses: it is not the same disc in all three.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.imaging.body_masks import BoolArray
from jrviewer.imaging.noise_level import noise_sd
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from training.console import add_weights, progress
from training.data.cases import evenly
from training.data.prepare import real_pairs
from training.data.real_noise.native import NativeSeries, native_series
from training.data.volumes import Split
from training.evaluate.real_noise.edges import LEVELS_HU, edges_of, ratios
from training.evaluate.real_noise.series import Reader, Scan, usable
from training.experiments.denoisers.networks import Convolutional
from training.experiments.three_network import Three, Triples, both_trained, middle_of
from training.preset import load_preset

DIAMETERS_MM = (5.0, 10.0)
CONTRAST_HU = 30.0
SPHERES = 12
LEAST_AWAY_MM = 12.0  # of two spheres' middles
TRAIN_ON = "chest_lidc_0314"  # a thin series of a training patient
CORE = 0.5  # of the radius, where what is kept is measured

Row = dict[str, Any]
Networks = Mapping[str, Convolutional]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with native series")
    add_weights(parser)
    parser.add_argument("--per-series", type=int, default=3, help="slices of each series")
    parser.add_argument("--steps", type=int, default=0, help="of networks of one and three slices")
    parser.add_argument(
        "--fresh", action="store_true", help="they begin afresh, not with the weights"
    )
    parser.add_argument("--train-on", default=TRAIN_ON, help="the thin series that they learn from")
    parser.add_argument("--out", type=Path, default=Path("runs/three"), help="for their weights")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")


def run(args: argparse.Namespace) -> int:
    """Write the table; the exit status."""
    report, model = progress(), load_model("cpu", args.weights)
    nets = _networks(args, model, report) if args.steps else {}
    splits: tuple[Split, ...] = ("validation", "train")
    rows = []
    args.json.parent.mkdir(parents=True, exist_ok=True)
    for split in splits:
        for series in native_series(args.data, split):
            row = series_row(series, model, nets, args.per_series, report)
            rows.append(row | {"split": split})
            args.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
            args.json.with_suffix(".md").write_text(markdown(rows), encoding="utf-8")
    sys.stdout.write(markdown(rows))
    return 0


def _networks(args: argparse.Namespace, model: JointModel, report: Report) -> Networks:
    series = [one for one in native_series(args.data, "train") if one.name == args.train_on]
    fields = real_pairs(load_preset("real"), args.data, args.cache, report).fields
    triples = Triples.of(series, model, fields)
    start = None if args.fresh else model.net
    return both_trained(triples, start, args.steps, args.out, report)


def series_row(
    series: NativeSeries, model: JointModel, nets: Networks, count: int, report: Report
) -> Row:
    """Means over some slices of a series, by method."""
    scan = Scan(series.name, series.kernel, "HU", series.pixel_mm, series.slices)
    rows = []
    for number in evenly(len(series.slices) - 2, count):
        report(0.5, f"{series.name}, slice {number + 2}")
        reader = Reader.of(scan, number + 1)
        around = [usable(series.slices[number + step], "HU") for step in (0, 1, 2)]
        rows.append(_slice_row((around[0], around[1], around[2]), series, reader, model, nets))
    keys = dict.fromkeys(key for row in rows for key in row)
    means = {key: float(np.nanmean([row[key] for row in rows])) for key in keys}
    return {"name": series.name, "step_mm": series.step_mm, **means}


def _slice_row(
    three: Three, series: NativeSeries, reader: Reader, model: JointModel, nets: Networks
) -> Row:
    spheres = list(sphere_places(reader.body, reader.calm, series.pixel_mm))
    with_spheres = [
        image + sphere_cut(image.shape, spheres, series.pixel_mm, step * series.step_mm)
        for image, step in zip(three, (-1, 0, 1), strict=True)
    ]
    bare = methods(three, model, nets)
    kept = methods((with_spheres[0], with_spheres[1], with_spheres[2]), model, nets)
    edges = [edges_of(three[1], level) for level in LEVELS_HU.values()]
    row: Row = {
        "correlation": noise_correlation(bare["removed"], bare["removed above"], reader.calm),
        "sd before": noise_sd(three[1], reader.calm),
    }
    for name in (*METHODS, *nets):
        row[f"{name}: sd"] = noise_sd(bare[name], reader.calm)
        widths = [r for one in edges for r in ratios(one, three[1], bare[name])]
        row[f"{name}: edges"] = float(np.median(widths)) if widths else float("nan")
        change = kept[name] - bare[name]
        row[f"{name}: kept"] = sphere_contrast(change, spheres, series.pixel_mm) / CONTRAST_HU
    return row


METHODS = ("one", "mean, then denoised", "denoised, then mean")


def methods(three: Three, model: JointModel, nets: Networks) -> dict[str, FloatArray]:
    """The middle slice by every method, and what the denoiser removes from it and from the one
    above.
    """
    denoised = [model.denoise(image, "HU") for image in three]
    return {
        "one": denoised[1],
        "mean, then denoised": model.denoise(np.mean(three, axis=0, dtype=np.float32), "HU"),
        "denoised, then mean": np.mean(denoised, axis=0),
        "removed": three[1] - denoised[1],
        "removed above": three[2] - denoised[2],
        **{name: middle_of(net, three) for name, net in nets.items()},
    }


def noise_correlation(one: FloatArray, other: FloatArray, calm: BoolArray) -> float:
    """Of what was removed from two slices, where tissue is calm; NaN where there is too little."""
    if calm.sum() < 2:
        return float("nan")
    return float(np.corrcoef(one[calm], other[calm])[0, 1])


def sphere_places(
    body: BoolArray, calm: BoolArray, pixel_mm: float
) -> Iterator[tuple[int, int, float]]:
    """Row, column and diameter in mm of spheres in calm tissue, apart from each other."""
    rows, columns = np.nonzero(calm & body)
    order = np.random.default_rng(0).permutation(len(rows))
    chosen: list[tuple[int, int]] = []
    for index in order:
        place = int(rows[index]), int(columns[index])
        away = [np.hypot(place[0] - r, place[1] - c) * pixel_mm for r, c in chosen]
        if min(away, default=np.inf) >= LEAST_AWAY_MM:
            chosen.append(place)
            yield (*place, DIAMETERS_MM[len(chosen) % len(DIAMETERS_MM)])
        if len(chosen) == SPHERES:
            return


def sphere_cut(
    shape: tuple[int, ...],
    spheres: Sequence[tuple[int, int, float]],
    pixel_mm: float,
    height_mm: float,
) -> FloatArray:
    """What spheres add in HU to a slice so far from their middles; their rims are a pixel soft."""
    image = np.zeros(shape, dtype=np.float32)
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    for row, column, diameter_mm in spheres:
        in_plane = np.hypot(rows - row, columns - column) * pixel_mm
        inside = diameter_mm / 2 - np.hypot(in_plane, height_mm)
        image += CONTRAST_HU * np.clip(inside / pixel_mm + 0.5, 0, 1)
    return image


def sphere_contrast(
    change: FloatArray, spheres: Sequence[tuple[int, int, float]], pixel_mm: float
) -> float:
    """Mean HU that is left of spheres in their cores; NaN where there are none."""
    rows, columns = np.mgrid[: change.shape[0], : change.shape[1]]
    left = [
        float(change[np.hypot(rows - row, columns - column) * pixel_mm <= CORE * mm / 2].mean())
        for row, column, mm in spheres
    ]
    return fmean(left) if left else float("nan")


def markdown(rows: Sequence[Row]) -> str:
    """The table for people to read."""
    names = [key.removesuffix(": sd") for key in rows[0] if key.endswith(": sd")]
    lines = [
        "| series, mm between slices | noise of neighbours correlates by | SD before "
        "| " + " | ".join(f"{name}: SD, sphere kept, edges ×" for name in names) + " |",
        "|" + "---|" * (3 + len(names)),
    ]
    for row in rows:
        cells = [
            f"{row[f'{name}: sd']:.1f}, {100 * row[f'{name}: kept']:.0f} %, "
            f"{row[f'{name}: edges']:.2f}"
            for name in names
        ]
        lines.append(
            f"| {row['name']}, {row['step_mm']:.1f} | {row['correlation']:.2f} "
            f"| {row['sd before']:.1f} | " + " | ".join(cells) + " |"
        )
    return "\n".join(lines) + "\n"
