"""How wide edges are: from 10 to 90 % across skin, lung and bone, averaged along the edge."""

from dataclasses import dataclass

import numpy as np

from jrviewer.core.geometry import FloatArray

LEVELS_HU = {"skin and lung": -500.0, "bone": 250.0}
MR_LEVEL = 0.3  # of the 99.5th percentile
SMOOTH_PIXELS = 1.0  # before an edge is traced
REACH, PLATEAU = 6.0, 4.0  # pixels: what is looked at; beyond PLATEAU the edge is over
BIN = 0.5
TILE = 32  # pixels of edge are averaged in squares of this side
FEWEST = 60  # pixels of a tile near its edge
LEAST_CONTRAST = 0.2  # of what separates the 1st and 99th percentile
SMALL = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Signed distances (rows, columns) in pixels to the edges of one level, NaN far from any."""

    distance: FloatArray
    least: float  # contrast of an edge that counts


def edges_of(pixels: FloatArray, level: float) -> Edges:
    """The edges of a slice where it crosses a level, traced between pixels."""
    from scipy import ndimage

    smooth = ndimage.gaussian_filter(pixels.astype(np.float32), SMOOTH_PIXELS)
    inside = smooth > level
    border = inside & ~ndimage.binary_erosion(inside, border_value=1)
    away, (row, column) = ndimage.distance_transform_edt(~border, return_indices=True)
    slope = np.hypot(*np.gradient(smooth))
    beyond = np.clip((smooth - level) / np.maximum(slope, SMALL), 0, 1)  # of a border pixel
    distance = np.where(inside, away, -away) + beyond[row, column]
    far = np.abs(distance) > REACH
    low, high = np.percentile(pixels, [1, 99])
    least = LEAST_CONTRAST * float(high - low)
    return Edges(np.where(far, np.nan, distance).astype(np.float32), least)


def ratios(edges: Edges, before: FloatArray, after: FloatArray) -> list[float]:
    """Width after ÷ before of every stretch of edge that can be measured in both."""
    found = []
    rows, columns = before.shape
    for row in range(0, rows, TILE):
        for column in range(0, columns, TILE):
            part = (slice(row, row + TILE), slice(column, column + TILE))
            distance = edges.distance[part]
            near = np.isfinite(distance)
            if near.sum() < FEWEST:
                continue
            first, second = (
                _width(distance[near], image[part][near], edges.least) for image in (before, after)
            )
            if first and second:
                found.append(second / first)
    return found


def _width(distance: FloatArray, values: FloatArray, least: float) -> float | None:
    """Pixels from 10 to 90 % of an averaged edge; None where it is none."""
    index = np.floor((distance + REACH) / BIN).astype(np.intp)
    bins = round(2 * REACH / BIN)
    index = np.clip(index, 0, bins - 1)
    counts = np.bincount(index, minlength=bins)
    if (counts < 3).any():
        return None
    profile = np.bincount(index, weights=values, minlength=bins) / counts
    at = (np.arange(bins) + 0.5) * BIN - REACH
    low, high = profile[at < -PLATEAU].mean(), profile[at > PLATEAU].mean()
    if high - low < least:
        return None
    rise = (profile - low) / (high - low)
    tenth, ninetieth = _crossing(at, rise, 0.1), _crossing(at, rise, 0.9)
    if tenth is None or ninetieth is None or ninetieth - tenth < BIN:
        return None
    return ninetieth - tenth


def _crossing(at: FloatArray, rise: FloatArray, level: float) -> float | None:
    """Where a profile last passes a level on its way up through the middle."""
    middle = int(np.argmin(np.abs(rise - 0.5)))
    if level < 0.5:
        below = np.flatnonzero(rise[:middle] < level)
        index = int(below[-1]) if len(below) else None
    else:
        above = np.flatnonzero(rise[middle:] > level)
        index = middle + int(above[0]) - 1 if len(above) else None
    if index is None or not 0 <= index < len(at) - 1:
        return None
    step = rise[index + 1] - rise[index]
    return float(at[index] + BIN * np.clip((level - rise[index]) / max(step, SMALL), 0, 1))
