"""Cloud baselines: fitted on training views and stored in one small file.

Mean shape and mean region (best constant clouds), nearest training slice (retrieval), PCA + ridge,
and the extrusion of the slice's own contours (nothing to fit). All in box coordinates.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, BOX_PIXELS, FloatArray
from jrviewer.core.progress import Report, silent
from training.baselines.constant_cloud import Descent, Group, best_constant, descend
from training.data.contours import extrusion
from training.data.views import View
from training.metrics.scores import Labels, Truth

Arrays = dict[str, npt.NDArray[Any]]
Points = tuple[FloatArray, Labels]

COUNTS = (1024, 4096)
PACKED = ("x", "y", "odd", "z", "labels")
SMALL = 32  # side of the image that retrieval and ridge see
HU_SEEN = ((-700.0, -100.0), (100.0, 700.0))  # one picture of the body and its air, one of bone
COMPONENTS = 48
RIDGE = 3.0  # penalty per training view, on standardised pixels
BENDING_STEPS = 25
GRID_START = np.array([224, 224, 64], dtype=np.int16)  # mm from the box centre
PCA_VIEWS = 700  # at most


def truth_of(view: View) -> Truth:
    """The reference that a cloud predicted from a view is compared with."""
    return Truth(view.points, view.labels, view.z_range)


@dataclass(frozen=True, slots=True)
class Effort:
    """How long the fit takes: steps of the constant clouds, and their seed."""

    steps: int = 400
    counts: tuple[int, ...] = COUNTS
    seed: int = 0


def fit(views: Sequence[View], effort: Effort, report: Report = silent) -> Arrays:
    """All arrays that the baselines need. In the constant clouds every patient has equal weight; in
    PCA + ridge every view.
    """
    arrays = _constants(views, effort, report)
    arrays |= _retrieval(views, effort)
    report(0.7, "PCA + ridge")
    mean = arrays[f"mean_shape_{effort.counts[0]}_points"].astype(np.float32)
    return arrays | _pca_ridge(views[:: -(-len(views) // PCA_VIEWS)], mean, effort.seed)


def save(arrays: Mapping[str, npt.NDArray[Any]], path: Path) -> None:
    """Write a fit as one compressed .npz; equal arrays give equal bytes."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())


class CloudBaselines:
    """A fit, ready to predict."""

    METHODS = ("mean_shape", "mean_region", "extrusion", "nearest", "pca_ridge")

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._arrays = dict(arrays)
        pictures = self._arrays["nearest_images"]
        self._images = pictures.reshape(len(pictures), -1).astype(np.float32)

    @classmethod
    def load(cls, path: Path) -> "CloudBaselines":
        """The fit that `save` wrote."""
        with np.load(path) as file:
            return cls(dict(file))

    def predict(self, method: str, view: View, count: int = 1024, seed: int = 0) -> Points:
        """Points (count, 3) and labels of one method. The mean region gets the view's region, the
        others only the image; nearest and PCA + ridge support one count only.
        """
        if method == "extrusion":
            return extrusion(view.image, count, seed)
        if method == "nearest":
            return self._nearest(view.image)
        if method == "pca_ridge":
            return self._pca_ridge(view.image)
        return self._constant("mean_shape" if method == "mean_shape" else view.region, count)

    def _constant(self, name: str, count: int) -> Points:
        """The constant cloud of a region; the mean shape where no training patient has that
        region.
        """
        known = name if f"{name}_{count}_points" in self._arrays else "mean_shape"
        points = self._arrays[f"{known}_{count}_points"].astype(np.float32)
        return points, self._arrays[f"{known}_{count}_labels"]

    def _nearest(self, image: FloatArray) -> Points:
        """The cloud of the training view with the most similar small image."""
        seen = _small(image).ravel().astype(np.float32)
        best = int(np.argmin(((self._images - seen) ** 2).sum(axis=1)))
        return _unpacked({key: self._arrays[f"nearest_{key}"][best] for key in PACKED})

    def _pca_ridge(self, image: FloatArray) -> Points:
        arrays = self._arrays
        pixels = (_small(image).ravel() - arrays["ridge_mean"]) / arrays["ridge_scale"]
        weights = pixels @ arrays["ridge_weights"].astype(np.float32)
        points = arrays["pca_mean"] + weights @ arrays["pca_components"].astype(np.float32)
        labels = arrays[f"mean_shape_{len(points) // 3}_labels"]
        return points.reshape(-1, 3).astype(np.float32), labels


