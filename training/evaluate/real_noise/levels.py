"""`python -m training evaluate --only levels`: simulated noise at the levels that real scans have.

Chest and abdomen are cleaned native slices of validation patients, which favours non-local means,
since they cleaned them; the head is a phantom, as no head CT is fine enough. Noise of 10, 20 and
40 HU in the body: simulated projections, and the spectrum of a real quarter-dose abdomen. PSNR is
windowed as each region is read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report, silent
from jrviewer.imaging.body_masks import body_mask
from training.baselines.denoisers import NLM_STRENGTHS
from training.data import noise
from training.data.real_noise.classical import non_local_means
from training.data.real_noise.native import native_series
from training.data.real_noise.references import thoroughly_cleaned
from training.evaluate.real_noise.known import PHANTOM_SEED, real_like
from training.evaluate.real_noise.methods import Methods
from training.metrics.scores import WINDOWS, average, image_scores
from training.phantoms import make_phantom

LEVELS_HU = (10.0, 20.0, 40.0)
SERIES = {"chest_lidc_0001": (2, 7), "chest_lungdx_a0002_smooth": (4,), "abdomen_crlm_1006": (2, 7)}
HEADS, HEAD_PIXELS, HEAD_MM = 2, 512, 0.5
DOSE, VIEWS = 0.5, 720  # of the projections; their noise is brought to each level

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Clean:
    """A slice (rows, columns) HU that noise is added to."""

    region: str
    pixels: FloatArray
    pixel_mm: float


def levels_table(methods: Methods, data: Path, report: Report = silent) -> dict[str, Row]:
    """By region, level in HU, then method: mean `psnr`, `ssim`, `rmse_hu` and `gain_db`."""
    rows: dict[str, dict[str, dict[str, list[Row]]]] = {}
    for count, clean in enumerate(clean_slices(data)):
        report(0.5, f"noise at real levels, slice {count + 1}")
        mask = body_mask(clean.pixels, "HU", (clean.pixel_mm, clean.pixel_mm))
        for field in fields(clean, seed=count):
            for level in LEVELS_HU:
                noisy = (clean.pixels + field * level / field[mask].std()).astype(np.float32)
                own = rows.setdefault(clean.region, {}).setdefault(f"{level:g}", {})
                before = image_scores(noisy, clean.pixels, mask, WINDOWS[clean.region])
                for name, image in results(noisy, level, methods):
                    scores: Row = {**image_scores(image, clean.pixels, mask, WINDOWS[clean.region])}
                    scores["gain_db"] = scores["psnr"] - before["psnr"]
                    own.setdefault(name, []).append(scores)
    return {
        region: {
            level: {name: average(scores) for name, scores in by.items()}
            for level, by in levels.items()
        }
        for region, levels in rows.items()
    }


def clean_slices(data: Path) -> Iterator[Clean]:
    """Chest, abdomen and head."""
    for one in native_series(data, "validation"):
        for index in SERIES.get(one.name, ()):
            if index < len(one.slices):
                region = "abdomen" if one.name.startswith("abdomen") else "chest"
                yield Clean(region, thoroughly_cleaned(one.slices[index]), one.pixel_mm)
    for seed in range(HEADS):
        phantom = make_phantom(PHANTOM_SEED + seed, "head")
        yield Clean("head", phantom.render(0.0, HEAD_PIXELS, HEAD_MM).astype(np.float32), HEAD_MM)


def fields(clean: Clean, seed: int) -> Iterator[FloatArray]:
    """Noise (rows, columns) of any strength: of projections, then a quarter-dose abdomen's."""
    stack = clean.pixels[None]
    noisy = noise.low_dose(stack, clean.pixel_mm, DOSE, views=VIEWS, kernel="hann", seed=seed)
    yield noisy[0] - clean.pixels
    yield real_like(clean.pixels.shape, seed)


def results(noisy: FloatArray, sigma: float, methods: Methods) -> Iterator[tuple[str, FloatArray]]:
    """Ours at every strength; non-local means, told the noise, at each of theirs; the networks."""
    for name, image in methods.strengths(noisy, "HU").items():
        yield f"ours_{name}", image
    for by in NLM_STRENGTHS:
        yield f"nlm_{by:g}", non_local_means(noisy, sigma, by)
    for name, run in methods.others("HU"):
        if name not in ("nlm", "tv"):
            yield name, run(noisy, sigma)


def levels_markdown(table: dict[str, Row]) -> str:
    """PSNR gain in dB, a line a method."""
    heads = [(region, level) for region, levels in table.items() for level in levels]
    lines = [
        "## Simulated noise at real levels, PSNR gain in dB",
        "",
        "| | " + " | ".join(f"{region}, {level} HU" for region, level in heads) + " | mean |",
        "|---" * (len(heads) + 2) + "|",
    ]
    names = dict.fromkeys(name for region, level in heads for name in table[region][level])
    for name in names:
        gains = [table[region][level][name]["gain_db"] for region, level in heads]
        cells = " | ".join(f"{gain:+.2f}" for gain in gains)
        lines.append(f"| {name} | {cells} | {np.mean(gains):+.2f} |")
    return "\n".join(lines) + "\n"
