"""The best single cloud for many truths: gradient descent on the mean symmetric L1 distance.

Nearest neighbours come from KD-trees; the gradient of a distance is a unit vector. Used for the
mean shape, the mean region and, from a given start, to bend one cloud onto one truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.spatial import cKDTree

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, FloatArray
from training.metrics.scores import Labels, Truth

BATCH = 12
TRUE_POINTS_PER_POINT = 1  # of the truth's points, a fresh draw each step


@dataclass(frozen=True, slots=True)
class Descent:
    """Settings of the descent: Adam, with a rate (in box units) that falls along a cosine."""

    steps: int = 300
    rate: float = 6.0 / BOX_HALF_WIDTH_MM
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """The true points of one patient's slices, with their KD-trees. Every patient has equal weight,
    whatever the number of slices.
    """

    truths: Sequence[Truth]
    trees: list[cKDTree] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trees.extend(cKDTree(truth.points) for truth in self.truths)


def best_constant(
    groups: Sequence[Group], count: int, descent: Descent, near: FloatArray | None = None
) -> tuple[FloatArray, Labels]:
    """The cloud (count, 3) with the least mean L1 to all truths, and each point's label. The
    descent starts from true points drawn at random, or around the points of a smaller cloud.
    """
    random = np.random.default_rng(descent.seed)
    start = _draw(groups, count, random) if near is None else _scattered(near, count, random)
    points = descend(start, groups, descent)
    return points, majority_labels(points, groups)


def descend(start: FloatArray, groups: Sequence[Group], descent: Descent) -> FloatArray:
    """A cloud moved from its start towards the least mean L1."""
    random = np.random.default_rng(descent.seed + 1)
    points = start.astype(np.float64)
    mean, square = np.zeros_like(points), np.zeros_like(points)
    for step in range(1, descent.steps + 1):
        chosen = random.permutation(len(groups))[:BATCH]
        gradient = np.mean([_one(points, groups[i], random) for i in chosen], axis=0)
        mean = 0.9 * mean + 0.1 * gradient
        square = 0.95 * square + 0.05 * gradient**2
        unbiased = np.sqrt(square / (1 - 0.95**step)) + 1e-9
        rate = descent.rate * (0.52 + 0.48 * np.cos(np.pi * step / descent.steps))
        points -= rate * mean / (1 - 0.9**step) / unbiased
    return points.astype(np.float32)


def majority_labels(points: FloatArray, groups: Sequence[Group]) -> Labels:
    """For each point the label that is nearest to it in most patients."""
    votes = np.zeros((len(points), 3))
    for group in groups:
        for truth, tree in zip(group.truths, group.trees, strict=True):
            nearest = truth.labels[tree.query(points)[1]]
            votes[np.arange(len(points)), nearest] += 1 / len(group.truths)
    return np.asarray(votes.argmax(axis=1), dtype=np.uint8)


def _one(points: FloatArray, group: Group, random: np.random.Generator) -> FloatArray:
    which = int(random.integers(len(group.truths)))
    return _gradient(points, group.truths[which], group.trees[which], random)


def _gradient(
    points: FloatArray, truth: Truth, tree: cKDTree, random: np.random.Generator
) -> FloatArray:
    """Gradient (N, 3) of the mean distance in both directions, times N / 2."""
    gradient = np.zeros_like(points)
    low, high = truth.z_range
    counted = np.flatnonzero((points[:, 2] >= low) & (points[:, 2] <= high))
    if len(counted):
        nearest = truth.points[tree.query(points[counted])[1]]
        gradient[counted] += _unit(points[counted] - nearest) * (len(points) / len(counted))
    size = min(len(truth.points), TRUE_POINTS_PER_POINT * len(points))
    asked = truth.points[random.integers(0, len(truth.points), size)]
    answer = cKDTree(points).query(asked)[1]
    pull = _unit(points[answer] - asked) * (len(points) / size)
    np.add.at(gradient, answer, pull)
    return gradient / 2


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = vectors / np.maximum(length, 1e-6)
    return unit


def _draw(groups: Sequence[Group], count: int, random: np.random.Generator) -> FloatArray:
    """True points of all patients, as evenly divided among them as possible."""
    each = -(-count // len(groups))
    drawn = []
    for group in groups:
        points = np.concatenate([truth.points for truth in group.truths])
        drawn.append(points[random.integers(0, len(points), each)])
    pooled = np.concatenate(drawn)
    jitter = random.normal(0, 1 / BOX_HALF_WIDTH_MM, (count, 3))
    start: FloatArray = pooled[random.permutation(len(pooled))[:count]] + jitter
    return start


def _scattered(near: FloatArray, count: int, random: np.random.Generator) -> FloatArray:
    """Several copies of every point of a smaller cloud, some 3 mm apart."""
    repeated = np.resize(near, (count, 3))
    start: FloatArray = repeated + random.normal(0, 3 / BOX_HALF_WIDTH_MM, (count, 3))
    return start
