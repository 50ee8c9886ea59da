"""The model card as a page: limits first, then what it learnt from and what was measured."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jrviewer import NOTICE

METHODS = {
    "ours": "JRViewer, 1024 points",
    "ours_4096": "JRViewer, 4096 points",
    "mean_shape": "the same average body for every slice",
    "mean_region": "the average body of the slice's region",
    "extrusion": "the slice's outlines, drawn out along the body",
    "nearest": "the most similar training slice's surface",
    "pca_ridge": "linear regression onto principal components",
    "shuffled": "JRViewer's cloud of another slice",
    "floor": "the limit of 1024 points: drawn from the true surface",
    "floor_4096": "the limit of 4096 points",
    "mean_shape_4096": "the average body, 4096 points",
    "mean_region_4096": "the region's average body, 4096 points",
}

PAIR_METHODS = {
    "input": "the low-dose slice as it came",
    "ours_low": "JRViewer, Low",
    "ours_standard": "JRViewer, Standard",
    "ours_high": "JRViewer, High",
    "ours_full": "JRViewer, 100 %",
    "cnn10": "CNN-10",
    "redcnn": "RED-CNN",
}
CLASSICAL = {"nlm": "non-local means told the noise", "tv": "total variation told the noise"}


def as_markdown(card: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    lines = [
        f"# {card['name']} {card['version']}",
        "",
        f"{NOTICE}",
        "",
        f"{card['parameters']:,} parameters, sha256 `{card['weights_sha256']}`. Trained with the "
        f"preset `{card['preset']}`, seed {card['seed']}, {card['steps']} steps, at commit "
        f"`{card['commit'][:12]}`{_beginning(card)}.",
        "",
        "## Limits",
        *(f"- {limit}" for limit in card.get("limits", [])),
        *_pictures(card.get("pictures", [])),
        "",
        "## What it learnt from",
        *(_source(source) for source in card.get("data", [])),
    ]
    if "figures" in card:
        lines += ["", "## Measured on patients it never saw", *_figures(card["figures"])]
    if "left_out" in card.get("calibration", {}):
        lines += ["", "## Sigma", "", *_sigma_lines(card["calibration"])]
    return "\n".join(lines) + "\n"


def _pictures(pictures: Sequence[Mapping[str, str]]) -> list[str]:
    """What `python -m training pictures` has drawn with these weights."""
    lines = ["", "## What it makes of a slice"] if pictures else []
    for one in pictures:
        lines += ["", f"![{one['title']}]({one['file']})", "", one["words"]]
    return lines


def _sigma_lines(calibration: Mapping[str, Any]) -> list[str]:
    """How collections are covered that took no part in the calibration."""
    by_region = calibration["left_out"]
    depths = list(dict.fromkeys(depth for row in by_region.values() for depth in row))
    named = [f"{depth} mm" if depth != "all" else "all" for depth in depths]
    rows = calibration["collections"]
    least = min(share for row in rows for share in row["covered"].values())
    unseen = sorted({row["collection"] for row in rows if not row["learnt"]})
    return [
        "Share of the points within their 90 % radius, by distance from the slice, in collections "
        "left out of the calibration in turn:",
        "",
        "| region | " + " | ".join(named) + " |",
        "|---" * (len(depths) + 1) + "|",
        *(
            f"| {region} | "
            + " | ".join(f"{100 * row[d]:.1f} %" if d in row else "–" for d in depths)
            + " |"
            for region, row in by_region.items()
        ),
        "",
        f"The least of any collection and distance is {100 * least:.1f} %. The network never "
        f"learnt from the patients of {', '.join(unseen) or 'none of them'}; the others show less "
        "error than new patients would. Heads alone are not among them. In the factors that these "
        "weights hold, every patient took part.",
    ]


def _beginning(card: Mapping[str, Any]) -> str:
    earlier = card.get("began_with", "")
    return f", beginning with the weights `{earlier[:12]}`" if earlier else ""


def _source(source: Mapping[str, Any]) -> str:
    count, licence = source.get("volumes"), source["licence"]
    volumes = f", {count} volume{'s' if count > 1 else ''}" if count else ""
    unclosed = ")" * (licence.count("(") - licence.count(")"))  # lists cut licences short
    return f"- {source['source']}{volumes}: {licence}{unclosed}"


def _figures(found: Mapping[str, Any]) -> list[str]:
    lines = _real_lines(found) if "real_noise" in found else []
    if "pairs" in found:
        lines += _pairs_lines(found["pairs"])
    if "psnr_db" in found:
        lines += _psnr_lines(found["psnr_db"])
    if earlier := found.get("cloud_of", ""):
        lines += [
            "",
            f"Cloud and input check were measured with the weights `{earlier[:12]}`, whose encoder "
            "and cloud head are the same, bit for bit.",
        ]
    lines += _cloud_lines(found)
    if "kept_by_dose" in found:
        lines += _kept_lines(found["kept_by_dose"])
    return [*lines, *_check_lines(found["input_check"])]


def _cloud_lines(found: Mapping[str, Any]) -> list[str]:
    """How far points lie from the true surface, and whether sigma says so."""
    share = f"{100 * found['gap_closed']:.0f} %"
    within, correlation = found["within_90_percent_radius"], found["sigma_rank_correlation"]
    return [
        "",
        "Cloud, mean distance to and from the true surface (L1) in mm:",
        "",
        "| method | mm |",
        "|---|---|",
        *(
            f"| {METHODS.get(method, method)} | {value:.2f} |"
            for method, value in found["cloud_L1_mm"].items()
        ),
        "",
        f"That closes {share} of the gap from the mean shape to the sampling floor. "
        f"{100 * within:.0f} % of the points lie within their 90 % radius; the rank correlation of "
        f"sigma with a point's error is {correlation:.2f}.",
    ]


def _check_lines(check: Mapping[str, Any]) -> list[str]:
    """What the input check sees through, and what it raises in vain."""
    seen = check.get("seen_through", {})
    return [
        "",
        f"Input check: area under the curve {check['auroc']:.3f} against "
        f"{len(seen) or 'nine'} kinds of bad input; "
        f"{check['false_alarms']} good slices raise it.",
        *(["", "| bad input | amber or red |", "|---|---|"] if seen else []),
        *(f"| {_kind(kind)} | {100 * share:.0f} % |" for kind, share in seen.items()),
    ]


def _kind(kind: str) -> str:
    """A kind of bad input, written as on the screen."""
    words = re.sub(r"\b(mr|ct)\b", lambda found: found[0].upper(), kind)
    return words[0].upper() + words[1:]


def _series(name: str) -> str:
    """A series by region and collection: the rest of its name is the catalogue's."""
    region, _, rest = name.removeprefix("mr_").partition("_")
    return f"{'MR, ' if name.startswith('mr_') else ''}{region}: {rest.replace('_', ' ')}"


