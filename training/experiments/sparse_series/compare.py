"""`python -m training sparse`: the cloud of a slice when other slices of its series are given, 10
to 25 mm apart: from its own slice alone, and spliced with what is interpolated between them.

Every volume is thinned to slices so far apart, one of which is the slice in question; the truth is
the whole volume's. On training patients the command tells the sigma that the splice should state.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, FloatArray
from jrviewer.core.progress import Report
from jrviewer.core.records import Cloud, Structure
from jrviewer.imaging.body_masks import BoolArray
from jrviewer.imaging.interpolated_surface import (
    WIDEST_GAP_MM,
    Span,
    interpolated_surface,
    spans_of,
)
from jrviewer.imaging.measured_surface import Surface, distance_to_surface, surface_of_grid
from jrviewer.imaging.volume import grid_points, interpolated, layer_on_grid
from jrviewer.model.cloud_normals import Slopes
from jrviewer.model.cloud_placement import place_cloud
from jrviewer.model.joint_model import JointModel
from jrviewer.model.load import load_model
from jrviewer.model.spliced_cloud import covered, heights_in, splice
from training.baselines.clouds import truth_of
from training.console import add_weights, progress
from training.data.views import volume_plane
from training.data.volumes import Entry, Volume, load, whole_slices
from training.evaluate.cloud import CloudCase, cases_of, chosen_entries, seen
from training.metrics.scores import cloud_scores

GAPS_MM = (10, 15, 20, 25)
SEED, POINTS = 2026, 1024
FAR = 99  # slices on either side: all that the box holds, and the next
RADIUS = 1.645  # of sigma holds nine tenths
FEW = {"neighbours": 1, "two on either side": 2, "all": FAR}

_OF_EACH_POINT = ("points", "labels", "sigma", "normals")
_IDENTITY = ("case", "patient", "region", "method", "gap")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """The slices of a volume that are given around a case, and what is interpolated from them."""

    indices: list[int]
    surface: Surface  # volume millimetres
    grey: Surface | None  # the same from grey values interpolated between the slices
    spans: list[Span]  # heights from the case's slice


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="folder with volumes/*.npz")
    add_weights(parser)
    parser.add_argument(
        "--split", choices=("train", "validation"), default="validation", help="whose patients"
    )
    parser.add_argument("--per-volume", type=int, default=2, help="slices of each volume")
    parser.add_argument("--most", type=int, help="volumes of each region")
    parser.add_argument("--json", type=Path, required=True, help="where the table goes")
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"), help="kept between runs")


def run(args: argparse.Namespace) -> int:
    """Write the table; the exit status."""
    report, model = progress(), load_model("cpu", args.weights)
    rows: list[Row] = []
    entries = _in_turn(chosen_entries(args.data, (args.split,), args.most))
    args.json.parent.mkdir(parents=True, exist_ok=True)
    for done, entry in enumerate(entries):
        report(done / len(entries), entry.name)
        volume = load(entry)
        for case in cases_of(entry, args.per_volume, args.cache / "surfaces", SEED):
            rows += _rows(case, volume, model, report)
        if rows:  # after every volume: a run that is ended early leaves a table
            table = {"split": args.split, **tables_of(rows)}
            args.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
            args.json.with_suffix(".md").write_text(markdown(table), encoding="utf-8")
    sys.stdout.write(args.json.with_suffix(".md").read_text(encoding="utf-8"))
    return 0


def _in_turn(entries: Sequence[Entry]) -> list[Entry]:
    """One volume of each region after the other."""
    seen: Counter[str] = Counter()
    order = []
    for entry in entries:
        order.append(seen[entry.region])
        seen[entry.region] += 1
    return [entries[i] for i in sorted(range(len(entries)), key=order.__getitem__)]


def _rows(case: CloudCase, volume: Volume, model: JointModel, report: Report) -> Iterator[Row]:
    """One row for each gap and method, and of what needs no other slice."""
    own = _inferred(model, volume, case.view.index)
    if own is None:
        return
    yield _row(case, "own slice alone", 0, own)
    floor, labels = case.floors[POINTS]
    truth = truth_of(case.view)
    yield _identity(case) | {"method": "sampling floor", "gap": 0} | _kept(floor, labels, truth)
    for gap in GAPS_MM:
        for name, count in FEW.items():
            report(0.5, f"{case.view.name}, {gap} mm")
            given = _given(case, volume, gap, count, with_grey=count == FAR)
            if given is None:
                continue
            new = splice(own, given.surface, given.spans)
            yield _row(case, name, gap, new) | _sigma(case, new, given)
            if given.grey:
                yield _row(case, "all, grey values", gap, splice(own, given.grey, given.spans))
            if name == "two on either side":
                ends = _from_the_ends(own, given, volume, model)
                yield _row(case, f"{name}, beyond them the last slices' clouds", gap, ends)


def _given(
    case: CloudCase, volume: Volume, gap_mm: float, count: int, *, with_grey: bool
) -> Given | None:
    """Up to `count` slices on either side, about so far apart; None where there is no other."""
    step_mm, whole = volume.spacing_mm[0], whole_slices(volume)
    step = max(1, min(round(gap_mm / step_mm), int(WIDEST_GAP_MM / step_mm)))
    reach = int((BOX_HALF_DEPTH_MM + WIDEST_GAP_MM) / (step * step_mm))
    around = range(-min(count, reach), min(count, reach) + 1)
    indices = [i for i in (case.view.index + step * k for k in around) if i in whole]
    if len(indices) < 2:
        return None
    pairs = [
        layer_on_grid(volume.voxels[i].astype(np.float32), volume.spacing_mm[1:]) for i in indices
    ]
    layers, steps_mm = [layer for layer, _ in pairs], pairs[0][1]
    heights = np.array(indices) * step_mm
    spans = [span.shifted(-float(case.box.centre_mm[2])) for span in spans_of(heights)]
    grey = _grey(layers, heights, steps_mm) if with_grey else None
    return Given(indices, interpolated_surface(layers, heights, steps_mm), grey, spans)


def _grey(
    layers: Sequence[FloatArray], heights_mm: FloatArray, steps_mm: tuple[float, float]
) -> Surface:
    """The surfaces of a volume whose values are interpolated from slice to slice."""
    low, high = float(heights_mm[0]), float(heights_mm[-1])
    count = grid_points(high - low)
    places = np.interp(np.linspace(low, high, count), heights_mm, np.arange(len(layers)))
    grid = interpolated(np.stack(layers), places, 0)
    return surface_of_grid(grid, ((high - low) / (count - 1), *steps_mm), (low, high))


def _inferred(model: JointModel, volume: Volume, index: int) -> Cloud | None:
    """What the app makes of one slice, in volume millimetres."""
    pixels = volume.voxels[index].astype(np.float32)
    found = seen(pixels, volume_plane(volume, index), model.denoise)
    if found is None:
        return None
    image, box = found
    expected, _ = model.infer_surfaces(image)
    return place_cloud(expected, lambda: Slopes.of(image), POINTS, box=box, has_mm=True)


def _from_the_ends(own: Cloud, given: Given, volume: Volume, model: JointModel) -> Cloud:
    """Spliced as always, but what lies beyond the given slices is inferred from the last ones."""
    heights = heights_in(own.box, own.points)
    inside = covered(heights, given.spans)
    parts = [_chosen(own, inside)]
    low, high = given.spans[0].low_mm, given.spans[-1].high_mm
    for index, beyond in ((given.indices[0], (-np.inf, low)), (given.indices[-1], (high, np.inf))):
        cloud = _inferred(model, volume, index)
        if cloud is None:
            return splice(own, given.surface, given.spans)
        height = heights_in(own.box, cloud.points)
        kept = (height > beyond[0]) & (height < beyond[1]) & (np.abs(height) <= BOX_HALF_DEPTH_MM)
        parts.append(_chosen(cloud, kept))
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _OF_EACH_POINT
    }
    return splice(replace(own, **whole), given.surface, given.spans)


def _chosen(cloud: Cloud, which: BoolArray) -> Cloud:
    """Some of a cloud's points."""
    some: dict[str, Any] = {name: getattr(cloud, name)[which] for name in _OF_EACH_POINT}
    return replace(cloud, **some)


