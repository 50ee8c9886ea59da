"""The table of `python -m training paper`: our run beside the numbers that the paper prints."""

from collections.abc import Mapping
from typing import Any

PAPER = {
    "sequential": {
        "psnr": {"mean": 10.00, "std": 0.50},
        "ssim": {"mean": 0.4601, "std": 0.0100},
        "chamfer": {"mean": 0.1086, "std": 0.0050},
    },
    "joint": {
        "psnr": {"mean": 10.00, "std": 0.50},
        "ssim": {"mean": 0.3370, "std": 0.0100},
        "chamfer": {"mean": 0.0535, "std": 0.0050},
    },
}
"""Its Table 1. Which Chamfer distance it means, the paper does not say."""

COLUMNS = {
    "psnr": "PSNR dB",
    "ssim": "SSIM",
    "chamfer_l1": "Chamfer, mean distance",
    "chamfer_squared": "Chamfer, squared",
    "chamfer": "Chamfer, unstated",
}
NAMES = {
    "sequential": "sequential",
    "joint": "joint",
    "input": "noisy input",
    "black": "all-black image",
    "constant": "one cloud for every slice",
    "floor": "second draw of the true points",
}


def markdown(tables: Mapping[str, Any]) -> str:
    """Protocol, table, and notes on its interpretation."""
    slices, protocol = tables["slices"], tables["protocol"]
    lines = [
        f"# The paper's protocol on {tables['bodies']}",
        "",
        *(["A quick run for tests: its numbers mean nothing.", ""] if tables["quick"] else []),
        "- " + ", ".join(f"{key} {value}" for key, value in protocol.items()),
        f"- {slices['train']} slices to train, {slices['validation']} to validate, "
        f"{slices['test']} to test, no body in two of them; {len(tables['seeds'])} seeds, "
        "mean ± standard deviation over them; the last epoch counts",
        "- parameters: " + ", ".join(f"{k} {v:,}" for k, v in tables["parameters"].items()),
        f"- {tables['seconds']:.0f} s, "
        + ", ".join(f"{key} {value}" for key, value in tables["machine"].items()),
        "",
        "| method | " + " | ".join(COLUMNS.values()) + " |",
        "|" + "---|" * (len(COLUMNS) + 1),
        *(_row(f"ours: {NAMES[m]}", tables["ours"][m]) for m in NAMES if m in tables["ours"]),
        *(_row(f"paper: {NAMES[m]}", scores) for m, scores in tables["paper"].items()),
        "",
        "Chamfer distances are in normalised units (1 = 224 mm): the mean of the two mean nearest "
        "distances, and the sum of the two mean squared ones, which the loss holds. The paper does "
        "not say which it means, nor how wide its convolutions are. Scores are taken over the "
        "whole image without clipping. An all-black image, and one cloud for every slice, are what "
        "a method must beat before it can be said to look at its input.",
        "",
        "The figures show our run. The paper's own figures are not reproduced: its data are not "
        "published.",
        "",
        *(f"![{caption}]({name})" for name, caption in tables["figures"].items()),
    ]
    return "\n".join(lines) + "\n"


def _row(name: str, scores: Mapping[str, Mapping[str, float]]) -> str:
    cells = [_cell(key, scores[key]) if key in scores else "–" for key in COLUMNS]
    return "| " + " | ".join([name, *cells]) + " |"


def _cell(key: str, score: Mapping[str, float]) -> str:
    digits = 2 if key == "psnr" else 4
    return f"{score['mean']:.{digits}f} ± {score['std']:.{digits}f}"
