"""From rows, one per case and method, to tables: averaged per patient, then over regions or
patients.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from training.metrics.scores import average, bootstrap, gap_closed

Row = dict[str, Any]
Table = dict[str, Any]

IDENTITY = ("case", "patient", "region", "kind", "method", "level")
CLOUD_METHODS = (
    "ours",
    "ours_4096",
    "mean_shape",
    "mean_region",
    "extrusion",
    "nearest",
    "pca_ridge",
    "shuffled",
    "floor",
    "floor_4096",
    "mean_shape_4096",
    "mean_region_4096",
)


def denoise_table(rows: Sequence[Row], lesions: Sequence[Row]) -> Table:
    """{dose: {method: scores, "by_region": {region: {method: scores}}, "by_kind": {..}}}.

    Averages per patient, then per region, then over regions; `no_harm` is the plain share of
    slices. Phantoms, which alone are truly clean, count in "by_kind" only.
    """
    table: Table = {}
    for dose in _values(rows, "level"):
        level = [row for row in rows if row["level"] == dose]
        real = [row for row in level if row["kind"] != "phantom"]
        entry = over_regions(real)
        for method, scores in _lesion_scores([r for r in lesions if r["level"] == dose]).items():
            entry.setdefault(method, {}).update(scores)
        entry["by_region"] = {
            region: by_method([row for row in real if row["region"] == region], per_patient)
            for region in _values(real, "region")
        }
        entry["by_kind"] = {
            kind: over_regions([row for row in level if row["kind"] == kind])
            for kind in _values(level, "kind")
        }
        table[str(dose)] = entry
    return table


def mr_table(rows: Sequence[Row]) -> Table:
    """{method: scores, "by_percent": {noise: {method: scores}}}, averaged per patient first."""
    table = by_method(rows, per_patient)
    table["by_percent"] = {
        str(level): by_method([row for row in rows if row["level"] == level], per_patient)
        for level in _values(rows, "level")
    }
    return table


def harmed(rows: Iterable[Row]) -> list[Row]:
    """Every slice that ours made worse: case, dose or noise level, dB before and after."""
    rows = list(rows)
    before = {(r["case"], r["level"]): r["psnr"] for r in rows if r["method"] == "input"}
    return [
        {
            "case": row["case"],
            "level": row["level"],
            "psnr_input": before[row["case"], row["level"]],
            "psnr_ours": row["psnr"],
        }
        for row in rows
        if row["method"] == "ours" and row.get("no_harm") == 0.0
    ]


def cloud_table(rows: Sequence[Row], seed: int) -> Table:
    """{method: scores, "gap_closed": .., "by_region": .., "by_patient": ..}; patients have equal
    weight.
    """
    table = _cloud_methods(rows, seed)
    table["by_region"] = {
        region: _cloud_methods([row for row in rows if row["region"] == region], seed)
        for region in _values(rows, "region")
    }
    table["by_patient"] = {
        patient: {
            method: scores["L1_mm"]
            for method, scores in by_method(
                [row for row in rows if row["patient"] == patient], per_patient
            ).items()
        }
        for patient in _values(rows, "patient")
    }
    if "ours" in table and "mean_shape" in table:
        table |= _gaps(table)
    return table


def over_regions(rows: Sequence[Row]) -> Table:
    """Scores of each method: per patient, then per region, then over regions."""
    return by_method(rows, _per_region)


def by_method(rows: Sequence[Row], summary: Callable[[list[Row]], Row]) -> Table:
    """One summary for each method's rows."""
    table = {}
    for method in _values(rows, "method"):
        own = [row for row in rows if row["method"] == method]
        table[method] = summary(own)
        if all("no_harm" in row for row in own):
            table[method]["no_harm"] = float(sum(row["no_harm"] for row in own) / len(own))
    return table


def per_patient(rows: list[Row]) -> Row:
    """Averages over each patient's rows, then over patients."""
    return average(_patients(rows))


def _patients(rows: list[Row]) -> list[Row]:
    return [
        average([_scores(row) for row in rows if row["patient"] == patient])
        for patient in _values(rows, "patient")
    ]


def _per_region(rows: list[Row]) -> Row:
    return average(
        [
            per_patient([row for row in rows if row["region"] == region])
            for region in _values(rows, "region")
        ]
    )


def _lesion_scores(rows: list[Row]) -> Table:
    """CNR after over CNR before, and the share of the discs' contrast that is left."""
    before = sum(row["cnr"] for row in rows if row["method"] == "input")
    table = {}
    for method in _values(rows, "method"):
        own = [row for row in rows if row["method"] == method]
        table[method] = {
            "cnr_gain": sum(row["cnr"] for row in own) / before,
            "contrast_kept": sum(r["measured"] for r in own) / sum(r["true"] for r in own),
        }
    return table


def _cloud_methods(rows: Sequence[Row], seed: int) -> Table:
    table: Table = {}
    ours = _patient_means([row for row in rows if row["method"] == "ours"])
    for method in CLOUD_METHODS:
        own = [row for row in rows if row["method"] == method]
        if not own:
            continue
        table[method] = per_patient(own)
        means = _patient_means(own)
        table[method]["L1_mm_ci"] = bootstrap(list(means.values()), seed)
        if method != "ours" and all(patient in ours for patient in means):
            differences = [mean - ours[patient] for patient, mean in means.items()]
            table[method]["worse_than_ours_mm_ci"] = bootstrap(differences, seed)
    return table


def _patient_means(rows: Sequence[Row]) -> dict[str, float]:
    """L1 in mm of each patient."""
    values: dict[str, list[float]] = {}
    for row in rows:
        values.setdefault(row["patient"], []).append(row["L1_mm"])
    return {patient: sum(own) / len(own) for patient, own in values.items()}


def _gaps(table: Table) -> Table:
    """Shares of the gap closed: from mean shape (overall) and mean region (plain average over the
    CT regions), at 1024 and at 4096 points.
    """
    gaps: Table = {
        "gap_closed": _gap(table, "mean_shape", ""),
        "gap_closed_region_by_region": {
            region: _gap(methods, "mean_region", "") for region, methods in _regions(table)
        },
    }
    shares = list(gaps["gap_closed_region_by_region"].values())
    gaps["gap_closed_region"] = sum(shares) / len(shares)
    if "mean_shape_4096" in table:
        gaps["gap_closed_4096"] = _gap(table, "mean_shape", "_4096")
        dense = [_gap(methods, "mean_region", "_4096") for _, methods in _regions(table)]
        gaps["gap_closed_region_4096"] = sum(dense) / len(dense)
    return gaps


def _regions(table: Table) -> list[tuple[str, Table]]:
    return list(table["by_region"].items())


def _gap(table: Table, baseline: str, count: str) -> float:
    names = (f"{baseline}{count}", f"ours{count}", f"floor{count}")
    return gap_closed(*(table[name]["L1_mm"] for name in names))


def _scores(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in IDENTITY}


def _values(rows: Iterable[Row], key: str) -> list[Any]:
    """The different values of a key, in the order of their first appearance."""
    return list(dict.fromkeys(row[key] for row in rows))