def _real_lines(found: Mapping[str, Any]) -> list[str]:
    """What goes of real noise, and what stays of faint discs."""
    strengths = list(next(iter(found["real_noise"].values())))
    lines = ["", "Real noise of native series, standard deviation (HU; MR: its own unit):", ""]
    lines += ["| series | " + " | ".join(strengths) + " |", "|---" * (len(strengths) + 1) + "|"]
    for name, row in found["real_noise"].items():
        cells = " | ".join(f"{row[one]:.1f}" for one in strengths)
        lines.append(f"| {_series(name)} | {cells} |")
    kept = "; ".join(
        f"{row['standard']} % at Standard and {row['high']} % at High in noise of {level} HU"
        for level, row in found["discs_kept"].items()
    )
    return [*lines, "", f"Discs of 15–40 HU and 4–10 mm keep of their contrast: {kept}."]


def _pairs_lines(pairs: Mapping[str, Any]) -> list[str]:
    """How much nearer real low-dose slices come to their full-dose twins."""
    names = {name: f"{name}, {row['count']} slices" for name, row in pairs.items()}
    methods = list(next(iter(pairs.values()))["gain_db"])
    lines = ["", "Low-dose slices against their full-dose twins: PSNR gained, and SSIM:", ""]
    lines += ["| method | " + " | ".join(names.values()) + " |", "|---" * (len(names) + 1) + "|"]
    for method in methods:
        cells = " | ".join(
            f"{row['gain_db'][method]:+.2f} dB, {row['ssim'][method]:.3f}" for row in pairs.values()
        )
        lines.append(f"| {_pair_method(method)} | {cells} |")
    return lines


def _pair_method(name: str) -> str:
    """A method in words; the classical ones have a strength, as in `nlm_0.6`."""
    kind, _, times = name.partition("_")
    if kind in CLASSICAL:
        return f"{CLASSICAL[kind]}, × {times}"
    return PAIR_METHODS.get(name, name)


def _psnr_lines(psnr: Mapping[str, Any]) -> list[str]:
    methods = list(next(iter(psnr.values())))
    lines = ["", "Simulated doses: PSNR in dB, windowed, over the body:", ""]
    lines += ["| dose | " + " | ".join(methods) + " |", "|---" * (len(methods) + 1) + "|"]
    for dose, cells in psnr.items():
        lines.append(f"| {dose} % | " + " | ".join(f"{cells[m]:.2f}" for m in methods) + " |")
    return lines


def _kept_lines(by_dose: Mapping[str, Any]) -> list[str]:
    return [
        "",
        "What denoising keeps at simulated doses:",
        "",
        "| dose | slices not made worse | contrast kept by discs of 15–40 HU | their "
        "contrast-to-noise ratio | bias in HU: soft tissue, lung, bone |",
        "|---|---|---|---|---|",
        *(_kept_row(dose, kept) for dose, kept in by_dose.items()),
    ]


def _kept_row(dose: str, kept: Mapping[str, float]) -> str:
    bias = ", ".join(f"{kept[f'bias_hu_{name}']:+.1f}" for name in ("soft_tissue", "lung", "bone"))
    bias = bias.replace("-", "−")
    return (
        f"| {dose} % | {kept['not_made_worse']:.1f} % | {kept['contrast_kept']:.0f} % | "
        f"× {kept['contrast_to_noise']:.2f} | {bias} |"
    )
