"""Predictions for tests of the 3D picture: a trunk of points around a small slice."""

from functools import cache, partial

import numpy as np

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, FloatArray, Plane, canonical_box
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Acquisition, Cloud, Slice, Structure, UInt8Array
from jrviewer.imaging import residual_check
from tests.support.record_factory import Vector, make_plane, make_slice


def make_trunk(plane: Plane, centre: tuple[float, float], count: int, *, mm: bool = True) -> Cloud:
    """A skin tube, a bone rod at its back and an air tube, 120 mm high; sigma grows with depth."""
    rng = np.random.default_rng(count)
    labels = np.arange(count) % 3
    radius = np.choose(labels, [120.0, 12.0, 50.0])
    angle = rng.uniform(0, 2 * np.pi, count)
    depth = rng.uniform(-60, 60, count)
    back = np.where(labels == Structure.BONE, 70.0, 0.0)
    local = np.stack([radius * np.cos(angle), 0.7 * radius * np.sin(angle) + back, depth], axis=1)
    box = canonical_box(plane, centre)
    points = box.to_patient(local / BOX_HALF_WIDTH_MM) if mm else local / BOX_HALF_WIDTH_MM
    sigma = 2 + np.abs(depth) / 5
    normals = np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    return Cloud(
        points.astype(np.float32),
        labels.astype(np.uint8),
        (sigma if mm else sigma / BOX_HALF_WIDTH_MM).astype(np.float32),
        "mm" if mm else "normalized",
        box,
        (normals @ box.axes if mm else normals).astype(np.float32),
    )


def make_cloud_prediction(
    origin_mm: Vector = (-180.0, -150.0, 40.0),
    body_part: str = "CHEST",
    plane: Plane | None = None,
    *,
    mm: bool = True,
    cloud: bool = True,
) -> Prediction:
    plane = plane or make_plane(origin_mm=origin_mm, spacing_mm=(2.5, 3.0))
    made = make_slice(plane=plane)
    chosen = Slice(
        made.pixels,
        "HU",
        plane,
        "pixel" if mm else "missing",
        True,
        made.source,
        Acquisition(modality="CT", body_part=body_part),
        made.windows,
    )
    centre = (63.5, 63.5)
    return Prediction(
        slice=chosen,
        fully_denoised=chosen.pixels.copy(),
        cloud=make_trunk(plane, centre, 1024, mm=mm) if cloud else None,
        check_residual=residual_check.check_removed,
        sample_dense=cache(partial(make_trunk, plane, centre, 4096, mm=mm)) if cloud else None,
        no_cloud_reason="" if cloud else "No cloud is made from MR.",
        model="test",
        weights_sha256="0" * 64,
        device="CPU fp32",
        seconds=0.1,
    )


def make_grey(prediction: Prediction, value: int = 90) -> UInt8Array:
    return np.full(prediction.slice.shape, value, dtype=np.uint8)


def near(points: FloatArray, point: FloatArray) -> FloatArray:
    """Distances (N,) to one point."""
    distances: FloatArray = np.linalg.norm(points - point, axis=1)
    return distances
