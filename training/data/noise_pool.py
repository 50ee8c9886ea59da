"""A pool of noisy slices on disk, which the denoiser is trained on.

For each slice a dose, a tube output and a reconstruction kernel are drawn. Clean slices are stored
as int16 HU and their noise as float16 HU, one memory-mappable .npy of each per image size, beside
index.json. Independent of volumes and splits: the caller must pass no slice of a validation
patient.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.progress import Report, silent
from training.data.noise import AIR_HU, FULL_DOSE_COUNTS, low_dose
from training.data.projection import Kernel

Source = tuple[FloatArray, float, str]  # pixels HU (rows, columns), pixel_mm, name

DOSES = (0.03, 0.6)  # drawn log-uniformly
TUBE_OUTPUTS = (0.5, 2.0)  # factor on I₀, drawn log-uniformly: scanners and patients differ
VIEWS = {256: 360, 512: 720}  # as the evaluation fixes them
HU_RANGE = (-1024, 3071)


@dataclass(frozen=True, slots=True)
class Pair:
    """One entry of index.json. `row` counts within the arrays of its size."""

    name: str
    size: int
    row: int
    pixel_mm: float
    dose: float
    i0: float
    kernel: Kernel


def write_pairs(
    sources: Iterable[Source],
    out: Path,
    *,
    size: int,
    count: int,
    seed: int,
    doses: tuple[float, float] = DOSES,
    views: int | None = None,
    report: Report = silent,
) -> list[Pair]:
    """Write the first `count` sources as pairs `clean_SIZE.npy` and `noise_SIZE.npy` in `out`.

    Sources are centred in size × size: larger ones are cropped, smaller ones padded with air. The
    index keeps existing entries of other sizes. Returns the new entries, fewer than `count` if the
    sources end early.
    """
    out.mkdir(parents=True, exist_ok=True)
    shape = (count, size, size)
    clean = np.lib.format.open_memmap(out / f"clean_{size}.npy", "w+", np.int16, shape)
    added = np.lib.format.open_memmap(out / f"noise_{size}.npy", "w+", np.float16, shape)
    pairs: list[Pair] = []
    for row, (pixels, pixel_mm, name) in zip(range(count), sources, strict=False):
        pair = _draw(np.random.default_rng([seed, size, row]), doses, size, row, pixel_mm, name)
        hu = fit_square(pixels, size)[None]
        noisy = low_dose(
            hu,
            pixel_mm,
            pair.dose,
            views=views or VIEWS[size],
            kernel=pair.kernel,
            i0=pair.i0,
            seed=int(np.random.default_rng([seed, size, row, 1]).integers(2**31)),
        )
        clean[row], added[row] = hu[0], (noisy - hu)[0]
        pairs.append(pair)
        report((row + 1) / count, f"{row + 1} of {count} pairs at {size}²")
    clean.flush()
    added.flush()
    _write_index(out, size, pairs)
    return pairs


def read_index(out: Path) -> list[Pair]:
    """The entries of a pool; empty if there is none."""
    path = out / "index.json"
    if not path.exists():
        return []
    return [Pair(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))]


def balanced(groups: list[list[Source]], seed: int) -> Iterator[Source]:
    """Endlessly one slice of each group in turn; an exhausted group is reshuffled."""
    streams = [_shuffled(group, seed, index) for index, group in enumerate(groups)]
    return chain.from_iterable(zip(*streams, strict=True))


def fit_square(pixels: FloatArray, size: int) -> FloatArray:
    """(size, size) float32 with the slice centred in it, clipped to CT's range of HU."""
    fitted = np.full((size, size), AIR_HU, dtype=np.float32)
    taken, placed = zip(*(_overlap(length, size) for length in pixels.shape), strict=True)
    fitted[placed] = np.clip(pixels[taken], *HU_RANGE)
    return fitted


def _overlap(length: int, size: int) -> tuple[slice, slice]:
    """Where the kept part is in the slice, and where in the square."""
    kept = min(length, size)
    start, offset = (length - kept) // 2, (size - kept) // 2
    return slice(start, start + kept), slice(offset, offset + kept)


def _draw(
    generator: np.random.Generator,
    doses: tuple[float, float],
    size: int,
    row: int,
    pixel_mm: float,
    name: str,
) -> Pair:
    dose, output = (
        float(np.exp(generator.uniform(*np.log(limits)))) for limits in (doses, TUBE_OUTPUTS)
    )
    kernels: tuple[Kernel, ...] = ("ramp", "hann", float(generator.uniform(0.5, 1.0)))
    kernel = kernels[generator.integers(len(kernels))]
    return Pair(name, size, row, float(pixel_mm), dose, FULL_DOSE_COUNTS * output, kernel)


def _shuffled(group: list[Source], seed: int, index: int) -> Iterator[Source]:
    generator = np.random.default_rng([seed, index])
    while True:
        for position in generator.permutation(len(group)):
            yield group[position]


def _write_index(out: Path, size: int, pairs: list[Pair]) -> None:
    entries = [pair for pair in read_index(out) if pair.size != size] + pairs
    text = json.dumps([asdict(pair) for pair in entries], indent=0)
    (out / "index.json").write_text(text, encoding="utf-8")
