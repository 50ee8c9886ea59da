"""`python -m training evaluate --only real`: real noise on native validation series and on pairs.

What the scanner left is measured where the tissue is calmest; there is no clean image to compare
with (see the README). The peer that takes seconds a slice is run on a few slices of each series.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core.progress import Report, silent
from training.data import volumes
from training.data.cases import evenly
from training.data.real_noise.native import native_series
from training.evaluate.real_noise.known import disc_table, phantom_table
from training.evaluate.real_noise.methods import Methods, alike
from training.evaluate.real_noise.pairs import pairs_tables
from training.evaluate.real_noise.series import Reader, Row, Scan, summary

SLOW_PEERS, THEIR_SLICES = ("redcnn",), 3  # of a series
USUAL_SD = 10.0  # that the peers are told where it cannot be measured
MR_SLICES = 10
MR_MARGIN = 8  # slices at either end of a head that show little of it

KEYS = (
    "sd_after",
    "reduction",
    "plain_reduction",
    "bias_hu",
    "edge_ratio",
    "structure",
    "structure_further",
    "evenness",
    "plain_evenness",
)

Table = dict[str, Any]


def real_table(
    methods: Methods, data: Path, pairs: Path | None = None, report: Report = silent
) -> Table:
    """`series`: by name, then kernel, sd_before, and by strength or peer all that `summary` tells;
    `pairs`: by method; `pairs_by_folder`.
    """
    series = {scan.name: series_row(scan, methods, report) for scan in scans(data)}
    table: Table = {
        "series": series,
        "phantoms": phantom_table(methods),
        "discs": disc_table(methods, data, report),
    }
    if pairs is not None:
        table |= pairs_tables(pairs, methods, report)
    return table


def scans(data: Path) -> Iterator[Scan]:
    """The native series of the validation patients, CT and MR."""
    for one in native_series(data, "validation"):
        yield Scan(one.name, one.kernel, "HU", one.pixel_mm, one.slices)
    for entry in volumes.catalogue(data):
        if entry.split == "validation" and entry.modality == "MR":
            volume = volumes.load(entry)
            inner = volume.voxels[MR_MARGIN:-MR_MARGIN].astype(np.float32)
            yield Scan(entry.name, "", "stored", volume.spacing_mm[1], list(inner))


def series_row(scan: Scan, methods: Methods, report: Report = silent) -> Table:
    """One series: ours by strength under the keys of the table, and the peers beside it."""
    rows: dict[str, list[Row]] = {}
    chosen = list(range(len(scan.slices)))
    if scan.unit != "HU":
        chosen = evenly(len(scan.slices), MR_SLICES)
    few = set(evenly(len(chosen), THEIR_SLICES))
    for number, index in enumerate(chosen):
        report(number / len(chosen), f"{scan.name}, slice {index + 1}")
        reader = Reader.of(scan, index)
        images, tissue = methods.judged(reader.pixels, scan.unit)
        for name, image in images.items():
            rows.setdefault(name, []).append(reader.measure(image, tissue))
        measured = rows["full"][-1]["plain_before"]
        sigma = measured if np.isfinite(measured) else USUAL_SD
        for name, run in methods.others(scan.unit):
            if name in SLOW_PEERS and number not in few:
                continue
            image = run(reader.pixels, sigma)
            rows.setdefault(f"peer {name}", []).append(reader.measure(image, tissue))
        if scan.unit == "HU" and reader.body.any():
            image = alike(reader.pixels, images["full"], reader.body, sigma)
            rows.setdefault("peer nlm_alike", []).append(reader.measure(image, tissue))
    return _told(scan, {name: summary(own) for name, own in rows.items()})


def _told(scan: Scan, methods: dict[str, Row]) -> Table:
    """By quantity, then by strength; peers apart."""
    ours = {name: row for name, row in methods.items() if not name.startswith("peer ")}
    told: Table = {"kernel": scan.kernel, "sd_before": ours["full"]["sd_before"]}
    for key in KEYS:
        told[key] = {name: row[key] for name, row in ours.items()}
    told["peers"] = {
        name.removeprefix("peer "): row for name, row in methods.items() if name not in ours
    }
    return told


def real_markdown(table: Table) -> str:
    """The tables for people to read."""
    lines = [
        "## Real noise",
        "",
        "| series, kernel | method | noise SD before → after | less, with tissue "
        "| shift: calm, soft, lung, bone | edges × | structure, two off | evenness, with tissue |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in table["series"].items():
        for method in row["sd_after"]:
            own = {key: value[method] for key, value in row.items() if _by_method(value, method)}
            lines.append(_line(f"{name} {row['kernel']}", method, row["sd_before"], own))
        for method, own in row["peers"].items():
            lines.append(_line(f"{name} {row['kernel']}", method, own["sd_before"], own))
    lines += ["", "| truly clean phantoms | changed by HU (SD) | worst |", "|---|---|---|"]
    lines += [
        f"| {name} | {row['change_sd_hu']:.2f} | {row['worst']:.2f} |"
        for name, row in table["phantoms"].items()
    ]
    lines += ["", "| discs at noise HU | method | contrast kept | CNR × |", "|---|---|---|---|"]
    lines += [
        f"| {level} | {name} | {100 * row['contrast_kept']:.0f} % | {row['cnr_gain']:.2f} |"
        for level, rows in table["discs"].items()
        for name, row in rows.items()
    ]
    for folder, methods in table.get("pairs_by_folder", {}).items():
        lines += ["", f"| {folder}, {methods['count']} slices | PSNR | gain dB | SSIM | RMSE HU |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            f"| {name} | {row['psnr']:.2f} | {row['gain_db']:+.2f} | {row['ssim']:.4f} "
            f"| {row['rmse_hu']:.2f} |"
            for name, row in methods.items()
            if name != "count"
        ]
    return "\n".join(lines) + "\n"


def _by_method(value: object, method: str) -> bool:
    return isinstance(value, dict) and method in value


def _line(series: str, method: str, before: float, own: Row) -> str:
    bias = own["bias_hu"]
    shifts = " ".join(
        f"{bias[tissue]:+.1f}" if tissue in bias else "–"
        for tissue in ("calm", "soft_tissue", "lung", "bone")
    )
    return (
        f"| {series} | {method} | {before:.2f} → {own['sd_after']:.2f} | "
        f"{100 * own['reduction']:.0f}, {100 * own['plain_reduction']:.0f} % | {shifts} | "
        f"{own['edge_ratio']:.3f} | {own['structure']:.3f}, "
        f"{own['structure_further']:.3f} | "
        f"{own['evenness']:.3f}, {own['plain_evenness']:.3f} |"
    )


def warn_if_empty(table: Table) -> None:
    """A data folder without native series has nothing to say here."""
    if not table["series"]:
        sys.stderr.write("The data folder holds no native series of validation patients.\n")
