"""From the rows of `sequential` to its table: means over patients, spread over seeds, and paired
differences with an interval over patients.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from training.metrics.scores import bootstrap

Row = dict[str, Any]
Table = dict[str, Any]

SCORES = ("L1_mm", "psnr", "ssim")
PAIRED = (
    ("joint", "s1"),
    ("joint", "s2"),
    ("joint", "s3"),
    ("joint_denoised", "s1"),
    ("joint_denoised", "s2"),
    ("joint_denoised", "s3"),
    ("s1", "s2"),
    ("s2", "s3"),
    ("s2", "oracle"),
    ("joint_denoised", "joint"),
)
NAMES = {
    "s1": "S1: cloud from the noisy slice",
    "s2": "S2: denoiser, cloud trained on denoised",
    "s3": "S3: denoiser, cloud trained on clean",
    "joint": "joint, cloud trained on clean (as shipped)",
    "joint_denoised": "joint, cloud trained on its own denoised",
    "oracle": "oracle: S3 on the clean slice",
    "floor": "sampling floor",
}


def tables_of(rows: Sequence[Row], seed: int) -> Table:
    """{"seeds", "patients", "slices", "routes": {ROUTE: {score: {"mean", "std", "by_seed"},
    "by_region"}}, "differences": {"A − B": {score: {"mean", "ci", "by_seed"}}}}.
    """
    seeds, routes = _values(rows, "seed"), _values(rows, "route")
    per_slice = [row for row in rows if row["seed"] == seeds[0] and row["route"] == routes[0]]
    means = {(route, score): _means(rows, route, score) for route in routes for score in SCORES}
    return {
        "seeds": seeds,
        "patients": len(_values(rows, "patient")),
        "slices": len(per_slice),
        "routes": {route: _of_route(rows, route, means) for route in routes},
        "differences": {
            f"{NAMES[a]} − {NAMES[b]}": _difference(a, b, means, seeds, seed)
            for a, b in PAIRED
            if a in routes and b in routes
        },
    }


def _means(rows: Sequence[Row], route: str, score: str) -> dict[int, dict[str, float]]:
    """{seed: {patient: mean over its slices}}; patients without the score are left out."""
    found: dict[int, dict[str, list[float]]] = {}
    for row in rows:
        if row["route"] == route and score in row:
            own = found.setdefault(row["seed"], {})
            own.setdefault(row["patient"], []).append(row[score])
    return {
        seed: {patient: fmean(values) for patient, values in patients.items()}
        for seed, patients in found.items()
    }


def _of_route(rows: Sequence[Row], route: str, means: Mapping[tuple[str, str], Any]) -> Table:
    entry: Table = {}
    for score in SCORES:
        by_seed = [fmean(patients.values()) for patients in means[route, score].values()]
        if by_seed:
            entry[score] = summary(by_seed)
    entry["by_region"] = {
        region: fmean(
            fmean(patients.values())
            for patients in _means(_of(rows, region), route, "L1_mm").values()
        )
        for region in _values(rows, "region")
    }
    return entry


def summary(by_seed: Sequence[float]) -> Table:
    """Mean and standard deviation over seeds; with one seed the std is 0."""
    spread = stdev(by_seed) if len(by_seed) > 1 else 0.0
    return {"mean": fmean(by_seed), "std": spread, "by_seed": list(by_seed)}


def _difference(
    one: str, other: str, means: Mapping[tuple[str, str], Any], seeds: Sequence[int], seed: int
) -> Table:
    """One minus the other, patient by patient; each patient counts once, with the mean over the
    seeds.
    """
    entry: Table = {}
    for score in SCORES:
        mine, theirs = means[one, score], means[other, score]
        if not mine or not theirs:
            continue
        known = list(mine[seeds[0]])
        by_patient = [fmean(mine[s][p] - theirs[s][p] for s in seeds) for p in known]
        entry[score] = {
            "mean": fmean(by_patient),
            "ci": bootstrap(by_patient, seed),
            "by_seed": [fmean(mine[s][p] - theirs[s][p] for p in known) for s in seeds],
        }
    return entry


def markdown(tables: Table) -> str:
    """The tables as Markdown."""
    sizes = [
        f"- {key.replace('_', ' ')}: joint {tables[key]['joint']}, pair {tables[key]['pair']}"
        for key in ("parameters", "macs", "context_width")
    ]
    steps = sum(cycle["steps"] for cycle in tables["preset"]["cycles"])
    head = [
        "# Joint or sequential",
        "",
        f"- {tables['patients']} validation patients, {tables['slices']} slices at 10 % dose, "
        f"{len(tables['seeds'])} seeds of {steps} steps"
        f"{', quick' if tables['quick'] else ''}",
        *sizes,
        "",
        "| mean ± std over seeds | cloud L1 mm | PSNR dB | SSIM |",
        "|---|---|---|---|",
    ]
    body = [
        f"| {NAMES[route]} | {_spread(entry, 'L1_mm', 2)} | {_spread(entry, 'psnr', 2)} | "
        f"{_spread(entry, 'ssim', 3)} |"
        for route, entry in tables["routes"].items()
    ]
    differences = [
        "",
        "| paired over patients | cloud L1 mm, 95 % | PSNR dB, 95 % |",
        "|---|---|---|",
        *(
            f"| {name} | {_interval(entry, 'L1_mm')} | {_interval(entry, 'psnr')} |"
            for name, entry in tables["differences"].items()
        ),
    ]
    return "\n".join([*head, *body, *differences]) + "\n"


def _spread(entry: Table, score: str, digits: int) -> str:
    if score not in entry:
        return "–"
    return f"{entry[score]['mean']:.{digits}f} ± {entry[score]['std']:.{digits}f}"


def _interval(entry: Table, score: str) -> str:
    if score not in entry:
        return "–"
    low, high = entry[score]["ci"]
    return f"{entry[score]['mean']:+.2f} ({low:+.2f} … {high:+.2f})"


def _of(rows: Sequence[Row], region: str) -> list[Row]:
    return [row for row in rows if row["region"] == region]


def _values(rows: Sequence[Row], key: str) -> list[Any]:
    return list(dict.fromkeys(row[key] for row in rows))
