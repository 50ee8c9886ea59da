"""The evaluation's tables as Markdown."""

from typing import Any

Table = dict[str, Any]

DENOISE_COLUMNS = {
    "psnr": "PSNR dB",
    "ssim": "SSIM",
    "rmse_hu": "RMSE HU",
    "no_harm": "no harm",
    "cnr_gain": "CNR ×",
    "contrast_kept": "contrast kept",
}
COST_COLUMNS = {
    "macs_per_pixel": "multiply-adds a pixel",
    "parameters": "parameters",
    "ms_512": "ms",
    "ms_ratio": "of the time of ours",
}
SIGMA_COLUMNS = {
    "coverage90": "within the 90 % radius",
    "by_depth_mm": "by depth in mm",
    "spearman": "rank correlation with the error",
    "spearman_if_exact": "the same, of an exact sigma as even as this",
    "reliability": "seen at each level",
    "forward_passes": "forward passes",
}
CLOUD_COLUMNS = {
    "L1_mm": "L1 mm",
    "L1_mm_ci": "95 %",
    "worse_than_ours_mm_ci": "minus ours, 95 %",
    "L2": "L2",
    "hd95_mm": "HD95 mm",
    "f3": "F 3 mm",
    "f5": "F 5 mm",
    "f10": "F 10 mm",
}


def markdown(tables: Table) -> str:
    """The whole report."""
    parts = [_head(tables), *_denoise_parts(tables)]
    if tables["mr"].get("input"):
        parts += ["## MR, Rician noise", _grid(tables["mr"], DENOISE_COLUMNS)]
    parts += _cloud_parts(tables)
    if tables.get("cost"):
        parts += ["## Cost of a 512 × 512 slice, fp32", _grid(tables["cost"], COST_COLUMNS)]
    if tables.get("ood"):
        parts += ["## Input check", *(f"- {k}: {_cell(v)}" for k, v in tables["ood"].items())]
    return "\n\n".join(parts) + "\n"


def _head(tables: Table) -> str:
    slices = tables["slices"]
    return "\n".join(
        [
            "# Evaluation",
            "",
            f"- model: {tables['model']}, weights {tables['weights_sha256'][:16] or '–'}",
            f"- split: {tables['split']}{', quick' if tables['quick'] else ''}, "
            f"{tables['patients']} patients, {slices['ct']} CT and {slices['mr']} MR slices to "
            f"denoise, {slices['discs']} with discs, {tables['cloud_slices']} slices with clouds",
            f"- seed {tables['seed']}, data {tables['data_sha256'][:16]}",
            "- " + ", ".join(f"{key} {value}" for key, value in tables["machine"].items()),
            *(f"- {name}: {_facts(facts)}" for name, facts in tables["peers"].items()),
            "",
            "NLM and TV get the true σ and come in several strengths, the best of which "
            "counts, slice by slice. The CT reference holds its own noise.",
        ]
    )


def _facts(facts: Table) -> str:
    return ", ".join(f"{key} {value}" for key, value in facts.items() if key != "data_sha256")


def _denoise_parts(tables: Table) -> list[str]:
    parts = []
    for dose, entry in tables["denoise"].items():
        if dose == "100":
            columns = {"signed_change_hu": "mean change HU", "absolute_change_hu": "mean |change|"}
            parts += ["## No noise added", _grid(entry, columns)]
            continue
        parts += [f"## {dose} % dose", _grid(entry, DENOISE_COLUMNS), _bias(entry)]
        for group in ("by_region", "by_kind"):
            for name, methods in entry[group].items():
                parts += [f"### {dose} % dose: {name}", _grid(methods, DENOISE_COLUMNS)]
    harmed = [*tables["harmed"]["ct"], *tables["harmed"]["mr"]]
    lines = [
        f"- {one['case']} at {one['level']} %: {one['psnr_input']:.2f} → {one['psnr_ours']:.2f} dB"
        for one in harmed
    ]
    return [*parts, "## Slices made worse", "\n".join(lines) or "None."]


def _bias(entry: Table) -> str:
    """Mean signed error in HU by tissue."""
    tissues = entry["input"]["bias_hu"]
    rows = {method: scores["bias_hu"] for method, scores in _methods(entry) if "bias_hu" in scores}
    return _grid(rows, {tissue: f"bias {tissue.replace('_', ' ')} HU" for tissue in tissues})


def _cloud_parts(tables: Table) -> list[str]:
    cloud = tables["cloud"]
    gaps = {key: value for key, value in cloud.items() if key.startswith("gap_closed")}
    parts = ["## Clouds", _grid(cloud, CLOUD_COLUMNS)]
    parts += [f"- {key}: {_cell(value)}" for key, value in gaps.items()]
    depths = {method: scores["by_depth_mm"] for method, scores in _methods(cloud)}
    parts += ["### L1 in mm by depth", _grid(depths, {k: k for k in ("0-8", "8-24", "24-64")})]
    structures = {method: scores["by_structure"] for method, scores in _methods(cloud)}
    parts += [
        "### L1 in mm by structure",
        _grid(structures, {k: k for k in ("skin", "bone", "air")}),
    ]
    for region, methods in cloud["by_region"].items():
        parts += [f"### Clouds: {region}", _grid(methods, CLOUD_COLUMNS)]
    patients = cloud["by_patient"]
    shown = {name: name for name in next(iter(patients.values()), {})}
    parts += ["### L1 in mm by patient", _grid(patients, shown, "patient")]
    if "uncertainty" in tables:
        parts += ["### Sigma", markdown_of_sigma(tables["uncertainty"])]
    if "plane_px" in tables:
        parts.append(f"- plane_px: {_cell(tables['plane_px'])}")
    return parts


def markdown_of_sigma(uncertainty: Table) -> str:
    """How well sigma predicts the error: ours, and by dropout if that was run."""
    rows = {"ours": uncertainty | {"forward_passes": 1}}
    if dropped := uncertainty.get("dropout_20"):
        rows["dropout × 20, one factor"] = dropped
        passes = {"forward_passes": dropped["forward_passes"]}
        rows["dropout × 20, by depth"] = dropped["with_factors_by_depth"] | passes
    return _grid(rows, SIGMA_COLUMNS)


def _methods(entry: Table) -> list[tuple[str, Table]]:
    """The methods of an entry, without its other keys."""
    return [
        (name, scores)
        for name, scores in entry.items()
        if isinstance(scores, dict) and not name.startswith(("by_", "gap_"))
    ]


def _grid(entry: Table, columns: dict[str, str], first: str = "method") -> str:
    """A Markdown table without the columns that no row has."""
    rows = _methods(entry)
    shown = {key: name for key, name in columns.items() if any(key in row for _, row in rows)}
    lines = [
        "| " + " | ".join([first, *shown.values()]) + " |",
        "|" + "---|" * (len(shown) + 1),
    ]
    for name, row in rows:
        cells = [_cell(row[key]) if key in row else "–" for key in shown]
        lines.append("| " + " | ".join([name, *cells]) + " |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_cell(one)}" for key, one in value.items())
    if isinstance(value, list):
        return " … ".join(_cell(one) for one in value)
    if isinstance(value, float):
        return f"{value:.3f}" if abs(value) < 1.5 else f"{value:.2f}"
    return str(value)
