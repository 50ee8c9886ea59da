"""From the surfaces that the network expects to a cloud of points that covers them evenly.

The cloud head says for every cell of the box how likely a surface point lies there. A cloud of N
points covers that expectation best where the mean distance from it to the nearest point is least:
that is vector quantisation, so points start at equal steps of probability along a space-filling
curve and a few Lloyd iterations spread them (Lloyd 1982). Deterministic, and good for any N.

Knows nothing of networks: arrays in, arrays out.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from jrviewer.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, BOX_PIXELS, FloatArray

KEPT_MASS = 0.97  # cells beyond this share of the probability are left out: a haze far from all
LLOYD_STEPS = 3
CELLS_PER_POINT = 16  # a fifth of all cells places the points as well, in a third of the time

Sample = tuple[FloatArray, NDArray[np.uint8], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """Where surface points are expected, in so little memory that every slice may keep its own."""

    shape: tuple[int, ...]  # structures, layers, rows, columns
    kept: NDArray[np.uint8]  # the cells that hold nearly all of the probability, a bit each
    mass: FloatArray  # (kept cells,) their probability, along the curve
    log_sigma: NDArray[np.float16]  # (structures, layers, rows, columns), coarser in-plane

    @classmethod
    def of(cls, logits: FloatArray, log_sigma: FloatArray, sharpness: float = 1.0) -> "Expected":
        """What the cloud head says: `logits` (structures, layers, 128, 128), and `log_sigma`.

        A `sharpness` above 1 draws points towards the likeliest places.
        """
        mass = _mass(logits, sharpness)
        kept = mass >= _threshold(mass)
        order = _curve(logits.shape)
        along = mass[order[kept[order]]]
        return cls(logits.shape, np.packbits(kept), along, log_sigma.astype(np.float16))

    def sample(self, count: int) -> Sample:
        """Points (N, 3) in box coordinates, their labels (N,) and 1-sigma radii (N,) in mm."""
        order = _curve(self.shape)
        cells = order[np.unpackbits(self.kept).view(bool)[order]]
        places, labels = _cell_centres(self.shape)[cells], cells // int(np.prod(self.shape[1:]))
        shares = _shares(self.mass, labels, self.shape[0], count)
        points = np.concatenate(
            [
                _spread(places[labels == label], self.mass[labels == label], share)
                for label, share in enumerate(shares)
                if share
            ]
        ).astype(np.float32)
        own = np.repeat(np.arange(len(shares), dtype=np.uint8), shares)
        index = own.astype(np.intp) * self.log_sigma[0].size
        index += _cell_of(points, self.log_sigma.shape)
        return points, own, np.exp(self.log_sigma.ravel()[index].astype(np.float32))


def _mass(logits: FloatArray, sharpness: float) -> FloatArray:
    """The probability of every cell, flat."""
    scaled = logits.ravel() * sharpness
    mass: FloatArray = np.exp(scaled - scaled.max())
    mass /= mass.sum()
    return mass


def _threshold(mass: FloatArray) -> float:
    """The least probability among the likeliest cells that together hold KEPT_MASS."""
    likely = mass[mass > mass.max() * 1e-4]
    descending = np.sort(likely)[::-1]
    kept = np.searchsorted(np.cumsum(descending), KEPT_MASS * descending.sum())
    return float(descending[min(kept, len(descending) - 1)])


def _shares(mass: FloatArray, labels: NDArray[np.intp], structures: int, count: int) -> list[int]:
    """How many points each structure gets: in proportion to its probability, largest remainder."""
    wanted = np.bincount(labels, mass, minlength=structures) / mass.sum() * count
    shares = np.floor(wanted).astype(int)
    for label in np.argsort(shares - wanted)[: count - shares.sum()]:
        shares[label] += 1
    return [int(share) for share in shares]


def _spread(places: FloatArray, mass: FloatArray, count: int) -> FloatArray:
    """`count` points that cover weighted places evenly."""
    points = places[_even(mass, count)]
    if len(mass) > CELLS_PER_POINT * count:
        kept, times = np.unique(_even(mass, CELLS_PER_POINT * count), return_counts=True)
        places, mass = places[kept], times.astype(np.float32)
    for _ in range(LLOYD_STEPS):
        tree = cKDTree(points, balanced_tree=False, compact_nodes=False)
        nearest = tree.query(places, workers=-1)[1]
        weight = np.bincount(nearest, mass, minlength=count)
        held = weight > 0
        for axis in range(3):
            mean = np.bincount(nearest, mass * places[:, axis], minlength=count)
            points[held, axis] = mean[held] / weight[held]
    return points


def _even(mass: FloatArray, count: int) -> NDArray[np.intp]:
    """`count` cells at equal steps of probability; a heavy one may come several times."""
    total = np.cumsum(mass, dtype=np.float64)
    steps = (np.arange(count) + 0.5) / count * total[-1]
    return np.searchsorted(total, steps).clip(max=len(mass) - 1)


@cache
def _cell_centres(shape: tuple[int, ...]) -> FloatArray:
    """Box coordinates (cells, 3) of all cells, float32."""
    structures, layers, rows, columns = shape
    depth = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    z = ((np.arange(layers) + 0.5) / layers * 2 - 1) * depth
    y = (np.arange(rows) + 0.5) / rows * 2 - 1
    x = (np.arange(columns) + 0.5) / columns * 2 - 1
    grid = np.stack(np.meshgrid(z, y, x, indexing="ij"), axis=-1)[..., ::-1]
    return np.tile(grid.reshape(-1, 3), (structures, 1)).astype(np.float32)


def _cell_of(points: FloatArray, shape: tuple[int, ...]) -> NDArray[np.intp]:
    """The flat cell (layer, row, column) that each point lies in."""
    _, layers, rows, columns = shape
    depth = BOX_HALF_DEPTH_MM / BOX_HALF_WIDTH_MM
    column, row = (((points[:, axis] + 1) / 2 * columns).astype(int) for axis in (0, 1))
    layer = ((points[:, 2] / depth + 1) / 2 * layers).astype(int)
    clipped = (layer.clip(0, layers - 1), row.clip(0, rows - 1), column.clip(0, columns - 1))
    return np.ravel_multi_index(clipped, (layers, rows, columns))


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
