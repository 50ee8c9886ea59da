"""Triangles cut off at the box that a cloud was inferred in."""

import numpy as np
import pytest

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray, VolumeGeometry
from jrviewer.core.records import Structure, SurfaceMesh
from jrviewer.rendering.box_cut import CutMesh, coarsened, cut_at_box
from tests.support.cloud_factory import make_cloud_prediction

EVERY = frozenset(Structure)
_CLOUD = make_cloud_prediction().cloud
assert _CLOUD is not None
BOX = _CLOUD.box


def make_mesh(corners_box_mm: FloatArray, normals: FloatArray | None = None) -> SurfaceMesh:
    """Loose triangles (T, 3, 3) in millimetres of the box's axes, from its centre."""
    places = BOX.to_patient(corners_box_mm.reshape(-1, 3) / BOX_HALF_WIDTH_MM)
    count = len(places)
    facing = np.tile([0.0, 0.0, 1.0], (count, 1)) if normals is None else normals
    return SurfaceMesh(
        places.astype(np.float32),
        facing.astype(np.float32),
        np.arange(count, dtype=np.int32).reshape(-1, 3),
        (np.arange(count // 3) % 3).astype(np.uint8),
        VolumeGeometry(np.zeros(3), np.eye(3), (500.0, 500.0), np.arange(0.0, 200.0, 5.0)),
        (3.0, 3.0, 3.0),
    )


def in_box_mm(cut: CutMesh) -> FloatArray:
    return np.asarray(BOX.to_box(cut.triangles_mm.reshape(-1, 3)) * BOX_HALF_WIDTH_MM)


def area_mm2(cut: CutMesh) -> float:
    a, b, c = cut.triangles_mm.astype(float).swapaxes(0, 1)
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_a_face_inside_the_box_stays_as_it_is() -> None:
    mesh = make_mesh(np.array([[(0, 0, 0), (10, 0, 0), (0, 10, 0)]], float))

    cut = cut_at_box(mesh, EVERY, BOX)

    assert np.array_equal(cut.triangles_mm, mesh.corners_mm[mesh.faces])
    assert np.array_equal(cut.normals, mesh.normals)


def test_a_face_around_the_whole_box_leaves_the_boxs_own_cross_section() -> None:
    flat = make_mesh(np.array([[(-2000, -2000, 5), (2000, -2000, 5), (0, 4000, 5)]], float))

    cut = cut_at_box(flat, EVERY, BOX)

    assert area_mm2(cut) == pytest.approx((2 * BOX_HALF_WIDTH_MM) ** 2, rel=1e-4)
    assert np.abs(in_box_mm(cut)[:, :2]).max() == pytest.approx(BOX_HALF_WIDTH_MM, abs=1e-2)


@pytest.mark.parametrize(("tip_mm", "base_mm", "share"), [(-36, 89, 0.64), (89, -36, 0.96)])
def test_a_face_through_one_side_keeps_what_is_inside_and_its_way_round(
    tip_mm: float, base_mm: float, share: float
) -> None:
    """The side is at 64 mm, four fifths of the way from -36 to 89: by similar triangles 0.8 ** 2 of
    the area is left of a tip inside, and all but 0.2 ** 2 with a tip outside.
    """
    mesh = make_mesh(np.array([[(0, 0, tip_mm), (40, 0, base_mm), (-40, 0, base_mm)]], float))

    cut = cut_at_box(mesh, EVERY, BOX)

    whole = CutMesh(mesh.corners_mm, mesh.normals, mesh.faces.astype(np.intp), mesh.labels)
    assert area_mm2(cut) / area_mm2(whole) == pytest.approx(share, rel=1e-3)
    (outwards,) = (np.cross(b - a, c - a) for a, b, c in whole.triangles_mm)
    assert all(np.cross(b - a, c - a) @ outwards > 0 for a, b, c in cut.triangles_mm)


def test_normals_are_mixed_where_an_edge_is_cut() -> None:
    at = np.array([[(0, 0, 44), (0, 0, 84), (10, 0, 44)]], float)
    normals = np.array([(1.0, 0, 0), (0, 1.0, 0), (1.0, 0, 0)])

    cut = cut_at_box(make_mesh(at, normals), EVERY, BOX)

    on_edge = np.isclose(in_box_mm(cut)[:, 2], BOX_HALF_DEPTH_MM, atol=1e-2)
    assert on_edge.any()
    used = cut.normals[cut.faces.ravel()][on_edge]
    assert np.allclose(used, (0.5, 0.5, 0), atol=1e-3)


def test_only_the_structures_asked_for_are_left_with_their_labels() -> None:
    inside = np.array([(0, 0, 0), (10, 0, 0), (0, 10, 0)], float)
    mesh = make_mesh(np.stack([inside, inside + 20, inside + 40, inside + 900]))

    cut = cut_at_box(mesh, {Structure(1), Structure(2)}, BOX)

    assert cut.labels.tolist() == [1, 2]
    assert len(cut.corners_mm) == 6


def test_far_fewer_triangles_lie_where_all_did_and_face_the_same_way() -> None:
    steps = np.linspace(-90, 90, 61)
    y, x = (axis.ravel() for axis in np.meshgrid(steps, steps, indexing="ij"))
    corners = np.stack([x, y, 0.2 * x], axis=1)
    first = (np.arange(60)[:, None] * 61 + np.arange(60)).ravel()
    faces = np.concatenate(
        [np.stack([first, first + 1, first + 62], 1), np.stack([first, first + 62, first + 61], 1)]
    )
    normals = np.tile(np.array([-0.2, 0, 1]) / np.hypot(0.2, 1), (len(corners), 1))
    fine = CutMesh(corners, normals, faces, np.full(len(faces), Structure.BONE, np.uint8))

    coarse = coarsened(fine, 10.0)

    assert len(coarse.faces) < len(fine.faces) / 5
    assert area_mm2(coarse) == pytest.approx(area_mm2(fine), rel=0.2)
    assert np.abs(coarse.corners_mm @ normals[0]).max() < 1e-3
    assert np.allclose(coarse.normals, normals[0], atol=1e-5)
    ways = [np.cross(b - a, c - a) for a, b, c in coarse.triangles_mm]
    assert all(way @ normals[0] > 0 for way in ways)
    assert set(coarse.labels) == {Structure.BONE}


def test_structures_that_touch_do_not_become_one() -> None:
    inside = np.array([(0, 0, 0), (30, 0, 0), (0, 30, 0)], float)
    twice = cut_at_box(make_mesh(np.stack([inside, inside])), EVERY, BOX)

    coarse = coarsened(twice, 10.0)

    assert coarse.labels.tolist() == [0, 1]
    assert len(coarse.corners_mm) == 6
