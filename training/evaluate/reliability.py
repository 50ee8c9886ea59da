"""`python -m training reliability`: draws the coverage of sigma's radii.

On the left the share of points within each stated radius, on the right the share within the 90 %
radius by depth, from the JSON of `evaluate`.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from jrviewer.core.errors import JRViewerError

PROMISED = 90.0  # per cent, of the radius that the panel by depth is about


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--json", type=Path, required=True, help="output of `evaluate`")
    parser.add_argument(
        "--out", type=Path, default=Path("training/figures/reliability.png"), help="the picture"
    )


def run(args: argparse.Namespace) -> int:
    """Draw the picture; returns the exit status. Raises JRViewerError if the file has no scores of
    sigma.
    """
    tables = json.loads(args.json.read_text(encoding="utf-8"))
    if "uncertainty" not in tables:
        raise JRViewerError("That file scores no uncertainty: evaluate weights, not baselines.")
    draw(tables["uncertainty"], args.out)
    sys.stdout.write(f"{args.out}\n")
    return 0


def draw(scores: dict[str, Any], out: Path) -> None:
    """Observed against stated shares in per cent, beside the diagonal of a calibrated sigma."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.5, 3.6), layout="constrained")  # by Agg, which opens no window
    left, right = figure.subplots(1, 2)
    promised = [float(name.rstrip("%")) for name in scores["reliability"]]
    left.plot([40, 100], [40, 100], color="0.7", linewidth=1)
    left.plot(promised, [100 * seen for seen in scores["reliability"].values()], "o-")
    left.set(xlabel="promised, % of the points", ylabel="seen, %", title="within the stated radius")
    depths = scores["by_depth_mm"]
    right.axhline(PROMISED, color="0.7", linewidth=1)
    right.bar(
        [f"{name} mm" for name in depths], [100 * seen for seen in depths.values()], width=0.5
    )
    right.set(
        ylim=(60, 100), title=f"within the {PROMISED:.0f} % radius, by depth", ylabel="seen, %"
    )
    figure.savefig(out, format="png", dpi=80)
