"""Which cells of a row stand for its mass, and with what weight, hardly moved by rounding.

Equal steps along the sum of all masses would be the plain way, but there a last digit that differs
in one cell, as between two kinds of processor, moves every later step to another cell. Here a cell
is asked on its own, or with the half of the row that it lies in, so what differs stays where it is.
Dither comes from additive sequences, which fill one, two and three dimensions evenly (Roberts 2018,
"The unreasonable effectiveness of quasirandom sequences"), and are exact in whole numbers.

Knows nothing of clouds: arrays in, arrays out.
"""

import numpy as np
from numpy.typing import NDArray

from jrviewer.core.geometry import FloatArray

Whole = NDArray[np.int64]

BITS = 2**32
IN_ONE = 0x9E3779B1  # BITS over the golden ratio
IN_TWO = (0xC13FA9A9, 0x91E10DA5)  # over 1.3247, the root of x³ = x + 1, and its square
IN_THREE = (0xD1B54A33, 0xABC98389, 0x8CB92BA7)  # over 1.2207, of x⁴ = x + 1, and its powers
LEVELS_APART = 0x85EBCA6B
LAYERS_APART = 16  # more places than this in one cell may come close to those of the next
SOFT = 0.3  # of a place: over so much mass its weight rises from nothing to one


def apportion(mass: FloatArray, at: Whole, count: int) -> Whole:
    """How many of exactly `count` each cell gets (N,), in proportion to its `mass` (N,) above 0.

    `at` (N,), ascending, is where it lies in a row that is halved again and again; each half gets
    its part of what the whole has.
    """
    sums, ids = [np.asarray(mass, dtype=np.float64)], [at]
    firsts = []
    while len(ids[-1]) > 1:
        above = ids[-1] >> 1
        first = np.flatnonzero(np.append(True, above[1:] != above[:-1]))
        firsts.append(first)
        sums.append(_halves_added(sums[-1], first))
        ids.append(above[first])
    counts = np.array([count])
    for level in reversed(range(len(firsts))):
        some = np.flatnonzero(counts)  # what has none, gives none
        first = firsts[level][some]
        last = np.append(firsts[level][1:], len(ids[level]))[some] - 1
        dither = _dither(ids[level + 1][some] + level * LEVELS_APART, IN_ONE)
        share = counts[some] * (sums[level][first] / sums[level + 1][some])
        begin = np.minimum(np.floor(share + dither).astype(np.int64), counts[some])
        halves = np.zeros(len(ids[level]), dtype=np.int64)
        halves[last] = counts[some] - begin
        halves[first] = np.where(last == first, counts[some], begin)
        counts = halves
    return counts


def _halves_added(sums: NDArray[np.float64], first: Whole) -> NDArray[np.float64]:
    """As `np.add.reduceat`, where each begins one or two: in a third of the time."""
    added = sums[first]
    pairs = np.flatnonzero(np.diff(first, append=len(sums)) == 2)
    added[pairs] += sums[first[pairs] + 1]
    return added


def weighted(mass: FloatArray, at: Whole, total: float) -> tuple[Whole, Whole, FloatArray]:
    """Of places that weigh about `total` in all: each one's cell, its number in that cell and its
    weight, above 0 and at most 1, (M,) each.

    A weight never jumps: a place comes and goes with weight 0.
    """
    share = mass * (total / mass.sum())
    level = share - _dither(at, IN_TWO[0]) + SOFT / 2
    own = np.ceil(level).astype(np.int64).clip(min=0)
    cells = np.repeat(np.arange(len(at)), own)
    numbers = np.arange(len(cells)) - np.repeat(np.cumsum(own) - own, own)
    return cells, numbers, ((level[cells] - numbers) / SOFT).clip(max=1)


def dealt(at: Whole, numbers: Whole, hands: int) -> NDArray[np.uint8]:
    """The hand, below `hands`, that each place (M,) is dealt to, so that each has some from
    everywhere.
    """
    dither = _dither(at * IN_TWO[1] + numbers * IN_ONE, 1)
    return (dither * hands).astype(np.uint8)


def scattered(at: Whole, numbers: Whole) -> FloatArray:
    """Where in its cell each place lies, (M, 3) within ±0.5."""
    ids = at * LAYERS_APART + numbers
    parts = [_dither(ids, factor) - 0.5 for factor in IN_THREE]
    return np.stack(parts, axis=1).astype(np.float32)


def _dither(ids: Whole, factor: int) -> FloatArray:
    """An even spread within 0 … 1 for ids in turn."""
    dither: FloatArray = (ids * factor & (BITS - 1)) * (1 / BITS)
    return dither
