"""The clouds that ours must beat: fitted on training views, kept in one small file.

Mean shape and mean region (best constant clouds), nearest training slice (retrieval), PCA + ridge,
extrusion of the slice's own contours (nothing to fit). All in box coordinates.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jrviewer.geometry import BOX_PIXELS, FloatArray
from jrviewer.progress import Report, silent
from training.constant_cloud import Descent, Group, best_constant, descend
from training.contours import extrusion
from training.metrics import Labels, Truth
from training.views import View

Arrays = dict[str, npt.NDArray[Any]]
Points = tuple[FloatArray, Labels]

COUNTS = (1024, 4096)
SMALL = 32  # side of the image that retrieval and ridge see
HU_SEEN = (-1000.0, 500.0)
COMPONENTS = 48
RIDGE = 3.0  # penalty per training view, on standardised pixels
BENDING_STEPS = 40


def truth_of(view: View) -> Truth:
    """What a cloud predicted from a view is held against."""
    return Truth(view.points, view.labels, view.z_range)


@dataclass(frozen=True, slots=True)
class Effort:
    """How long the fit takes: steps of the constant clouds, and their seed."""

    steps: int = 400
    counts: tuple[int, ...] = COUNTS
    seed: int = 0


def fit(views: Sequence[View], effort: Effort, report: Report = silent) -> Arrays:
    """Everything the baselines need, as arrays. Patients weigh the same in the constant clouds;
    every view weighs the same in PCA + ridge.
    """
    arrays = _constants(views, effort, report)
    random = np.random.default_rng(effort.seed)
    chosen = [random.permutation(len(view.points))[: effort.counts[0]] for view in views]
    arrays["nearest_images"] = np.stack([_small(view.image) for view in views])
    pairs = list(zip(views, chosen, strict=True))
    arrays["nearest_points"] = np.stack([view.points[i] for view, i in pairs]).astype(np.float16)
    arrays["nearest_labels"] = np.stack([view.labels[i] for view, i in pairs])
    report(0.7, "PCA + ridge")
    mean = arrays[f"mean_shape_{effort.counts[0]}_points"].astype(np.float32)
    return arrays | _pca_ridge(views, mean, effort.seed)


def save(arrays: Mapping[str, npt.NDArray[Any]], path: Path) -> None:
    """Write a fit as one compressed .npz, the same bytes for the same arrays."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())


class CloudBaselines:
    """A fit, ready to predict."""

    METHODS = ("mean_shape", "mean_region", "extrusion", "nearest", "pca_ridge")

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        self._arrays = dict(arrays)
        self._images = _normalised(self._arrays["nearest_images"])

    @classmethod
    def load(cls, path: Path) -> "CloudBaselines":
        """The fit that `save` wrote."""
        with np.load(path) as file:
            return cls(dict(file))

    def predict(self, method: str, view: View, count: int = 1024, seed: int = 0) -> Points:
        """Points (count, 3) and labels of one method. The mean region is told the view's region,
        the others see the image alone; nearest and PCA + ridge know one count only.
        """
        if method == "extrusion":
            return extrusion(view.image, count, seed)
        if method == "nearest":
            return self._nearest(view.image)
        if method == "pca_ridge":
            return self._pca_ridge(view.image)
        return self._constant("mean_shape" if method == "mean_shape" else view.region, count)

    def _constant(self, name: str, count: int) -> Points:
        """A region that no training patient has gets the mean shape."""
        known = name if f"{name}_{count}_points" in self._arrays else "mean_shape"
        points = self._arrays[f"{known}_{count}_points"].astype(np.float32)
        return points, self._arrays[f"{known}_{count}_labels"]

    def _nearest(self, image: FloatArray) -> Points:
        best = int(np.argmax(self._images @ _normalised(_small(image)[None])[0]))
        points = self._arrays["nearest_points"][best].astype(np.float32)
        return points, self._arrays["nearest_labels"][best]

    def _pca_ridge(self, image: FloatArray) -> Points:
        arrays = self._arrays
        pixels = (_small(image).ravel() - arrays["ridge_mean"]) / arrays["ridge_scale"]
        weights = pixels @ arrays["ridge_weights"].astype(np.float32)
        points = arrays["pca_mean"] + weights @ arrays["pca_components"].astype(np.float32)
        labels = arrays[f"mean_shape_{len(points) // 3}_labels"]
        return points.reshape(-1, 3).astype(np.float32), labels


def _constants(views: Sequence[View], effort: Effort, report: Report) -> Arrays:
    """The best constant clouds of all patients and of each region, at each count."""
    regions = sorted({view.region for view in views})
    wanted = [("mean_shape", list(views))]
    wanted += [(region, [view for view in views if view.region == region]) for region in regions]
    arrays: Arrays = {}
    for i, (name, own) in enumerate(wanted):
        groups = by_patient(own)
        for count in effort.counts:
            report(0.7 * i / len(wanted), f"best constant cloud: {name}, {count} points")
            descent = Descent(steps=effort.steps, seed=effort.seed)
            points, labels = best_constant(groups, count, descent)
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
    """Block means (32, 32) of HU clipped to −1000..500, as 0..255."""
    low, high = HU_SEEN
    side = BOX_PIXELS // SMALL
    shown = (np.clip(image, low, high) - low) / (high - low) * 255
    blocks = shown.reshape(SMALL, side, SMALL, side).mean(axis=(1, 3))
    return np.asarray(np.rint(blocks), dtype=np.uint8)


def _normalised(images: npt.NDArray[np.uint8]) -> FloatArray:
    """Images (V, 32, 32) as unit vectors (V, 1024) about their mean: for correlation."""
    flat = images.reshape(len(images), -1).astype(np.float32)
    flat -= flat.mean(axis=1, keepdims=True)
    unit: FloatArray = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return unit


def thinned(views: Sequence[View], most: int) -> list[View]:
    """At most so many views of one volume, evenly spread."""
    volumes: dict[str, list[View]] = {}
    for view in views:
        volumes.setdefault(view.name, []).append(view)
    kept: list[View] = []
    for own in volumes.values():
        steps = np.linspace(0, len(own) - 1, min(most, len(own)))
        kept += [own[round(float(i))] for i in steps]
    return kept