def _identity(case: CloudCase) -> Row:
    view = case.view
    return {"case": f"{view.name}-{view.index}", "patient": view.patient, "region": view.region}


def _row(case: CloudCase, method: str, gap: int, cloud: Cloud) -> Row:
    points = case.box.to_box(cloud.points)
    scores = _kept(points, cloud.labels, truth_of(case.view))
    return _identity(case) | {"method": method, "gap": gap} | scores


def _kept(points: FloatArray, labels: Any, truth: Any) -> Row:  # noqa: ANN401 - of cloud_scores
    scores = cloud_scores(points, labels, truth)
    return {key: scores[key] for key in ("L1_mm", "hd95_mm", "f5")}


def _sigma(case: CloudCase, cloud: Cloud, given: Given) -> Row:
    """Of the points that were interpolated: the share within 1.645 sigma of the true surface, and
    for each structure the sigma with which it would be nine tenths.
    """
    heights = heights_in(cloud.box, cloud.points)
    low, high = (end * case.box.half_width_mm for end in case.view.z_range)
    counted = (heights >= low) & (heights <= high)
    between = covered(heights, [span for span in given.spans if span.is_between])
    beyond = covered(heights, given.spans) & ~between
    found: Row = {}
    for name, part in (("between", between & counted), ("beyond", beyond & counted)):
        if part.any():
            error = distance_to_surface(case.surface, cloud.points[part])
            found[f"within_{name}"] = float(np.mean(error <= RADIUS * cloud.sigma[part]))
            found[f"sigma_{name}"] = {
                structure.name.lower(): float(np.quantile(own, 0.9) / RADIUS)
                for structure in Structure
                if len(own := error[cloud.labels[part] == structure]) >= 10
            }
    return found


