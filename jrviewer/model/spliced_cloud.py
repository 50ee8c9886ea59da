"""The cloud of a slice in a sparse series: where other slices are near, points on the surfaces
interpolated between them; elsewhere, the points that the network inferred.

Knows neither networks nor files: records and arrays in, a Cloud out.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, Box, FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Series, Structure
from jrviewer.imaging.interpolated_surface import Span, sampled
from jrviewer.imaging.measured_surface import Surface
from jrviewer.imaging.sparse_series import sparse_series
from jrviewer.model.cloud_relaxation import PLACES_PER_POINT, ROUNDS, in_parts, relax

Labels = NDArray[np.uint8]

SIGMA_MM = {
    10.0: (0.8, 2.6, 1.7),
    15.0: (0.9, 2.8, 2.1),
    20.0: (1.05, 2.9, 2.1),
    25.0: (1.25, 3.3, 2.65),
}
"""Of a point on skin, bone and air between slices so many millimetres apart: nine tenths of the
points of training patients lie within 1.645 of it (59 slices of 29 patients, regions alike).
`python -m training sparse --split train` tells it."""
SIGMA_BEYOND_MM = (1.65, 2.7, 2.0)  # the same for points on an outline that goes on


def in_series(prediction: Prediction, series: Series) -> Prediction:
    """The prediction with clouds that know the other slices, where its series is sparse; else as
    it is.
    """
    cloud, sample_dense = prediction.cloud, prediction.sample_dense
    if cloud is None or cloud.unit != "mm" or sample_dense is None:
        return prediction
    sparse = sparse_series(series)
    if sparse is None:
        return prediction
    spans = sparse.spans_in(cloud.box)
    spliced = splice(cloud, sparse.surface, spans)
    if spliced is cloud:  # no body is near
        return prediction

    def spliced_dense() -> Cloud:
        return splice(sample_dense(), sparse.surface, spans)

    return prediction.between_slices(spliced, spliced_dense, sparse.slices, sparse.widest_mm)


def splice(cloud: Cloud, surface: Surface, spans: Sequence[Span]) -> Cloud:
    """The cloud with its points inside the spans, whose heights are along the box's z from its
    centre, put on the interpolated surface, whose triangles are in patient millimetres.
    """
    inside = covered(heights_in(cloud.box, cloud.points), spans)
    near = _in_box(surface, cloud.box)
    if not inside.any() or not len(near.labels):
        return cloud
    points, labels = _on_surface(near, cloud.labels[inside])
    normals = _outwards(near, points)
    sigma = _sigma_mm(heights_in(cloud.box, points), labels, spans)
    return Cloud(
        np.concatenate([cloud.points[~inside], points]).astype(np.float32),
        np.concatenate([cloud.labels[~inside], labels]),
        np.concatenate([cloud.sigma[~inside], sigma]),
        "mm",
        cloud.box,
        np.concatenate([cloud.normals[~inside], normals]),
    )


def covered(heights_mm: FloatArray, spans: Sequence[Span]) -> NDArray[np.bool_]:
    """Which heights (N,) lie in one of the spans."""
    return np.asarray((_outside_mm(heights_mm, spans) == 0).any(axis=1))


def heights_in(box: Box, points_mm: FloatArray) -> FloatArray:
    """Millimetres (N,) along the box's z, from the slice to points (N, 3) in patient LPS."""
    heights: FloatArray = (points_mm - box.centre_mm) @ box.axes[2]
    return heights


def _sigma_mm(heights_mm: FloatArray, labels: Labels, spans: Sequence[Span]) -> FloatArray:
    """A 1-sigma radius (N,) float32 by structure and the gap that a point lies in."""
    gaps = [*SIGMA_MM]
    table = np.array([*SIGMA_MM.values()])  # (gaps, structures)
    of_span = np.array(
        [
            [np.interp(span.high_mm - span.low_mm, gaps, table[:, s]) for s in Structure]
            if span.is_between
            else SIGMA_BEYOND_MM
            for span in spans
        ]
    )
    away = _outside_mm(heights_mm, spans)
    away += [0.0 if span.is_between else 0.01 for span in spans]  # of two that touch there
    return of_span[away.argmin(axis=1), labels].astype(np.float32)


def _outside_mm(heights_mm: FloatArray, spans: Sequence[Span]) -> FloatArray:
    """How far each height (N,) lies outside each span, (N, spans)."""
    low, high = np.array([(span.low_mm, span.high_mm) for span in spans]).T
    outside: FloatArray = np.maximum(low - heights_mm[:, None], heights_mm[:, None] - high)
    return outside.clip(min=0.0)


def _on_surface(surface: Surface, wanted: Labels) -> tuple[FloatArray, Labels]:
    """As many points of each structure on the surface as are wanted, spread so that the surface
    lies nearest to them; those of a structure that it does not hold go to the others.
    """
    random = np.random.default_rng(0)
    present = np.unique(surface.labels)
    shares = np.array([np.count_nonzero(wanted == label) for label in present], dtype=float)
    shares = shares if shares.any() else np.ones(len(present))
    ends = np.rint(np.cumsum(shares) / shares.sum() * len(wanted)).astype(int)
    begin, labels, places, structures = [], [], [], []
    for label, count in zip(present, np.diff(ends, prepend=0), strict=True):
        part = surface.of(Structure(label))
        found = sampled(
            part.triangles_mm, part.areas_mm2, ROUNDS * PLACES_PER_POINT * int(count), random
        )
        begin.append(found[:count])
        labels.append(np.full(count, label, np.uint8))
        places.append(found)
        structures.append(np.full(len(found), label, np.uint8))
    order = random.permutation(sum(map(len, places)))
    return relax(
        np.concatenate(begin),
        np.concatenate(labels),
        in_parts(np.concatenate(places)[order], np.concatenate(structures)[order]),
        distance=lambda points, _: np.zeros(len(points)),  # every place is as good as another
        rise=lambda points, _: np.zeros_like(points),
    )


def _outwards(surface: Surface, points: FloatArray) -> FloatArray:
    """Unit vectors (N, 3) float32 out of the structure where points lie: the nearest triangle's."""
    triangles = surface.triangles_mm
    nearest = cKDTree(triangles.mean(axis=1)).query(points)[1]
    first, second, third = triangles[nearest].transpose(1, 0, 2)
    normals = np.cross(second - first, third - first)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 0, normals / np.maximum(length, 1e-12), (0.0, 0.0, 1.0)).astype(
        np.float32
    )


def _in_box(surface: Surface, box: Box) -> Surface:
    """The triangles whose middle is in the box."""
    first, second, third = surface.triangles_mm.transpose(1, 0, 2)
    middles = ((first + second + third) / 3 - box.centre_mm) @ box.axes.T
    limits = np.array([box.half_width_mm, box.half_width_mm, BOX_HALF_DEPTH_MM])
    inside = (np.abs(middles) <= limits).all(axis=1)
    return Surface(surface.triangles_mm[inside], surface.labels[inside], surface.z_range_mm)
