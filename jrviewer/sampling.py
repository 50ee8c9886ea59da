"""From the surfaces that the network expects to the points that should lie nearest to them.

The cloud head says for every cell of the box how likely a surface point lies there, and how far
from the true surface a point there would be. A cloud is judged both ways: by the distance of the
true surface to its nearest point, and of each point to the true surface. What the network says
gives the expectation of both, so points go where their sum is least. They start at equal steps of
the likelier places' probability along a space-filling curve; then each moves towards the places
that it stands for (Lloyd 1982, with distances in place of their squares) and down the expected
distance. Deterministic, and good for any number of points.

Knows nothing of networks: arrays in, arrays out.
"""

import itertools
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from jrviewer.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, BOX_PIXELS, FloatArray

KEPT_MASS = 0.97  # cells beyond this share of the probability are left out: a haze far from all
PLACES_PER_POINT = 16  # a fifth of all cells places the points as well, in a third of the time
THINNING = (4, 2, 1)  # of the places in each round of finding what every point stands for
STEPS = 8  # of moving the points in a round
STEP_MM = 3.0  # the first and longest; the last is nearly nothing
NEAR_MM = 0.5  # a place so near pulls no more than its share
LEAST_LOG_SIGMA, LOG_SIGMA_STEPS = -1.0, 40  # kept from 0.4 to 217 mm, 2.5 % apart
BOX_ENDS = np.array([1, 1, BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM], dtype=np.float32)
HALF_NORMAL_MEAN = float(np.sqrt(2 / np.pi))  # the mean distance is so many sigma

