"""From the surfaces that the network expects to the points that should lie nearest to them.

The cloud head says for every cell of the box how likely a surface point lies there, and how far
from the true surface a point there would be. A cloud is judged both ways: by the distance of the
true surface to its nearest point, and of each point to the true surface. What the network says
gives the expectation of both, so points go where their sum is least. They start spread over the
likelier cells along a space-filling curve; `jrviewer.model.cloud_relaxation` moves them from there.
Deterministic, good for any number of points, and the same on every computer but for a few points:
what differs in the last digits nearly always stays as small (`jrviewer.model.stable_sampling`).

Knows nothing of networks: arrays in, arrays out.
"""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, BOX_PIXELS, FloatArray
from jrviewer.model.cloud_relaxation import (
    PARTS,
    PLACES_PER_POINT,
    ROUNDS,
    AtPoints,
    Places,
    relax,
)
from jrviewer.model.second_thread import ALONE, SecondThread
from jrviewer.model.stable_sampling import Whole, apportion, dealt, scattered, weighted

LEAST_LOGIT = -9.2  # below the likeliest cell's: a ten-thousandth of its probability
KEPT_MASS = 0.97  # cells beyond this share of the probability are left out: a haze far from all
FADING = 0.25  # of the least mass that counts in full: cells below fade out, lest one jumps in
LEAST_LOG_SIGMA, LOG_SIGMA_STEPS = -1.0, 40  # kept from 0.4 to 217 mm, 2.5 % apart
BOX_ENDS = np.array([1, 1, BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM], dtype=np.float32)
HALF_NORMAL_MEAN = float(np.sqrt(2 / np.pi))  # the mean distance is so many sigma