def _retrieval(views: Sequence[View], effort: Effort) -> Arrays:
    """Every view's small image, and a random subset of its true points as the cloud."""
    random = np.random.default_rng(effort.seed)
    packed = []
    for view in views:
        chosen = random.permutation(len(view.points))[: effort.counts[0]]
        packed.append(_packed(view.points[chosen], view.labels[chosen]))
    arrays = {f"nearest_{key}": np.stack([one[key] for one in packed]) for key in packed[0]}
    return arrays | {"nearest_images": np.stack([_small(view.image) for view in views])}


def _constants(views: Sequence[View], effort: Effort, report: Report) -> Arrays:
    """The best constant clouds of all patients and of each region, at each count."""
    regions = sorted({view.region for view in views})
    wanted = [("mean_shape", list(views))]
    wanted += [(region, [view for view in views if view.region == region]) for region in regions]
    arrays: Arrays = {}
    for i, (name, own) in enumerate(wanted):
        groups = by_patient(own)
        points: FloatArray | None = None
        for count in effort.counts:
            report(0.7 * i / len(wanted), f"best constant cloud: {name}, {count} points")
            # The dense cloud starts where the sparse one ended, and needs fewer steps.
            steps = effort.steps if points is None else effort.steps // 3
            descent = Descent(steps=steps, seed=effort.seed)
            points, labels = best_constant(groups, count, descent, near=points)
            arrays[f"{name}_{count}_points"] = points.astype(np.float16)
            arrays[f"{name}_{count}_labels"] = labels
    return arrays


def by_patient(views: Sequence[View]) -> list[Group]:
    """The truths of views, patient by patient."""
    patients: dict[str, list[Truth]] = {}
    for view in views:
        patients.setdefault(view.patient, []).append(truth_of(view))
    return [Group(truths) for truths in patients.values()]


def _pca_ridge(views: Sequence[View], mean: FloatArray, seed: int) -> Arrays:
    """Bend the mean shape onto each truth (points keep their order), PCA of the results, and a
    ridge regression of the components from the small image.
    """
    descent = Descent(steps=BENDING_STEPS, seed=seed)
    bent = np.stack([descend(mean, [Group([truth_of(view)])], descent).ravel() for view in views])
    pca_mean = bent.mean(axis=0)
    _, _, basis = np.linalg.svd(bent - pca_mean, full_matrices=False)
    components = basis[:COMPONENTS]
    pixels = np.stack([_small(view.image).ravel() for view in views]).astype(np.float64)
    ridge_mean, ridge_scale = pixels.mean(axis=0), pixels.std(axis=0) + 8.0
    seen = (pixels - ridge_mean) / ridge_scale
    normal = seen.T @ seen + RIDGE * len(views) * np.eye(seen.shape[1])
    weights = np.linalg.solve(normal, seen.T @ ((bent - pca_mean) @ components.T))
    return {
        "pca_mean": pca_mean.astype(np.float32),
        "pca_components": components.astype(np.float16),
        "ridge_mean": ridge_mean.astype(np.float32),
        "ridge_scale": ridge_scale.astype(np.float32),
        "ridge_weights": weights.astype(np.float16),
    }


def _small(image: FloatArray) -> npt.NDArray[np.uint8]:
    """Block means (2 windows, 32, 32) of HU clipped to each window, as 0..255."""
    side = BOX_PIXELS // SMALL
    pictures = []
    for low, high in HU_SEEN:
        shown = (np.clip(image, low, high) - low) / (high - low) * 255
        pictures.append(shown.reshape(SMALL, side, SMALL, side).mean(axis=(1, 3)))
    return np.asarray(np.rint(np.stack(pictures)), dtype=np.uint8)


def _packed(points: FloatArray, labels: Labels) -> Arrays:
    """Points on a 1 mm grid, sorted by x, in few bytes that compress well. The rounding of half a
    millimetre is negligible beside the 5 mm between 1024 points.
    """
    grid = np.rint(points * BOX_HALF_WIDTH_MM).astype(np.int16) + GRID_START
    order = np.argsort(grid[:, 0], kind="stable")
    x, y, z = grid[order].T
    step = np.diff(x, prepend=0)
    return {
        "x": np.minimum(step, 255).astype(np.uint8),
        "y": (y // 2).astype(np.uint8),
        "odd": np.packbits((y % 2).astype(bool)),
        "z": z.astype(np.uint8),
        "labels": labels[order],
    }


def _unpacked(packed: Arrays) -> Points:
    x = np.cumsum(packed["x"], dtype=np.int64)
    y = packed["y"].astype(np.int64) * 2 + np.unpackbits(packed["odd"])[: len(x)]
    grid = np.stack([x, y, packed["z"]], axis=1) - GRID_START
    return (grid / BOX_HALF_WIDTH_MM).astype(np.float32), packed["labels"]
