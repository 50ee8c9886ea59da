"""Where points come to rest that stand for many places: where the sum of two expected distances is
least, from each place to its nearest point and from each point to the true surface.

First the points that help least go to where one stands for too much: no small step would take them
there. Then each moves towards the median of the places that it stands for (Weiszfeld 1937) and down
the expected distance, by less and less. Every round looks at other places, which saves time and
shakes points out of poor rest, as mini-batches do (Sculley 2010). Deterministic.

Knows nothing of networks: arrays in, arrays out, millimetres throughout.
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from jrviewer.core.geometry import FloatArray

ROUNDS = 12
PLACES_PER_POINT = 4  # in each round; other ones in every round
APART = 5  # rounds in turn take places so far from each other on the curve that orders them
STEPS = 2  # of moving the points in a round
LOOSELY = 1.0  # a point is near enough where none is at less than half of its distance
FURTHEST_MM = 8.0  # of one step: a direction from few places is uncertain
NEAR_MM = 0.5  # a place so near pulls no more than its share
STIFFNESS = 0.03  # per millimetre, what holds a point that stands for next to nothing
SENT_AWAY = 0.15  # of all points, at most
GLANCE = 2  # a subsample is enough to decide which points to relocate
SAVED_BY_A_SECOND = 1 - 1 / math.sqrt(2)  # on a surface distances shrink with the root of points

Labels = NDArray[np.uint8]
Indices = NDArray[np.intp]
AtPoints = Callable[[FloatArray, Labels], FloatArray]
"""Of points (N, 3) in mm and their structures (N,): a value, or a vector, each."""


def relax(
    points: FloatArray,
    labels: Labels,
    places: FloatArray,
    structures: Labels,
    distance: AtPoints,
    rise: AtPoints,
) -> tuple[FloatArray, Labels]:
    """Points (N, 3) and their labels (N,) at rest.

    `places` (ROUNDS · PLACES_PER_POINT · N, 3) are where the surface is expected, as often as it
    is, neighbours in turn, and `structures` what it is there. `distance` to the true surface is
    expected in mm, and `rise`, a vector, is how it grows.
    """
    for turn in range(ROUNDS):
        batch = slice(turn * APART % ROUNDS, None, ROUNDS)
        some = places[batch]
        if turn == 0:
            points, labels = _sent_where_needed(
                points, labels, some[::GLANCE], structures[batch][::GLANCE], distance
            )
        nearest = np.asarray(_tree(points).query(some, eps=LOOSELY)[1])
        for step in range(STEPS):
            left = 1 - (turn * STEPS + step) / (ROUNDS * STEPS)
            points = points + left * _step(points, some, nearest, rise(points, labels))
    return points, labels


def _step(points: FloatArray, places: FloatArray, nearest: Indices, rise: FloatArray) -> FloatArray:
    """Where each point (N, 3) would go if the weight of its places (M, 3) and `rise` (N, 3) stayed
    as they are from here, at most FURTHEST_MM.
    """
    away = places - points[nearest]
    weight = 1 / _length(away).clip(min=NEAR_MM)
    share = len(points) / len(places)
    pull = np.stack([_sum(nearest, weight * along, len(points)) for along in away.T], axis=1)
    stiffness = share * _sum(nearest, weight, len(points)) + STIFFNESS
    step: FloatArray = (share * pull - rise) / stiffness[:, None]
    return step * (FURTHEST_MM / _length(step).clip(min=FURTHEST_MM))[:, None]


def _sent_where_needed(
    points: FloatArray, labels: Labels, places: FloatArray, structures: Labels, distance: AtPoints
) -> tuple[FloatArray, Labels]:
    """The points, some of which may have been put beside those that stand for most.

    A point is worth the way that its places would be further from the next point, less its own
    expected distance. A second one beside another saves that one's places some of theirs.
    """
    count, share = len(points), len(points) / len(places)
    if round(SENT_AWAY * count) == 0:
        return points, labels
    ways, near = (np.asarray(found) for found in _tree(points).query(places, k=2))
    nearest, (way, next_way) = near[:, 0], ways.T
    worth = share * _sum(nearest, next_way - way, count) - distance(points, labels)
    least = np.argsort(worth)[: round(SENT_AWAY * count)]
    crowded, first = np.unique(nearest, return_index=True)  # a place of each point that has any
    gain = SAVED_BY_A_SECOND * share * _sum(nearest, way, count)[crowded]
    gain -= distance(places[first], structures[first])
    most = np.argsort(-gain)
    most = most[~np.isin(crowded[most], least)][: len(least)]
    better = gain[most] > worth[least[: len(most)]]
    moved, there = least[: len(most)][better], first[most[better]]
    points, labels = points.copy(), labels.copy()
    points[moved], labels[moved] = places[there], structures[there]
    return points, labels


def _tree(points: FloatArray) -> cKDTree:
    """Built for a single query, so not balanced: balancing costs more than it saves."""
    return cKDTree(points, balanced_tree=False, compact_nodes=False)


def _sum(nearest: Indices, values: FloatArray, count: int) -> FloatArray:
    """The values of the places that each of `count` points stands for, added up."""
    return np.asarray(np.bincount(nearest, values, minlength=count), dtype=float)


def _length(vectors: FloatArray) -> FloatArray:
    length: FloatArray = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    return length