def tables_of(rows: Sequence[Row]) -> Row:
    """Means per patient, then over patients: scores by method and gap, and the splice's sigma."""
    methods: dict[str, dict[str, Any]] = {}
    for row in rows:
        methods.setdefault(row["method"], {}).setdefault(str(row["gap"]), []).append(_flat(row))
    for by_gap in methods.values():
        for gap, own in by_gap.items():
            keys = dict.fromkeys(key for row in own for key in row if key not in _IDENTITY)
            by_gap[gap] = {key: _over_patients(own, key) for key in keys}
    return {"slices": len({row["case"] for row in rows}), "methods": methods}


def _flat(row: Row) -> Row:
    """With one level, and the score under its region's name as well."""
    flat = {key: value for key, value in row.items() if not isinstance(value, dict)}
    flat[f"L1_mm {row['region']}"] = row["L1_mm"]
    for key, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{key} {name}": number for name, number in value.items()}
    return flat


def _over_patients(rows: Sequence[Row], key: str) -> float:
    rows = [row for row in rows if key in row]
    patients = dict.fromkeys(row["patient"] for row in rows)
    return fmean(fmean(row[key] for row in rows if row["patient"] == one) for one in patients)


def markdown(table: Row) -> str:
    """The table for people to read: L1 in mm by gap."""
    methods = table["methods"]
    lines = [
        f"{table['slices']} slices, {table['split']} patients, {POINTS} points, L1 in mm",
        "",
        "| given slices | " + " | ".join(f"every {gap} mm" for gap in GAPS_MM) + " |",
        "|" + "---|" * (len(GAPS_MM) + 1),
    ]
    for method, by_gap in methods.items():
        cells = [by_gap.get(str(gap), by_gap.get("0")) for gap in GAPS_MM]
        lines.append(f"| {method} | " + " | ".join(f"{cell['L1_mm']:.2f}" for cell in cells) + " |")
    lines += ["", "| points within 1.645 sigma | " + " | ".join(map(str, GAPS_MM)) + " |"]
    lines.append("|" + "---|" * (len(GAPS_MM) + 1))
    for where, method in (("between", "all"), ("beyond", "two on either side")):
        cells = [methods[method][str(gap)].get(f"within_{where}", float("nan")) for gap in GAPS_MM]
        lines.append(f"| {where} | " + " | ".join(f"{100 * one:.0f} %" for one in cells) + " |")
    return "\n".join(lines) + "\n"
