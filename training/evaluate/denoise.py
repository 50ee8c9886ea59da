"""The denoising table: every method on the same noisy slices, doses of 5 to 50 % and without added
noise.

The physics is fixed (360 views up to 256², 720 above; 1.5e5 counts a ray; electronic variance 10;
ramp and ramp × Hann in turn). The reference is the slice as scanned, with its own noise. Volumes
coarser than 2.5 mm in-plane are left out: they are radiotherapy grids, not images to denoise.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Unit
from jrviewer.imaging import metrics as image_metrics
from jrviewer.imaging.metrics import BoolArray
from training.baselines import denoisers
from training.baselines.denoisers import CLASSICAL, Peers
from training.data import noise, projection
from training.data.cases import Case
from training.evaluate.score_cache import Cache, array_sha, source_sha
from training.metrics import lesions
from training.metrics import scores as metrics
from training.metrics.lesions import Disc, add_discs, contrast
from training.metrics.scores import WINDOWS, image_scores, tissue_bias

DOSES = (5, 10, 25, 50)
KERNELS: tuple[projection.Kernel, ...] = ("ramp", "hann")
RICIAN_PERCENT = (3, 6, 9, 15)
MARGIN = 24  # pixels kept around the body, more than the receptive field of any peer

Row = dict[str, Any]
Denoise = Callable[[FloatArray, Unit], FloatArray]
"""`(pixels (R, C), unit) -> (R, C)`: the model's own, at native resolution."""


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """The methods that the cases are run through."""

    denoise: Denoise | None
    model_key: str  # what the model's scores depend on: its weights and code
    peers: Peers
    cache: Cache
    seed: int

    def methods(self, case: Case) -> list[str]:
        """The methods for a case; peers trained on HU are not used on MR."""
        ours = ["ours"] if self.denoise else []
        peers = self.peers.names() if case.unit == "HU" else CLASSICAL
        return [*ours, "input", *peers]

    def best(
        self, method: str, case: Case, noisy: FloatArray, score: Callable[[FloatArray], Row]
    ) -> Row:
        """The scores of a method; of the candidate with the best psnr where it has several."""

        def make() -> Row:
            scored = map(score, self.run(method, case, noisy))
            return max(scored, key=lambda row: row.get("psnr", 0))

        return self.kept(method, case, noisy, make)

    def kept(
        self, method: str, case: Case, noisy: FloatArray, make: Callable[[], Row]
    ) -> dict[str, Any]:
        """Scores from the cache, or computed and stored there."""
        key = self.model_key if method == "ours" else self.peers.keys.get(method, "input")
        code = source_sha(metrics, image_metrics, lesions, denoisers, sys.modules[__name__])
        parts = (method, key, array_sha(noisy), array_sha(case.pixels), case.name, code)
        return self.cache.scores(" ".join(parts), make)

    def run(self, method: str, case: Case, noisy: FloatArray) -> list[FloatArray]:
        """The results of a method, one for each of its strengths."""
        if method == "input":
            return [noisy]
        if method == "ours" and self.denoise:
            return [self.denoise(noisy, case.unit)]
        mask = case.mask()
        sigma = float((noisy - case.pixels)[mask].std())
        window = _around(mask)
        results = []
        for part in self.peers.denoise(method, noisy[window], sigma):
            image = noisy.copy()
            image[window] = part
            results.append(image)
        return results


def ct_rows(chosen: Sequence[Case], bench: Bench, report: Report = silent) -> list[Row]:
    """One row per case, dose and method; dose 100 is the unchanged slice, with the change that a
    method makes.
    """
    rows: list[Row] = []
    for i, case in enumerate(chosen):
        report(i / len(chosen), f"denoising {case.name}")
        for dose in DOSES:
            noisy = low_dose_image(case, dose, KERNELS[i % len(KERNELS)], bench)
            rows += _scored(case, dose, noisy, WINDOWS[case.region], bench)
        rows += _unchanged_rows(case, bench)
    return rows


def mr_rows(chosen: Sequence[Case], bench: Bench, report: Report = silent) -> list[Row]:
    """Rician noise on MR, in per cent of the slice's 99.9th percentile, which is also the peak."""
    rows: list[Row] = []
    for i, case in enumerate(chosen):
        report(i / len(chosen), f"denoising {case.name}")
        peak = float(np.percentile(case.pixels, 99.9))
        for percent in RICIAN_PERCENT:
            seed = bench.seed + 100 * i + percent
            noisy = noise.rician(case.pixels, peak * percent / 100, seed)
            rows += _scored(case, percent, noisy, (peak / 2, peak), bench)
    return rows


