"""What denoisers are measured by: real noise of the validation patients, and simulated noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report
from jrviewer.model.network_input import CT
from training.evaluate.real_noise.known import clean_slices, real_like
from training.evaluate.real_noise.real import scans
from training.evaluate.real_noise.series import Reader, summary
from training.experiments.denoisers.networks import Denoiser
from training.metrics.lesions import Disc, add_discs, contrast
from training.metrics.scores import image_scores

EVERY = 4  # of a series' slices one is measured
NOISE_HU = (10.0, 30.0)
WINDOW = (40.0, 400.0)
EMPTY_HU = -900.0

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A cleaned slice (rows, columns) in HU without and with faint discs, and noise for it."""

    clean: FloatArray
    image: FloatArray
    discs: list[Disc]
    grain: FloatArray
    pixel_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Yardstick:
    """The validation patients' slices: by series those with real noise, and cleaned ones."""

    series: Mapping[str, Sequence[Reader]]
    cases: Sequence[Case]

    @classmethod
    def of(cls, data: Path, report: Report) -> "Yardstick":
        """Of a data folder."""
        series: dict[str, list[Reader]] = {}
        for scan in scans(data):
            if scan.unit == "HU":
                report(0.0, f"looking at {scan.name}")
                chosen = range(1, len(scan.slices), EVERY)
                series[scan.name] = [Reader.of(scan, index) for index in chosen]
        cases = []
        for count, (clean, mm) in enumerate(clean_slices(data)):
            image, discs = add_discs(clean, mm, seed=count)
            cases.append(Case(clean, image, discs, real_like(clean.shape, seed=count), mm))
        return cls(series, cases)

    def measure(self, net: Denoiser) -> Row:
        """Real noise by series, and simulated noise."""
        series = {name: _real(net, readers) for name, readers in self.series.items()}
        return {"series": series, **_simulated(net, self.cases)}


def apply(net: Denoiser, pixels: FloatArray) -> FloatArray:
    """A CT slice (rows, columns) in HU without its noise."""
    with torch.inference_mode():
        hu = torch.from_numpy(pixels.astype(np.float32))[None, None]
        denoised: FloatArray = net.denoise(hu, CT)[0, 0].numpy()
    return denoised


def _real(net: Denoiser, readers: Sequence[Reader]) -> Row:
    """Share of a series' noise that is gone, and what went with it."""
    found = summary([reader.measure(apply(net, reader.pixels)) for reader in readers])
    return {
        "reduction": found["reduction"],
        "structure": found["structure"],
        "edges": found["edge_ratio"],
        "soft_hu": found["bias_hu"].get("soft_tissue", float("nan")),
    }


def _simulated(net: Denoiser, cases: Sequence[Case]) -> Row:
    """Under noise like a real quarter-dose abdomen's: the gain in a soft tissue window (`gain_db`,
    and of every slice and level `gains_db`), and the share of faint discs' contrast that is kept.
    """
    gains, kept = [], []
    for case in cases:
        body = case.clean > EMPTY_HU
        for sd in NOISE_HU:
            noisy, bare = (one + sd * case.grain for one in (case.image, case.clean))
            denoised = apply(net, noisy)
            before, after = (
                image_scores(one, case.image, body, WINDOW)["psnr"] for one in (noisy, denoised)
            )
            gains.append(after - before)
            if case.discs:
                left = contrast(denoised, apply(net, bare), case.discs, case.pixel_mm)
                kept.append(left["measured"] / left["true"])
    return {"gain_db": fmean(gains), "gains_db": gains, "contrast_kept": fmean(kept)}