Begin = tuple[FloatArray, NDArray[np.uint8]]
Sample = tuple[FloatArray, NDArray[np.uint8], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Where surface points are expected, in so little memory that every slice may keep its own."""

    shape: tuple[int, ...]  # structures, layers, rows, columns
    runs: NDArray[np.uint32]  # (2, M), on the curve: cells that hold nearly all of the probability
    mass: FloatArray  # (kept cells,) their probability over the likeliest's, on the curve, float32
    log_sigma: NDArray[np.uint8]  # (structures, layers, rows, columns), coarser in-plane, in steps
    full: float  # the least mass that counts in full
    sharpness: float  # above 1, points start at the likelier places
    corrections: FloatArray  # (layers,) calibration factors on the points' sigma

    @classmethod
    def of(
        cls,
        logits: FloatArray,
        log_sigma: FloatArray,
        sharpness: float = 1.0,
        corrections: FloatArray | None = None,
    ) -> "Expected":
        """What the cloud head says: `logits` (structures, layers, 128, 128), and `log_sigma`."""
        places = _places_on_curve(logits.shape)
        return cls._of(logits, places, _in_steps(log_sigma), logits.shape, sharpness, corrections)

    @classmethod
    def of_blocks(
        cls,
        logits: FloatArray,
        log_sigma: FloatArray,
        structures: int,
        sharpness: float = 1.0,
        corrections: FloatArray | None = None,
    ) -> "Expected":
        """The same of `logits` (64, 64, structures · layers · 2 · 2), the four of 2 × 2 pixels one
        after the other, and `log_sigma` (64, 64, structures · layers): as a network lays them out,
        so that nothing has to be moved.
        """
        rows, columns, cells = log_sigma.shape
        shape = structures, cells // structures, 2 * rows, 2 * columns
        places = _places_in_blocks(shape)
        steps = np.moveaxis(_in_steps(log_sigma), 2, 0).reshape(*shape[:2], rows, columns).copy()
        return cls._of(logits, places, steps, shape, sharpness, corrections)

    @classmethod
    def _of(
        cls,
        logits: FloatArray,
        places: NDArray[np.int32],
        log_sigma: NDArray[np.uint8],
        shape: tuple[int, ...],
        sharpness: float,
        corrections: FloatArray | None,
    ) -> "Expected":
        """Of logits in any order, each at its place on the curve."""
        highest = (flat := logits.ravel()).max()
        likely = np.flatnonzero(flat > highest + LEAST_LOGIT)  # the rest is nothing beside them
        mass = np.exp(flat[likely] - highest)
        full = _threshold(mass)
        enough = np.flatnonzero(mass > full * (1 - FADING))
        # Half precision would make 0.05 % of a last digit that another processor has otherwise.
        at, along = _in_order(places[likely[enough]], mass[enough].astype(np.float32, copy=False))
        known = np.ones(shape[1], dtype=np.float32) if corrections is None else corrections
        return cls(shape, _runs(at), along, log_sigma, full, sharpness, known)

    @property
    def sigma_mm(self) -> FloatArray:
        """(structures, layers, rows, columns): a point's expected distance to the surface, as the
        network predicted it.
        """
        steps = np.arange(256, dtype=np.float32) / LOG_SIGMA_STEPS + LEAST_LOG_SIGMA
        sigma: FloatArray = np.exp(steps)[self.log_sigma]
        return sigma

    def sample(self, count: int, second: SecondThread = ALONE) -> Sample:
        """Points (N, 3) in box coordinates, their labels (N,) and 1-sigma radii (N,) in mm."""
        at, mass = _all_of(self.runs), _faded(self.mass.astype(np.float64), self.full)
        starts = second.begin(partial(self._starts, mass, at, count))
        places = self._places(mass, at, count)
        sigma_mm = self.sigma_mm
        distance_mm = HALF_NORMAL_MEAN * sigma_mm
        expected = _at_points(distance_mm), rise_of(distance_mm)
        points_mm, labels = relax(*starts(), places, *expected, second)
        points = np.clip(points_mm / BOX_HALF_WIDTH_MM, -BOX_ENDS, BOX_ENDS).astype(np.float32)
        layer, row, column = _cell_of(points, sigma_mm.shape[1:])
        return points, labels, sigma_mm[labels, layer, row, column] * self.corrections[layer]

    def _starts(self, mass: FloatArray, at: Whole, count: int) -> Begin:
        """Where so many points begin, in mm, and their structures."""
        own = np.repeat(at, apportion(mass**self.sharpness, at, count))
        return self._scattered(own, np.arange(count) - np.searchsorted(own, own))  # 0, 1, … in each

    def _places(self, mass: FloatArray, at: Whole, count: int) -> list[Places]:
        """Where the surface is expected, for each part of each round of relaxation."""
        own, numbers, weights = weighted(mass, at, ROUNDS * PLACES_PER_POINT * count)
        at_mm, structures = self._scattered(at[own], numbers)
        hands = dealt(at[own], numbers, ROUNDS * PARTS)
        order = np.argsort(hands, kind="stable")
        ends = np.searchsorted(hands[order], np.arange(1, ROUNDS * PARTS))
        each = (np.split(one[order], ends) for one in (at_mm, structures, weights))
        return [Places(*part) for part in zip(*each, strict=True)]

    def _scattered(self, at: Whole, numbers: Whole) -> Begin:
        """Places (M, 3) in mm in the cells at so many steps along the curve, and structures (M,);
        `numbers` tells the places of one cell apart.
        """
        left = _curve(self.shape)[at]
        places = scattered(at, numbers) * _cell_size(self.shape)
        for along, centres in enumerate(_centres(self.shape)):
            cells, left = left, left // len(centres)  # `np.unravel_index` takes three times as long
            places[:, along] += centres[cells - left * len(centres)]
        return places * BOX_HALF_WIDTH_MM, left.astype(np.uint8)


def _in_steps(log_sigma: FloatArray) -> NDArray[np.uint8]:
    """The logarithm of sigmas in mm, as it is kept."""
    return np.rint((log_sigma - LEAST_LOG_SIGMA) * LOG_SIGMA_STEPS).clip(0, 255).astype(np.uint8)


def _in_order(
    places: NDArray[np.int32], mass: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Different places (N,) ascending, and the mass of each: both in one whole number, as numpy
    sorts these in half of the time that an order takes.
    """
    both = places.astype(np.uint64) << np.uint64(32) | mass.view(np.uint32)
    both.sort()
    return (both >> np.uint64(32)).astype(np.int32), both.astype(np.uint32).view(np.float32)


def _runs(at: NDArray[np.int32]) -> NDArray[np.uint32]:
    """The first of each run of whole numbers in ascending ones (N,), and how many there are."""
    first = np.flatnonzero(np.append(True, np.diff(at) > 1))
    return np.stack([at[first], np.diff(first, append=len(at))]).astype(np.uint32)


def _all_of(runs: NDArray[np.uint32]) -> Whole:
    """The whole numbers (N,) that the runs are of."""
    first, counts = runs.astype(np.int64)
    before = np.append(0, np.cumsum(counts))
    return np.repeat(first - before[:-1], counts) + np.arange(before[-1])


def _faded(mass: FloatArray, full: float) -> FloatArray:
    """Mass (N,) above 0, of which nearly nothing is left where cells come to be kept."""
    return mass * ((mass / full - 1) / FADING + 1).clip(1e-6, 1)


def _threshold(mass: FloatArray) -> float:
    """Of `mass` (N,), the least among the likeliest cells that together hold KEPT_MASS."""
    descending = np.sort(mass)[::-1]
    ends = np.arange(0, len(mass), 256)  # summed in blocks, as one long sum is slow
    before = np.append(0, np.cumsum(np.add.reduceat(descending, ends, dtype=np.float64)))
    wanted = KEPT_MASS * before[-1]
    block = min(int(np.searchsorted(before, wanted)) - 1, len(ends) - 1)
    within = before[block] + np.cumsum(descending[ends[block] : ends[block] + 256], dtype=float)
    kept = ends[block] + int(np.searchsorted(within, wanted))
    return float(descending[min(kept, len(mass) - 1)])


def _at_points(grid: FloatArray) -> AtPoints:
    """What a grid (…, structures, layers, rows, columns) holds where points in mm lie, (N, …)."""
    shape = grid.shape[-4:]
    flat = grid.reshape(*grid.shape[:-4], -1)

    def at_points(points_mm: FloatArray, labels: NDArray[np.uint8]) -> FloatArray:
        cell = _cell_of(points_mm / BOX_HALF_WIDTH_MM, shape[1:])
        found: FloatArray = flat.take(np.ravel_multi_index((labels, *cell), shape), axis=-1).T
        return found

    return at_points


def rise_of(distance_mm: FloatArray) -> AtPoints:
    """How the expected distance (structures, layers, rows, columns) rises along x, y and z where
    points lie, mm per mm: as `np.gradient` has it, but divided only where it is asked for.
    """
    differences = np.empty((3, *distance_mm.shape), dtype=np.float32)
    for along in range(3):
        values = np.moveaxis(distance_mm, 3 - along, 0)
        found = np.moveaxis(differences[along], 3 - along, 0)
        np.subtract(values[2:], values[:-2], out=found[1:-1])
        np.multiply(values[1] - values[0], 2, out=found[0])
        np.multiply(values[-1] - values[-2], 2, out=found[-1])
    width_mm = 2 * _cell_size(distance_mm.shape) * BOX_HALF_WIDTH_MM
    at_points = _at_points(differences)
    return lambda points_mm, labels: at_points(points_mm, labels) / width_mm


def _cell_size(shape: tuple[int, ...]) -> FloatArray:
    """Of a cell along x, y and z, box units."""
    size: FloatArray = np.divide(2 * BOX_ENDS, shape[:0:-1], dtype=np.float32)
    return size


@cache
def _centres(shape: tuple[int, ...]) -> list[FloatArray]:
    """Box coordinates of the middles of a grid's cells, (structures, layers, rows, columns), along
    x (columns,), y (rows,) and z (layers,), float32.
    """
    return [
        (((np.arange(count) + 0.5) / count * 2 - 1) * end).astype(np.float32)
        for count, end in zip(shape[:0:-1], BOX_ENDS, strict=True)
    ]


def _cell_of(points: FloatArray, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
    """The layer, row and column of the cell that each point (N, 3) lies in."""
    size = np.array(shape[::-1])
    column, row, layer = ((points / BOX_ENDS + 1) / 2 * size).astype(int).clip(0, size - 1).T
    return layer, row, column


@cache
def _curve(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """All cells in the order of a curve through them: structures in turn, a Hilbert curve in-plane,
    depth to and fro.
    """
    structures, layers, rows, columns = shape
    in_plane = _hilbert(BOX_PIXELS)[:rows, :columns]
    depth = np.arange(layers)[:, None, None]
    depth = np.where(in_plane % 2 == 0, depth, layers - 1 - depth)
    of_one = np.argsort((in_plane * layers + depth).ravel())
    every = np.arange(structures)[:, None] * of_one.size + of_one
    return every.ravel().astype(np.int32)


@cache
def _places_on_curve(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Where on the curve each cell lies."""
    curve = _curve(shape)
    places = np.empty(curve.size, dtype=np.int32)
    places[curve] = np.arange(curve.size, dtype=np.int32)
    return places


@cache
def _places_in_blocks(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """The same where pixels come first, 2 × 2 of them together, then structures and layers, then
    the four.
    """
    structures, layers, rows, columns = shape
    blocks = _places_on_curve(shape).reshape(structures, layers, rows // 2, 2, columns // 2, 2)
    return blocks.transpose(2, 4, 0, 1, 3, 5).ravel()


def _hilbert(side: int) -> NDArray[np.intp]:
    """Each cell's distance along a Hilbert curve through a square whose side is a power of two."""
    row, column = np.mgrid[:side, :side]
    distance = np.zeros((side, side), dtype=np.intp)
    step = side // 2
    while step:
        right, down = (column & step) > 0, (row & step) > 0
        distance += step * step * ((3 * right) ^ down)
        flip = ~down & right
        row, column = np.where(flip, side - 1 - row, row), np.where(flip, side - 1 - column, column)
        row, column = np.where(down, row, column), np.where(down, column, row)
        step //= 2
    return distance