def lesion_rows(chosen: Sequence[Case], bench: Bench, report: Report = silent) -> list[Row]:
    """Contrast and contrast-to-noise ratio of discs added to the cases before the noise."""
    rows: list[Row] = []
    for i, plain in enumerate(chosen):
        report(i / len(chosen), f"lesions in {plain.name}")
        pixels, discs = add_discs(plain.pixels, plain.pixel_mm, bench.seed + i)
        if not discs:
            continue
        case = replace(plain, name=f"{plain.name}-discs", pixels=pixels)
        for dose in DOSES:
            noisy = low_dose_image(case, dose, KERNELS[i % len(KERNELS)], bench)
            for method in bench.methods(case):
                make = partial(_discs_left, method, plain, case, noisy, discs, bench)
                rows.append(_identity(case, method, dose) | bench.kept(method, case, noisy, make))
    return rows


def _discs_left(
    method: str, plain: Case, case: Case, noisy: FloatArray, discs: list[Disc], bench: Bench
) -> Row:
    """The contrast that a method leaves of the discs, from its results with and without them, with
    equal noise.
    """
    without = bench.run(method, plain, noisy - (case.pixels - plain.pixels))
    pairs = zip(bench.run(method, case, noisy), without, strict=True)
    scored = [contrast(image, bare, discs, case.pixel_mm) for image, bare in pairs]
    return max(scored, key=lambda row: row["cnr"])


def low_dose_image(case: Case, dose: int, kernel: projection.Kernel, bench: Bench) -> FloatArray:
    """The case at a dose in per cent, from the cache if it was made before."""
    views = views_of(case.pixels)

    def make() -> FloatArray:
        noisy = noise.low_dose(
            case.pixels[None],
            case.pixel_mm,
            dose / 100,
            views=views,
            kernel=kernel,
            seed=bench.seed,
        )
        first: FloatArray = noisy[0]
        return first

    parts = (array_sha(case.pixels), case.pixel_mm, dose, kernel, views, bench.seed)
    return bench.cache.array(f"{parts} {source_sha(noise, projection)}", make)


def views_of(pixels: FloatArray) -> int:
    """Number of projections simulated for a slice of that size."""
    return 360 if max(pixels.shape) <= 256 else 720


def _scored(
    case: Case, level: int, noisy: FloatArray, window: tuple[float, float], bench: Bench
) -> list[Row]:
    mask = case.mask()

    def score(image: FloatArray) -> Row:
        scores: Row = {**image_scores(image, case.pixels, mask, window)}
        if case.unit == "HU":
            scores["bias_hu"] = tissue_bias(image, case.pixels, mask)
        return scores

    rows = [
        _identity(case, method, level) | bench.best(method, case, noisy, score)
        for method in bench.methods(case)
    ]
    before = next(row["psnr"] for row in rows if row["method"] == "input")
    # A millionth of a dB is rounding, no harm.
    return [row | {"no_harm": float(row["psnr"] >= before - 1e-6)} for row in rows]


def _unchanged_rows(case: Case, bench: Bench) -> list[Row]:
    """Change by the methods that need no σ on a slice without added noise, for which there is no
    reference.
    """
    mask = case.mask()

    def score(image: FloatArray) -> Row:
        change = image[mask].astype(np.float64) - case.pixels[mask]
        return {
            "signed_change_hu": float(change.mean()),
            "absolute_change_hu": float(np.abs(change).mean()),
        }

    methods = [m for m in bench.methods(case) if m not in (*CLASSICAL, "input")]
    return [
        _identity(case, method, 100) | bench.best(method, case, case.pixels, score)
        for method in methods
    ]


def _identity(case: Case, method: str, level: int) -> Row:
    return {
        "case": case.name,
        "patient": case.patient,
        "region": case.region,
        "kind": case.kind,
        "method": method,
        "level": level,
    }


def _around(mask: BoolArray) -> tuple[slice, slice]:
    """The body's bounding box with a margin, which is all that peers need of a slice."""
    if not mask.any():
        return slice(None), slice(None)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - MARGIN), int(rows[-1]) + MARGIN),
        slice(max(0, int(columns[0]) - MARGIN), int(columns[-1]) + MARGIN),
    )
