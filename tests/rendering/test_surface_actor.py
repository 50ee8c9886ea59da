"""What was measured in the 3D picture: the surface, distances to it, rulers what a click picks."""

import numpy as np
import pytest
import pyvista as pv

from jrviewer.core.geometry import FloatArray, VolumeGeometry
from jrviewer.core.records import Structure, SurfaceMesh
from jrviewer.rendering.box_cut import cut_at_box
from jrviewer.rendering.look import (
    DrawnRuler,
    Look,
    MeasuredReference,
    colour_range,
    point_colours,
    skin_by_default,
)
from jrviewer.rendering.picking import hits, on_plane
from jrviewer.rendering.ruler_actors import LINE as RULER
from jrviewer.rendering.scene import Scene
from tests.support.cloud_factory import make_cloud_prediction, make_grey
from tests.support.record_factory import make_plane
from tests.support.rendered_picture import count_colour, picture


def make_wall(label: Structure = Structure.SKIN, half_mm: float = 90.0) -> SurfaceMesh:
    """A measured square upright before the trunk, 2 × 90 mm high: it reaches beyond the box."""
    prediction = make_cloud_prediction()
    assert prediction.cloud is not None
    middle = prediction.cloud.box.centre_mm + np.array([0.0, -100.0, 0.0])
    ways = np.array([(-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)])
    return SurfaceMesh(
        (middle + half_mm * ways).astype(np.float32),
        np.tile(np.array([[0, -1, 0]], np.float32), (4, 1)),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.full(2, label, np.uint8),
        VolumeGeometry(np.zeros(3), np.eye(3), (500.0, 500.0), np.arange(0.0, 200.0, 5.0)),
        (3.0, 3.0, 3.0),
    )


WALL = Look(reveal=0.5, slice_plane=False, structures=frozenset({Structure.SKIN}))


def shown_wall(plotter: pv.Plotter) -> tuple[Scene, SurfaceMesh]:
    """A scene with the wall beside a cloud."""
    prediction, wall = make_cloud_prediction(), make_wall()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), WALL, MeasuredReference(wall))
    return scene, wall


def front_of_wall(plotter: pv.Plotter) -> tuple[Scene, SurfaceMesh]:
    """The same, seen from the front and drawn."""
    scene, wall = shown_wall(plotter)
    scene.view("A")
    picture(plotter)
    return scene, wall


def is_drawn(plotter: pv.Plotter, scene: Scene, place: FloatArray) -> bool:
    """Whether the picture is lighter than the background where a place of the world is."""
    image = picture(plotter)
    x, y = scene.on_screen(place[None])[0][0]
    return bool(image[round(image.shape[0] - y), round(x)].max() > 32)


def test_a_ray_meets_a_plane_but_for_one_that_is_seen_from_its_edge() -> None:
    plane = make_plane(origin_mm=(10, 20, 30))
    near = np.array([0.0, 0.0, 130.0])

    straight = on_plane(near, np.array([0.0, 0.0, -1.0]), plane)
    slanted = on_plane(near, np.array([3.0, 4.0, -10.0]), plane)

    assert straight is not None
    assert straight.tolist() == [0.0, 0.0, 30.0]
    assert slanted is not None
    assert slanted == pytest.approx([30.0, 40.0, 30.0])
    assert on_plane(near, np.array([1.0, 0.0, -0.04]), plane) is None


def test_the_measured_surface_ends_where_the_inferred_box_ends(plotter: pv.Plotter) -> None:
    scene, wall = shown_wall(plotter)
    scene.points.show(None, None)
    scene.view("A")
    middle = wall.corners_mm.mean(axis=0)

    inside = [is_drawn(plotter, scene, middle + np.array([30, 0, z])) for z in (-60, 0, 60)]
    beyond = [is_drawn(plotter, scene, middle + np.array([30, 0, z])) for z in (-70, 70)]

    assert inside == [True, True, True]
    assert beyond == [False, False]


