"""Where points come to rest that stand for many places: where the sum of two expected distances is
least, from each place to its nearest point and from each point to the true surface.

First the points that help least go to where one stands for too much: no small step would take them
there. Then each moves towards the median of the places that it stands for (Weiszfeld 1937) and down
the expected distance, by less and less. Every round looks at other places, which saves time and
shakes points out of poor rest, as mini-batches do (Sculley 2010). Deterministic, and little
amplifies a difference in the last digits: places have weights instead of coming more or less often,
the nearest point is sought exactly, and rounds are few, as each doubles what differs.

Knows nothing of networks: arrays in, arrays out, millimetres throughout.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from jrviewer.core.geometry import FloatArray
from jrviewer.model.second_thread import ALONE, SecondThread

ROUNDS = 8
PLACES_PER_POINT = 4  # in each round; other ones in every round
PARTS = 2  # of a round's places, each from everywhere: one decides which points to relocate
STEPS = 2  # of moving the points in a round
FURTHEST_MM = 8.0  # of one step: a direction from few places is uncertain
NEAR_MM = 0.5  # a place so near pulls no more than its share
STIFFNESS = 0.03  # per millimetre, what holds a point that stands for next to nothing
SENT_AWAY = 0.15  # of all points, at most
SAVED_BY_A_SECOND = 1 - 1 / math.sqrt(2)  # on a surface distances shrink with the root of points

Labels = NDArray[np.uint8]
Indices = NDArray[np.intp]
AtPoints = Callable[[FloatArray, Labels], FloatArray]
"""Of points (N, 3) in mm and their structures (N,): a value, or a vector, each."""


class Places(NamedTuple):
    """Where the surface is expected."""

    at: FloatArray  # (M, 3) mm
    structures: Labels  # (M,), what it is there
    weights: FloatArray  # (M,), at most 1


def in_parts(at: FloatArray, structures: Labels) -> list[Places]:
    """Places of the same weight, (M, 3) in mm and what they lie on, in any order, for `relax`."""
    weights = np.ones(len(at))
    every = [slice(first, None, ROUNDS * PARTS) for first in range(ROUNDS * PARTS)]
    return [Places(at[part], structures[part], weights[part]) for part in every]


def relax(
    points: FloatArray,
    labels: Labels,
    places: Sequence[Places],
    distance: AtPoints,
    rise: AtPoints,
    second: SecondThread = ALONE,
) -> tuple[FloatArray, Labels]:
    """Points (N, 3) and their labels (N,) at rest.

    Each of ROUNDS takes PARTS of `places`, in turn. `distance` to the true surface is expected in
    mm, and `rise`, a vector, is how it grows.
    """
    points, labels = _sent_where_needed(points, labels, places[0], distance, second)
    for turn in range(ROUNDS):
        some = _together(places[turn * PARTS : (turn + 1) * PARTS])
        nearest = second.nearest(points, some.at).indices
        for step in range(STEPS):
            left = 1 - (turn * STEPS + step) / (ROUNDS * STEPS)
            points = points + left * _step(points, some, nearest, rise(points, labels))
    return points, labels


def _together(parts: Sequence[Places]) -> Places:
    at, structures, weights = zip(*parts, strict=True)
    return Places(np.concatenate(at), np.concatenate(structures), np.concatenate(weights))


def _step(points: FloatArray, places: Places, nearest: Indices, rise: FloatArray) -> FloatArray:
    """Where each point (N, 3) would go if the pull of its places and `rise` (N, 3) stayed as they
    are from here, at most FURTHEST_MM.
    """
    away = places.at - points.take(nearest, axis=0)
    pulling = places.weights / _length(away).clip(min=NEAR_MM)
    share = len(points) / max(places.weights.sum(), 1.0)
    pull = np.stack([_sum(nearest, pulling * along, len(points)) for along in away.T], axis=1)
    stiffness = share * _sum(nearest, pulling, len(points)) + STIFFNESS
    step: FloatArray = (share * pull - rise) / stiffness[:, None]
    return step * (FURTHEST_MM / _length(step).clip(min=FURTHEST_MM))[:, None]


def _sent_where_needed(
    points: FloatArray, labels: Labels, places: Places, distance: AtPoints, second: SecondThread
) -> tuple[FloatArray, Labels]:
    """The points, some of which may have been put beside those that stand for most.

    A point is worth the way that its places would be further from the next point, less its own
    expected distance. A second one beside another saves that one's places some of theirs.
    """
    count = len(points)
    if round(SENT_AWAY * count) == 0:
        return points, labels
    share = count / max(places.weights.sum(), 1.0)
    ways, near = second.nearest(points, places.at, 2)
    nearest, (way, next_way) = near[:, 0], ways.T
    worth = share * _sum(nearest, places.weights * (next_way - way), count)
    worth -= distance(points, labels)
    least = np.argsort(worth, kind="stable")[: round(SENT_AWAY * count)]
    whole = np.flatnonzero(places.weights == 1)
    crowded, first = np.unique(nearest[whole], return_index=True)  # a place of each that has any
    first = whole[first]
    gain = SAVED_BY_A_SECOND * share * _sum(nearest, places.weights * way, count)[crowded]
    gain -= distance(places.at[first], places.structures[first])
    most = np.argsort(-gain, kind="stable")
    most = most[~np.isin(crowded[most], least)][: len(least)]
    better = gain[most] > worth[least[: len(most)]]
    moved, there = least[: len(most)][better], first[most[better]]
    points, labels = points.copy(), labels.copy()
    points[moved], labels[moved] = places.at[there], places.structures[there]
    return points, labels


def _sum(nearest: Indices, values: FloatArray, count: int) -> FloatArray:
    """The values of the places that each of `count` points stands for, added up."""
    return np.asarray(np.bincount(nearest, values, minlength=count), dtype=float)


def _length(vectors: FloatArray) -> FloatArray:
    length: FloatArray = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return length
