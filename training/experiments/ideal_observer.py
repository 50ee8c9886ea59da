"""`python -m training observer`: upper limit for distinguishing the lesion check's discs from
noise.

For each disc and dose the detectability d' of an observer who knows the disc's position, size and
shape, all anatomy, and the power spectrum of the noise around the disc (prewhitening matched
filter; Barrett & Myers 2004, chapter 13). A least-squares estimate, with a prior as wide as the
disc's own contrast, keeps d'² / (1 + d'²) of that contrast; keeping more means keeping noise. A
denoiser has none of this knowledge.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from training.console import progress
from training.data import noise
from training.data.cases import Case, cases
from training.evaluate.denoise import KERNELS, views_of
from training.evaluate.evaluate import LESION_CASES, SEED, Extent, spread
from training.metrics import lesions

DOSES = (10, 25, 50)  # per cent
PATCH = 64  # pixels across, around a disc
DRAWS = 6  # of the noise, whose spectra are averaged


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--data", type=Path, required=True, help="a folder of volumes")
    parser.add_argument("--json", type=Path, help="keep the figures in this file too")


def run(args: argparse.Namespace) -> int:
    """Measure the discs of `evaluate` and print a table; returns the exit status."""
    extent = Extent()
    chosen = cases(args.data, ("validation",), extent.denoise_per_volume, extent.native_per_patient)
    ct = [case for case in chosen if case.unit == "HU"]
    table = observed(spread(ct, LESION_CASES), SEED, progress())
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(markdown(table))
    return 0


def observed(chosen: Sequence[Case], seed: int, report: Report) -> dict[str, Any]:
    """By dose: quartiles of d', and the share of contrast that the best estimate keeps."""
    found: dict[int, list[tuple[float, float]]] = {dose: [] for dose in DOSES}
    for number, case in enumerate(chosen):
        report(number / len(chosen), f"discs in {case.name}")
        # As the lesion check puts them there.
        pixels, discs = lesions.add_discs(case.pixels, case.pixel_mm, seed + number)
        for dose in DOSES:
            fields = _noise(pixels, case, dose, number)
            found[dose] += [
                (abs(disc.contrast_hu), detectability(disc, fields, case.pixel_mm))
                for disc in discs
            ]
    return {str(dose): _summary(np.array(found[dose])) for dose in DOSES}


def detectability(disc: lesions.Disc, fields: FloatArray, pixel_mm: float) -> float:
    """The d' of a disc in noise (draws, rows, columns) in HU, with the spectrum that the noise has
    in a patch around it.
    """
    rows, columns = fields.shape[1:]
    top, left = (
        min(max(at - PATCH // 2, 0), size - PATCH)
        for at, size in ((disc.row, rows), (disc.column, columns))
    )
    patch = (slice(top, top + PATCH), slice(left, left + PATCH))
    signal = lesions.alone((rows, columns), disc, pixel_mm)[patch]
    power = np.abs(np.fft.fft2(signal)) ** 2 * pixel_mm**4  # HU² mm⁴
    frequencies, spectrum = noise.noise_power_spectrum(fields[:, *patch], pixel_mm)
    spectrum[0] = spectrum[1]  # the patch's own mean was taken off
    steps = np.fft.fftfreq(PATCH, pixel_mm)
    at = np.hypot(steps[:, None], steps)
    ratio = power / np.interp(at, frequencies, spectrum)
    return float(np.sqrt(ratio.sum()) / (PATCH * pixel_mm))


def _noise(pixels: FloatArray, case: Case, dose: int, number: int) -> FloatArray:
    """Draws of the low-dose noise of one slice, HU."""
    draws = [
        noise.low_dose(
            pixels[None],
            case.pixel_mm,
            dose / 100,
            views=views_of(pixels),
            kernel=KERNELS[number % len(KERNELS)],
            seed=SEED + draw,
        )[0]
        for draw in range(DRAWS)
    ]
    return np.stack(draws) - pixels


def _summary(found: FloatArray) -> dict[str, Any]:
    contrast, index = found.T
    kept = index**2 / (1 + index**2)
    return {
        "discs": len(found),
        "d_prime": [float(x) for x in np.percentile(index, (25, 50, 75))],
        "contrast_kept": float((contrast * kept).sum() / contrast.sum()),
    }


def markdown(table: dict[str, Any]) -> str:
    """The table as Markdown."""
    lines = [
        "| dose | discs | d' (quartiles) | contrast that the best estimate keeps |",
        "|---|---|---|---|",
    ]
    for dose, row in table.items():
        quartiles = ", ".join(f"{value:.1f}" for value in row["d_prime"])
        lines.append(
            f"| {dose} % | {row['discs']} | {quartiles} | {100 * row['contrast_kept']:.0f} % |"
        )
    return "\n".join(lines) + "\n"