def test_the_skin_of_a_head_is_off_in_the_measured_surface_too() -> None:
    head = make_cloud_prediction(body_part="HEAD")
    assert head.cloud is not None
    kept = (
        frozenset(Structure) if skin_by_default(head) else frozenset(Structure) - {Structure.SKIN}
    )

    assert len(cut_at_box(make_wall(), kept, head.cloud.box).faces) == 0
    assert len(cut_at_box(make_wall(Structure.BONE), kept, head.cloud.box).faces) > 0


def test_a_cloud_without_millimetres_has_no_measured_surface_beside_it(
    plotter: pv.Plotter,
) -> None:
    prediction = make_cloud_prediction(mm=False)
    scene = Scene(plotter)

    scene.show(prediction, make_grey(prediction), WALL, MeasuredReference(make_wall()))

    assert not scene.surface.is_visible


def test_a_click_picks_the_surface_before_what_lies_behind_it(plotter: pv.Plotter) -> None:
    scene, wall = front_of_wall(plotter)
    place = wall.corners_mm.mean(axis=0) + np.array([25.0, 0.0, 18.0])

    picked = scene.pick(*scene.on_screen(place[None])[0][0])

    assert picked is not None
    assert picked.is_measured
    assert picked.place == pytest.approx(place, abs=0.1)


def test_a_click_beyond_the_box_picks_no_surface(plotter: pv.Plotter) -> None:
    scene, wall = front_of_wall(plotter)
    place = wall.corners_mm.mean(axis=0) + np.array([85.0, 0.0, 75.0])

    assert scene.pick(*scene.on_screen(place[None])[0][0]) is None


def test_distances_run_from_the_scales_one_end_to_the_other_and_grey_is_unknown() -> None:
    prediction = make_cloud_prediction()
    assert prediction.cloud is not None
    distances = np.full(len(prediction.cloud), 10.0)
    distances[:3] = 0.0, 25.0, np.nan

    colours = point_colours(prediction.cloud, "measured", distances)

    assert colours[:3].tolist() == [[59, 82, 139], [253, 231, 37], [112, 116, 122]]
    assert colour_range(prediction.cloud, "measured") == (0.0, 20.0)


def test_points_are_grey_until_their_distances_are_known() -> None:
    prediction = make_cloud_prediction()
    assert prediction.cloud is not None

    assert (point_colours(prediction.cloud, "measured") == (112, 116, 122)).all()


def test_distances_of_another_cloud_colour_nothing(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    other = MeasuredReference(None, np.zeros(1024), prediction.compute_dense_cloud())

    scene.show(prediction, make_grey(prediction), Look(colouring="measured", dense=False), other)

    assert (scene.points.colours == (112, 116, 122)).all()


def test_no_surface_hides_a_ruler_or_its_words(plotter: pv.Plotter) -> None:
    scene, wall = shown_wall(plotter)
    scene.view("A")
    behind = wall.corners_mm.mean(axis=0) + np.array([0.0, 60.0, 0.0])
    ends = np.stack([behind - np.array([80.0, 0, 0]), behind + np.array([80.0, 0, 0])])
    before = count_colour(picture(plotter), RULER)

    scene.show_rulers((DrawnRuler(ends, "MEASURED 160 mm", False),), None)

    assert count_colour(picture(plotter), RULER) - before > 150
    assert scene.ruler_at(*scene.on_screen(behind[None])[0][0]) == 0
    scene.show_rulers((), None)
    assert count_colour(picture(plotter), RULER) == before


def test_a_ray_meets_the_nearest_of_triangles_first() -> None:
    square = np.array([[[0, 0, 0], [10, 0, 0], [0, 10, 0]]], float)
    triangles = np.concatenate([square + np.array([0, 0, z]) for z in (5.0, 2.0, 30.0)])

    met = hits(np.array([2.0, 3.0, 0.0]), np.array([0.0, 0.0, 20.0]), triangles)

    assert met.tolist() == [[2, 3, 2], [2, 3, 5]]
