"""Low-dose slices with their full-dose twins: `NAME.dcm` and `NAME.full.npy`, int16 HU."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer import dicom
from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.imaging.body_masks import body_mask
from training.baselines.denoisers import (
    NLM_STRENGTHS,
    TV_STRENGTHS,
)
from training.data.real_noise.classical import non_local_means, total_variation
from training.evaluate.real_noise.methods import Methods
from training.evaluate.real_noise.series import usable
from training.metrics.scores import average, image_scores

WINDOW = (40.0, 400.0)  # −160 … 240 HU

Scores = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """A noisy slice and its twin (rows, columns) in HU."""

    noisy: FloatArray
    full: FloatArray
    pixel_mm: float
    folder: str  # the name of the one it lies in


def read_pairs(folder: Path) -> Iterator[Pair]:
    """Every pair of a folder and of the folders in it. Raises JRViewerError for one unreadable."""
    for path in sorted(folder.rglob("*.full.npy")):
        series = dicom.read([path.with_name(path.name.removesuffix(".full.npy") + ".dcm")]).series
        if not series:
            raise JRViewerError(f"The noisy slice beside {path.name} cannot be read.")
        one, full = series[0][0], np.load(path).astype(np.float32)
        if one.pixels.shape != full.shape:
            raise JRViewerError(f"{path.name} has another size than its noisy slice.")
        noisy, pixel_mm = usable(one.pixels, "HU"), one.plane.spacing_mm[1]
        yield Pair(noisy, usable(full, "HU"), pixel_mm, path.parent.name)


def pairs_tables(folder: Path, methods: Methods, report: Report) -> dict[str, Any]:
    """`pairs`: by method, means over all pairs of psnr, gain_db over the input, ssim, rmse_hu;
    `pairs_by_folder`: the same of every folder, with `count`, as scanners and kernels differ.
    """
    rows: dict[str, list[dict[str, Scores]]] = {}
    for count, pair in enumerate(read_pairs(folder)):
        report(0.5, f"pair {count + 1}")
        rows.setdefault(pair.folder, []).append(_scores(pair, methods))
    return {
        "pairs": average([row for part in rows.values() for row in part]),
        "pairs_by_folder": {
            name: {"count": len(part), **average(part)} for name, part in rows.items()
        },
    }


def _scores(pair: Pair, methods: Methods) -> dict[str, Scores]:
    """One pair by method."""
    mask = body_mask(pair.full, "HU", (pair.pixel_mm, pair.pixel_mm))
    scores: dict[str, Scores] = {
        name: {**image_scores(image, pair.full, mask, WINDOW)}
        for name, image in _results(pair, methods)
    }
    for own in scores.values():
        own["gain_db"] = own["psnr"] - scores["input"]["psnr"]
    return scores


def _results(pair: Pair, methods: Methods) -> Iterator[tuple[str, FloatArray]]:
    """The classical ones are told the true σ, at each of their strengths."""
    noisy = pair.noisy
    sigma = float((noisy - pair.full)[pair.full > -900].std())
    yield "input", noisy
    for name, image in methods.strengths(noisy, "HU").items():
        yield f"ours_{name}", image
    for strength in NLM_STRENGTHS:
        yield f"nlm_{strength:g}", non_local_means(noisy, sigma, strength)
    for strength in TV_STRENGTHS:
        yield f"tv_{strength:g}", total_variation(noisy, sigma, strength)
    for name, run in methods.others("HU"):
        if name not in ("nlm", "tv"):
            yield name, run(noisy, sigma)
