"""Triangles of a measured surface cut off at a cloud's box, and fewer of them for a moving frame.

Once for each box, and by hand: planes that the renderer cuts at took half of every frame. Pure
arithmetic on arrays, in patient millimetres; knows nothing of VTK.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, Box, FloatArray
from jrviewer.core.records import Structure, SurfaceMesh, UInt8Array
from jrviewer.rendering.look import IndexArray

BoolArray = npt.NDArray[np.bool_]
COARSE_MM = 8.0
HALVES_MM = np.array([BOX_HALF_WIDTH_MM, BOX_HALF_WIDTH_MM, BOX_HALF_DEPTH_MM])


@dataclass(frozen=True, slots=True, eq=False)
class CutMesh:
    """What is left: `faces` (T, 3) of corners (P, 3) with normals, and a label for each face."""

    corners_mm: FloatArray
    normals: FloatArray
    faces: IndexArray
    labels: UInt8Array

    @property
    def triangles_mm(self) -> FloatArray:
        """(T, 3 corners, xyz)."""
        return self.corners_mm[self.faces]

    def of(self, chosen: IndexArray | BoolArray) -> "CutMesh":
        """Some of its faces, with their corners alone."""
        faces = self.faces[chosen]
        is_used = np.zeros(len(self.corners_mm), bool)
        is_used[faces] = True
        place = np.cumsum(is_used) - 1
        own = self.corners_mm[is_used], self.normals[is_used]
        return CutMesh(*own, place[faces], self.labels[chosen])


def cut_at_box(measured: SurfaceMesh, structures: Iterable[Structure], box: Box) -> CutMesh:
    """These structures of a surface as far as they lie in the box."""
    wanted = np.isin(measured.labels, [int(one) for one in structures])
    faces, labels = measured.faces[wanted], measured.labels[wanted]
    places = box.to_box(measured.corners_mm) * (BOX_HALF_WIDTH_MM / HALVES_MM)  # -1 … 1 inside
    sides = np.concatenate([places < -1, places > 1], axis=1)
    beyond = np.packbits(sides, axis=1)[:, 0][faces]  # (T, 3) a bit for each side
    is_whole = (beyond == 0).all(axis=1)
    is_crossing = ~is_whole & (np.bitwise_and.reduce(beyond, axis=1) == 0)
    at = faces[is_crossing]
    corners = np.concatenate([places[at], measured.corners_mm[at], measured.normals[at]], axis=2)
    loose, loose_labels = corners, labels[is_crossing]
    for axis in range(3):
        for sign in (-1, 1):
            loose, loose_labels = _cut(loose, loose_labels, 1 - sign * loose[..., axis])
    values = loose.reshape(-1, 9).astype(np.float32)
    added = len(measured.corners_mm) + np.arange(len(values)).reshape(-1, 3)
    return CutMesh(
        np.concatenate([measured.corners_mm, values[:, 3:6]]),
        np.concatenate([measured.normals, values[:, 6:]]),
        np.concatenate([faces[is_whole], added]),
        np.concatenate([labels[is_whole], loose_labels]),
    ).of(np.ones(int(is_whole.sum()) + len(loose_labels), bool))


def coarsened(cut: CutMesh, cell_mm: float = COARSE_MM) -> CutMesh:
    """About a tenth of the triangles of a 3 mm grid: a structure's corners (P, 3) that lie in the
    same cube of `cell_mm` become one of fewer corners (Q, 3), in their middle and with their mean
    normal. Faces (T, 3) with two corners in one cube are gone.
    """
    label_of = np.zeros(len(cut.corners_mm), np.int64)
    label_of[cut.faces] = cut.labels[:, None]
    cells = np.floor((cut.corners_mm - cut.corners_mm.min(axis=0)) / cell_mm).astype(np.int64)
    count = cells.max(axis=0) + 1
    cells = ((label_of * count[0] + cells[:, 0]) * count[1] + cells[:, 1]) * count[2] + cells[:, 2]
    _, cell_of, sizes = np.unique(cells, return_inverse=True, return_counts=True)
    middles, ways = (_sums(values, cell_of, len(sizes)) for values in (cut.corners_mm, cut.normals))
    faces = cell_of[cut.faces]
    is_left = (faces != np.roll(faces, 1, axis=1)).all(axis=1)  # no two corners in one cell
    length = np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-6)
    return CutMesh(
        (middles / sizes[:, None]).astype(np.float32),
        (ways / length).astype(np.float32),
        faces[is_left],
        cut.labels[is_left],
    )


def _sums(values: FloatArray, group: IndexArray, count: int) -> FloatArray:
    """Of rows (N, 3), for each of `count` groups."""
    axes = [np.bincount(group, weights=axis, minlength=count) for axis in values.T]
    return np.stack(axes, axis=1)


def _cut(
    corners: FloatArray, labels: UInt8Array, inwards: FloatArray
) -> tuple[FloatArray, UInt8Array]:
    """Triangles (T, 3, values) where `inwards` (T, 3) of their corners is not negative; each that
    crosses it leaves a smaller one, or two.
    """
    is_in = inwards >= 0
    count = is_in.sum(axis=1)
    kept, kept_labels = [corners[count == 3]], [labels[count == 3]]
    for inside in (1, 2):
        mine = count == inside
        alone = (is_in[mine] == (inside == 1)).argmax(axis=1)  # on its side of the plane
        order = (alone[:, None] + np.arange(3)) % 3  # which keeps the way round
        a, b, c = np.take_along_axis(corners[mine], order[..., None], axis=1).swapaxes(0, 1)
        to_a, to_b, to_c = np.take_along_axis(inwards[mine], order, axis=1).T[..., None]
        ab, ac = a + (b - a) * (to_a / (to_a - to_b)), a + (c - a) * (to_a / (to_a - to_c))
        pieces = [(a, ab, ac)] if inside == 1 else [(ab, b, c), (ab, c, ac)]
        kept += [np.stack(piece, axis=1) for piece in pieces]
        kept_labels += [labels[mine]] * len(pieces)
    return np.concatenate(kept), np.concatenate(kept_labels)