Sample = tuple[FloatArray, NDArray[np.uint8], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Where surface points are expected, in so little memory that every slice may keep its own."""

    shape: tuple[int, ...]  # structures, layers, rows, columns
    kept: NDArray[np.uint8]  # the cells that hold nearly all of the probability, a bit each
    mass: NDArray[np.float16]  # (kept cells,) their probability over the likeliest's, on the curve
    log_sigma: NDArray[np.uint8]  # (structures, layers, rows, columns), coarser in-plane, in steps
    sharpness: float  # above 1, points start at the likelier places
    corrections: FloatArray  # (layers,) factors on the sigma that points are told

    @classmethod
    def of(
        cls,
        logits: FloatArray,
        log_sigma: FloatArray,
        sharpness: float = 1.0,
        corrections: FloatArray | None = None,
    ) -> "Expected":
        """What the cloud head says: `logits` (structures, layers, 128, 128), and `log_sigma`."""
        mass = np.exp(logits.ravel() - logits.max())
        kept = mass >= _threshold(mass)
        order = _curve(logits.shape)
        along = mass[order[kept[order]]].astype(np.float16)
        if corrections is None:
            corrections = np.ones(logits.shape[1], dtype=np.float32)
        steps = np.rint((log_sigma - LEAST_LOG_SIGMA) * LOG_SIGMA_STEPS).clip(0, 255)
        return cls(
            logits.shape, np.packbits(kept), along, steps.astype(np.uint8), sharpness, corrections
        )

    @property
    def sigma_mm(self) -> FloatArray:
        """(structures, layers, rows, columns): a point's expected distance to the surface, as the
        network told it.
        """
        told = np.arange(256, dtype=np.float32) / LOG_SIGMA_STEPS + LEAST_LOG_SIGMA
        sigma: FloatArray = np.exp(told)[self.log_sigma]
        return sigma

    def sample(self, count: int) -> Sample:
        """Points (N, 3) in box coordinates, their labels (N,) and 1-sigma radii (N,) in mm."""
        order = _curve(self.shape)
        cells = order[np.unpackbits(self.kept).view(bool)[order]]
        places, mass = _cell_centres(self.shape)[cells], self.mass.astype(np.float32)
        structures = self.shape[0]
        bounds = np.searchsorted(cells // int(np.prod(self.shape[1:])), range(structures + 1))
        parts = [
            slice(*pair) for pair in itertools.pairwise(bounds)
        ]  # the curve takes them in turn
        start = mass**self.sharpness
        shares = _shares(np.array([start[part].sum() for part in parts]), count)
        own = np.repeat(np.arange(structures, dtype=np.uint8), shares)
        begin = [
            places[part][_even(start[part], share)]
            for part, share in zip(parts, shares, strict=True)
            if share
        ]
        stood_for = places[_even(mass, PLACES_PER_POINT * count)]
        stood_for = stood_for + _jitter(len(stood_for)) * _cell_size(self.shape)
        sigma_mm = self.sigma_mm
        points = _settled(np.concatenate(begin), own, stood_for, HALF_NORMAL_MEAN * sigma_mm)
        layer, row, column = _cell_of(points, sigma_mm.shape[1:])
        return points, own, sigma_mm[own, layer, row, column] * self.corrections[layer]


def _threshold(mass: FloatArray) -> float:
    """The least probability among the likeliest cells that together hold KEPT_MASS."""
    likely = mass[mass > mass.max() * 1e-4]
    descending = np.sort(likely)[::-1]
    kept = np.searchsorted(np.cumsum(descending), KEPT_MASS * descending.sum())
    return float(descending[min(kept, len(descending) - 1)])


def _shares(mass: FloatArray, count: int) -> list[int]:
    """How many points each structure gets: in proportion to its mass, largest remainder."""
    wanted = mass / mass.sum() * count
    shares = np.floor(wanted).astype(int)
    for label in np.argsort(shares - wanted)[: count - shares.sum()]:
        shares[label] += 1
    return [int(share) for share in shares]


def _settled(
    begin: FloatArray, labels: NDArray[np.uint8], stood_for: FloatArray, distance_mm: FloatArray
) -> FloatArray:
    """Where points (N, 3) come to rest that begin somewhere and stand for places (M, 3), box
    coordinates; `distance_mm` (structures, layers, rows, columns) is expected from a point to the
    true surface.
    """
    places, points = stood_for * BOX_HALF_WIDTH_MM, begin * BOX_HALF_WIDTH_MM
    rise = np.stack([_rise(one) for one in distance_mm])
    for turn, thinning in enumerate(THINNING):
        some = places[thinning // 2 :: thinning]
        tree = cKDTree(points, balanced_tree=False, compact_nodes=False)
        nearest = np.asarray(tree.query(some)[1])
        for step in range(STEPS):
            length_mm = STEP_MM * (1 - (turn * STEPS + step) / (len(THINNING) * STEPS))
            cell = _cell_of(points / BOX_HALF_WIDTH_MM, distance_mm.shape[1:])
            points = points + length_mm * (_pull(points, some, nearest) - rise[labels, *cell])
    return np.clip(points / BOX_HALF_WIDTH_MM, -BOX_ENDS, BOX_ENDS).astype(np.float32)


def _pull(points: FloatArray, places: FloatArray, nearest: NDArray[np.intp]) -> FloatArray:
    """How the mean distance of the places to their points falls as each point (N, 3) moves."""
    away = places - points[nearest]
    away /= np.sqrt(np.einsum("ij,ij->i", away, away))[:, None].clip(min=NEAR_MM)
    parts = [np.bincount(nearest, along, minlength=len(points)) for along in away.T]
    pull: FloatArray = np.stack(parts, axis=1).astype(np.float32) * (len(points) / len(places))
    return pull


def _rise(distance_mm: FloatArray) -> FloatArray:
    """How the expected distance rises along x, y and z, mm per mm, (layers, rows, columns, 3)."""
    steps_mm = _cell_size((1, *distance_mm.shape))[::-1] * BOX_HALF_WIDTH_MM
    along_z, along_y, along_x = np.gradient(distance_mm, *steps_mm)
    return np.stack([along_x, along_y, along_z], axis=-1)


def _even(mass: FloatArray, count: int) -> NDArray[np.intp]:
    """`count` cells at equal steps of probability; a heavy one may come several times."""
    total = np.cumsum(mass, dtype=np.float64)
    steps = (np.arange(count) + 0.5) / count * total[-1]
    return np.searchsorted(total, steps).clip(max=len(mass) - 1)


@cache
def _jitter(count: int) -> FloatArray:
    """Where each place lies in its cell (count, 3), in cells: surfaces are no lattice."""
    return np.random.default_rng(0).random((count, 3), dtype=np.float32) - np.float32(0.5)


def _cell_size(shape: tuple[int, ...]) -> FloatArray:
    """Of a cell along x, y and z, box units."""
    size: FloatArray = np.divide(2 * BOX_ENDS, shape[:0:-1], dtype=np.float32)
    return size


@cache
def _cell_centres(shape: tuple[int, ...]) -> FloatArray:
    """Box coordinates (cells, 3) of all cells, float32."""
    structures, layers, rows, columns = shape
    steps = [(np.arange(count) + 0.5) / count * 2 - 1 for count in (layers, rows, columns)]
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1)[..., ::-1] * BOX_ENDS
    return np.tile(grid.reshape(-1, 3), (structures, 1)).astype(np.float32)


def _cell_of(points: FloatArray, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], ...]:
    """The layer, row and column of the cell that each point (N, 3) lies in."""
    size = np.array(shape[::-1])
    column, row, layer = ((points / BOX_ENDS + 1) / 2 * size).astype(int).clip(0, size - 1).T
    return layer, row, column


@cache
def _curve(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """All cells in the order of a curve through them: structures in turn, a Hilbert curve in-plane,
    depth to and fro.
    """
    structures, layers, rows, columns = shape
    in_plane = _hilbert(BOX_PIXELS)[:rows, :columns]
    depth = np.arange(layers)[:, None, None]
    depth = np.where(in_plane % 2 == 0, depth, layers - 1 - depth)
    of_one = np.argsort((in_plane * layers + depth).ravel())
    return np.concatenate([of_one + s * of_one.size for s in range(structures)])


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
