"""What denoising does to series with the scanner's own noise, slice by slice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Unit
from jrviewer.imaging.body_masks import BoolArray, body_mask
from jrviewer.imaging.noise_level import calm_region, noise_sd
from training.evaluate.real_noise.edges import LEVELS_HU, MR_LEVEL, Edges, edges_of, ratios
from training.metrics.scores import TISSUES

HIGH_PASS_PIXELS = 2.0
FEWEST_PIXELS = 50
CT_RANGE = (-1024.0, 3071.0)

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """A series to measure on: pixels (rows, columns) in its unit, feet to head."""

    name: str
    kernel: str
    unit: Unit
    pixel_mm: float
    slices: Sequence[FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """One slice of a series, and where on it what is measured."""

    pixels: FloatArray
    calm: BoolArray
    tissues: dict[str, BoolArray]
    edges: tuple[Edges, ...]
    body: BoolArray
    neighbours: FloatArray | None  # high-pass of their mean: structure, with little of its noise
    further: FloatArray | None  # the same two slices off: less of its structure, none of its noise

    @classmethod
    def of(cls, scan: Scan, index: int) -> "Reader":
        """Of one slice of a scan."""
        pixels = usable(scan.slices[index], scan.unit)
        calm = calm_region(pixels, scan.unit)
        tissues = {"calm": calm}
        levels = list(LEVELS_HU.values())
        if scan.unit == "HU":
            tissues |= _tissues(pixels)
        else:
            levels = [MR_LEVEL * float(np.percentile(pixels, 99.5))]
        return cls(
            pixels=pixels,
            calm=calm,
            tissues=tissues,
            edges=tuple(edges_of(pixels, level) for level in levels),
            body=body_mask(pixels, scan.unit, (scan.pixel_mm, scan.pixel_mm)),
            neighbours=_neighbours(scan, index, 1),
            further=_neighbours(scan, index, 2),
        )

    def measure(self, denoised: FloatArray, tissue: float = 0.0) -> Row:
        """Everything that is told of one result: `sd`, `before`, both again with the variance of
        the tissue that is among them, `bias`, `edges` (ratios), and `structure`, the correlation of
        what was removed with the neighbours' structure, and with that of the slices beyond them
        (`further`): neighbours may share noise.
        """
        change = denoised - self.pixels
        before, left = (noise_sd(image, self.calm) for image in (self.pixels, denoised))
        return {
            "before": max(before**2 - tissue, 0.0) ** 0.5,
            "sd": max(left**2 - tissue, 0.0) ** 0.5,
            "plain_before": before,
            "plain_sd": left,
            "bias": {
                name: float(change[where].mean(dtype=np.float64))
                for name, where in self.tissues.items()
                if where.sum() >= FEWEST_PIXELS
            },
            "edges": [r for edges in self.edges for r in ratios(edges, self.pixels, denoised)],
            "structure": self._correlation(-change, self.neighbours),
            "further": self._correlation(-change, self.further),
        }

    def _correlation(self, removed: FloatArray, structure: FloatArray | None) -> float:
        if structure is None or not self.body.any():
            return float("nan")
        one, other = removed[self.body], structure[self.body]
        if one.std() < 1e-6 or other.std() < 1e-6:
            return 0.0
        return float(np.corrcoef(one, other)[0, 1])


def usable(pixels: FloatArray, unit: Unit) -> FloatArray:
    """Pixels without the padding that some scanners write."""
    return np.clip(pixels, *CT_RANGE).astype(np.float32) if unit == "HU" else pixels


def summary(rows: Sequence[Row]) -> Row:
    """Of one method's rows over a series."""
    known = [row for row in rows if np.isfinite(row["before"])]
    ratio = [row["sd"] / row["before"] for row in known]
    plain = [row for row in rows if np.isfinite(row["plain_before"])]
    plain_ratio = [row["plain_sd"] / row["plain_before"] for row in plain]
    edges = [r for row in rows for r in row["edges"]]
    names = dict.fromkeys(name for row in rows for name in row["bias"])
    return {
        "sd_before": _median([row["before"] for row in known]),
        "sd_after": _median([row["sd"] for row in known]),
        "reduction": 1 - _median(ratio),
        "bias_hu": {
            name: float(np.mean([row["bias"][name] for row in rows if name in row["bias"]]))
            for name in names
        },
        "edge_ratio": _median(edges),
        "edges": len(edges),
        "structure": _mean([row["structure"] for row in rows]),
        "structure_further": _mean([row["further"] for row in rows]),
        "evenness": float(np.std(ratio)) if ratio else float("nan"),
        "plain_reduction": 1 - _median(plain_ratio),
        "plain_evenness": float(np.std(plain_ratio)) if plain_ratio else float("nan"),
        "slices": len(rows),
    }


def _median(values: Sequence[float]) -> float:
    return float(np.median(values)) if values else float("nan")


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _tissues(pixels: FloatArray) -> dict[str, BoolArray]:
    """Told by the smoothed slice: a noisy pixel's own value would make every honest denoiser look
    biased.
    """
    from scipy import ndimage

    steady = ndimage.gaussian_filter(pixels, 3.0)
    return {
        name: ndimage.binary_erosion((steady >= low) & (steady <= high), iterations=2)
        for name, (low, high) in TISSUES.items()
    }


def _neighbours(scan: Scan, index: int, step: int) -> FloatArray | None:
    from scipy import ndimage

    if not step <= index < len(scan.slices) - step:
        return None
    both = [usable(scan.slices[other], scan.unit) for other in (index - step, index + step)]
    mean = (both[0] + both[1]) / 2
    high_pass: FloatArray = mean - ndimage.gaussian_filter(mean, HIGH_PASS_PIXELS)
    return high_pass
