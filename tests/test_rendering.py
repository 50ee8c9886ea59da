import gc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import pyvista as pv

from jrviewer.anatomy import STRUCTURE_COLOURS
from jrviewer.geometry import FloatArray, Stack
from jrviewer.records import Cloud, Measured, Structure, UInt8Array
from jrviewer.rendering import (
    Beside,
    Colouring,
    Drawn,
    Look,
    View,
    colour_map,
    colour_range,
    depths,
    faces_in_box,
    point_colours,
    skin_by_default,
    slice_corners,
)
from jrviewer.rendering.picking import hits
from jrviewer.rendering.rulers import LINE as RULER
from jrviewer.rendering.scene import Scene
from tests.cloud_factory import make_cloud_prediction, make_grey
from tests.factory import make_plane, make_slice

NOTHING = frozenset[Structure]()


@pytest.fixture
def plotter() -> Iterator[pv.Plotter]:
    plotter = pv.Plotter(off_screen=True, window_size=[300, 300])
    yield plotter
    plotter.close()


def picture(plotter: pv.Plotter) -> UInt8Array:
    plotter.show(auto_close=False)
    plotter.render()
    image = plotter.screenshot(return_img=True)
    assert isinstance(image, np.ndarray)
    return image[..., :3]


def count_colour(image: UInt8Array, colour: tuple[int, int, int]) -> int:
    """Pixels whose hue is that of a colour, however brightly it is lit."""
    pixels = image.reshape(-1, 3).astype(float)
    length = np.linalg.norm(pixels, axis=1)
    cosine = pixels @ np.array(colour) / (length * np.linalg.norm(colour) + 1e-9)
    return int(((cosine > 0.995) & (length > 120)).sum())


def test_points_take_the_colours_of_their_structures(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    seen = {}
    for structure in (Structure.SKIN, Structure.AIR):
        look = Look(structures=frozenset({structure}), slice_plane=False)
        scene.show(prediction, make_grey(prediction), look)
        seen[structure] = picture(plotter)

    skin, air = STRUCTURE_COLOURS[Structure.SKIN], STRUCTURE_COLOURS[Structure.AIR]
    assert count_colour(seen[Structure.SKIN], skin) > 500 > count_colour(seen[Structure.SKIN], air)
    assert count_colour(seen[Structure.AIR], air) > 500 > count_colour(seen[Structure.AIR], skin)


def test_every_colouring_gives_another_picture(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene, grey = Scene(plotter), make_grey(prediction)
    pictures = []
    for colouring in get_args(Colouring):
        scene.show(prediction, grey, Look(colouring=colouring))
        pictures.append(picture(plotter).astype(int))

    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert (np.abs(pictures[first] - pictures[second]).max(axis=2) > 40).sum() > 500


def test_structure_colours_differ_in_lightness_for_those_who_see_no_hue() -> None:
    lightness = sorted(
        float(np.dot(colour, (0.2126, 0.7152, 0.0722))) for colour in STRUCTURE_COLOURS.values()
    )

    assert np.diff(lightness).min() > 40


def test_the_scale_of_uncertainty_grows_evenly_lighter() -> None:
    luminance = colour_map("uncertainty", np.linspace(0, 1, 50)) @ (0.2126, 0.7152, 0.0722)

    assert np.diff(luminance).min() > 0


def test_the_scale_of_uncertainty_ends_at_a_round_value_above_nearly_all_points() -> None:
    cloud = make_cloud_prediction().cloud  # sigma 2..14 mm
    assert cloud is not None

    assert colour_range(cloud, "uncertainty") == (0.0, 15.0)


def test_depth_is_counted_from_the_slice_to_the_head() -> None:
    cloud = make_cloud_prediction().cloud
    assert cloud is not None

    assert np.abs(depths(cloud) - (cloud.points[:, 2] - 40.0)).max() < 1e-3


def test_the_slice_ends_half_a_pixel_outside_its_outer_pixel_centres() -> None:
    plane = make_plane(origin_mm=(10, 20, 30), spacing_mm=(2.0, 0.5))
    corners = slice_corners(make_slice(np.zeros((4, 6)), plane), None)

    assert corners.tolist() == [
        [9.75, 19.0, 30.0],
        [12.75, 19.0, 30.0],
        [12.75, 27.0, 30.0],
        [9.75, 27.0, 30.0],
    ]


@pytest.mark.parametrize(
    ("view", "row", "column"),
    [("I", 0, 0), ("S", 0, 1)],  # from the feet the patient's right is on the left
)
def test_a_bright_corner_of_the_slice_appears_at_its_place(
    plotter: pv.Plotter, view: View, row: int, column: int
) -> None:
    prediction = make_cloud_prediction()
    grey = make_grey(prediction, 0)
    grey[:60, :60] = 255  # the patient's right front
    scene = Scene(plotter)
    scene.show(prediction, grey, Look(structures=NOTHING, perspective=False))
    scene.view(view)

    middle = picture(plotter)[50:250, 50:250].mean(axis=2)
    quadrants = middle.reshape(2, 100, 2, 100).mean(axis=(1, 3))
    assert np.unravel_index(quadrants.argmax(), (2, 2)) == (row, column)
    assert np.sort(quadrants.ravel())[-1] > 3 * np.sort(quadrants.ravel())[-2]


def test_a_single_bright_pixel_is_drawn_where_the_plane_says(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    grey = make_grey(prediction, 0)
    grey[20:24, 90:94] = 255
    scene = Scene(plotter)
    scene.show(prediction, grey, Look(structures=NOTHING, perspective=False))
    scene.view("I")
    image = picture(plotter).mean(axis=2)

    centre = prediction.slice.plane.to_patient(np.array([[21.5, 91.5]]))
    ((x, y),), _ = scene.on_screen(centre)
    near = image[round(299 - y) - 3 : round(299 - y) + 4, round(x) - 3 : round(x) + 4]
    assert near.max() > 120
    rows, columns = np.nonzero(image[60:240, 60:240] > 120)
    assert abs(rows.mean() + 60 - (299.5 - y)) < 1
    assert abs(columns.mean() + 60 + 0.5 - x) < 1


@pytest.mark.parametrize(
    ("view", "right", "up"),
    [
        ("A", (1, 0, 0), (0, 0, 1)),
        ("P", (-1, 0, 0), (0, 0, 1)),
        ("L", (0, 1, 0), (0, 0, 1)),
        ("R", (0, -1, 0), (0, 0, 1)),
        ("S", (-1, 0, 0), (0, -1, 0)),
        ("I", (1, 0, 0), (0, -1, 0)),
    ],
)
def test_standard_views_look_from_the_side_they_are_named_after(
    plotter: pv.Plotter, view: View, right: tuple[int, ...], up: tuple[int, ...]
) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look())
    scene.view(view)
    assert prediction.cloud is not None
    middle = prediction.cloud.box.centre_mm

    (centre, to_right, to_top), _ = scene.on_screen(middle + 50 * np.array([(0, 0, 0), right, up]))

    assert (to_right - centre)[0] > 20
    assert (to_top - centre)[1] > 20
    assert abs((to_right - centre)[1]) < 1e-6
    assert abs((to_top - centre)[0]) < 1e-6


def test_the_fresh_view_comes_from_the_front_left_above_with_the_head_up(
    plotter: pv.Plotter,
) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look())

    x, y, z = np.array(plotter.camera.position) - np.array(plotter.camera.focal_point)
    assert x > 0 > y  # left, front
    assert z > 0
    assert plotter.camera.up == (0.0, 0.0, 1.0)


def test_the_next_slice_uses_the_same_actors_and_meshes(plotter: pv.Plotter) -> None:
    first, second = make_cloud_prediction(), make_cloud_prediction((-180.0, -150.0, 45.0))
    scene = Scene(plotter)
    scene.show(first, make_grey(first), Look())
    actors = dict(plotter.renderer.actors)
    meshes = scene.points.mesh, scene.points.actor.mapper.dataset

    scene.show(second, make_grey(second), Look(dense=True))

    assert second.dense_cloud is not None
    assert all(plotter.renderer.actors[name] is actor for name, actor in actors.items())
    assert len(plotter.renderer.actors) == len(actors)
    assert (scene.points.mesh, scene.points.actor.mapper.dataset) == meshes
    assert np.array_equal(scene.points.mesh.points, second.dense_cloud.points)


def test_the_dense_cloud_is_not_placed_until_it_is_chosen(plotter: pv.Plotter) -> None:
    asked: list[str] = []
    scene, made = Scene(plotter), make_cloud_prediction()

    def place() -> Cloud:
        asked.append("dense")
        assert made.dense is not None
        return made.dense()

    watched = replace(made, dense=place)
    grey = make_grey(watched)

    scene.show(watched, grey, Look())
    assert scene.cloud is made.cloud
    assert not asked

    scene.show(watched, grey, Look(dense=True))
    assert asked


def test_the_camera_goes_along_with_the_next_slice(plotter: pv.Plotter) -> None:
    first, second = make_cloud_prediction(), make_cloud_prediction((-180.0, -150.0, 45.0))
    scene = Scene(plotter)
    scene.show(first, make_grey(first), Look())
    scene.view("L")
    before = np.array(plotter.camera.position)

    scene.show(second, make_grey(second), Look())

    assert np.allclose(np.array(plotter.camera.position) - before, (0, 0, 5))


def test_nothing_is_drawn_when_nothing_changed(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    grey = make_grey(prediction)
    renders: list[int] = []
    scene = Scene(plotter, lambda: renders.append(1))
    assert scene.show(prediction, grey, Look())
    after_first = len(renders)

    assert not scene.show(prediction, grey, Look())
    scene.light_points([])
    scene.show_probe(None)

    assert len(renders) == after_first


def test_a_point_is_found_under_the_mouse_by_its_index_in_the_cloud(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look(structures=frozenset({Structure.BONE})))
    cloud = prediction.cloud
    assert cloud is not None
    bones = np.flatnonzero(cloud.labels == Structure.BONE)
    places, depth = scene.on_screen(cloud.points[bones].astype(float))
    nearest = int(depth.argmin())

    assert scene.point_at(*places[nearest]) == bones[nearest]
    assert scene.point_at(1.0, 1.0) is None


def test_marked_points_are_drawn_and_taken_away(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look(slice_plane=False))
    before = picture(plotter)

    scene.light_points([5, 9])
    assert prediction.cloud is not None
    assert np.array_equal(scene.marks.mesh.points, prediction.cloud.points[[5, 9]])
    assert (picture(plotter) != before).any()

    scene.light_points([])
    assert np.array_equal(picture(plotter), before)


def test_a_lit_point_stays_lit_beside_the_probe(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    renders: list[int] = []
    scene = Scene(plotter, lambda: renders.append(1))
    scene.show(prediction, make_grey(prediction), Look())
    assert prediction.cloud is not None

    scene.light_points([5])
    scene.show_probe(np.array([1.0, 2.0, 3.0]))
    drawn = len(renders)
    scene.show_probe(np.array([1.0, 2.0, 3.0]))

    assert np.array_equal(scene.marks.mesh.points, [prediction.cloud.points[5], (1.0, 2.0, 3.0)])
    assert len(renders) == drawn


def test_marks_do_not_outlive_their_slice(plotter: pv.Plotter) -> None:
    first, second = make_cloud_prediction(), make_cloud_prediction((-180.0, -150.0, 45.0))
    scene = Scene(plotter)
    scene.show(first, make_grey(first), Look())
    scene.light_points([5])

    scene.show(second, make_grey(second), Look())

    assert not scene.marks.actor.visibility


def test_a_cloud_without_spacing_is_scaled_about_its_box_with_its_slice(
    plotter: pv.Plotter,
) -> None:
    prediction = make_cloud_prediction(mm=False)
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look())
    cloud = prediction.cloud
    assert cloud is not None

    assert np.allclose(scene.points.mesh.points, cloud.points * 224.0)
    assert np.allclose(scene.plane.mesh.points.mean(axis=0), 0.0)


def test_without_points_only_the_slice_is_left(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)

    scene.show(prediction, make_grey(prediction), Look(structures=NOTHING))

    assert not scene.points.actor.visibility
    assert scene.plane.actor.visibility


def test_eye_dome_lighting_changes_the_picture_and_goes_away_again(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene, grey = Scene(plotter), make_grey(prediction)
    pictures = []
    for eye_dome in (False, True, False):
        scene.show(prediction, grey, Look(eye_dome=eye_dome))
        pictures.append(picture(plotter).astype(int))

    assert (np.abs(pictures[0] - pictures[1]).max(axis=2) > 40).sum() > 500
    assert np.abs(pictures[0] - pictures[2]).max() <= 10  # blending is rounded otherwise


def test_farther_points_sink_into_the_background(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look(slice_plane=False))
    faded = picture(plotter).astype(int)

    scene.points.actor.GetShaderProperty().ClearAllFragmentShaderReplacements()
    difference = picture(plotter).astype(int) - faded

    assert difference.min() >= -1  # rounding
    assert (difference.max(axis=2) > 30).sum() > 500  # the far ones were darker
    assert ((difference.max(axis=2) < 5) & (faded.max(axis=2) > 120)).sum() > 100  # not the near


@pytest.mark.parametrize(
    ("body_part", "shown"), [("CHEST", True), ("HEART", True), ("HEAD", False)]
)
def test_the_skin_of_heads_is_off_by_default(body_part: str, shown: bool) -> None:
    assert skin_by_default(make_cloud_prediction(body_part=body_part)) is shown


def test_closing_frees_every_vtk_object() -> None:
    def count() -> dict[str, int]:
        gc.collect()
        names = [type(thing).__name__ for thing in gc.get_objects()]
        return {name: names.count(name) for name in set(names) if name.lower().startswith("vtk")}

    def use() -> None:
        plotter = pv.Plotter(off_screen=True, window_size=[100, 100])
        prediction = make_cloud_prediction()
        scene: Any = Scene(plotter)
        scene.show(prediction, make_grey(prediction), Look())
        picture(plotter)
        plotter.close()

    use()  # what VTK makes once and keeps
    before = count()
    use()
    assert count() == before


def make_wall(label: Structure = Structure.SKIN, half_mm: float = 90.0) -> Measured:
    """A measured square upright before the trunk, 2 × 90 mm high: it reaches beyond the box."""
    prediction = make_cloud_prediction()
    assert prediction.cloud is not None
    middle = prediction.cloud.box.centre_mm + np.array([0.0, -100.0, 0.0])
    ways = np.array([(-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)])
    return Measured(
        (middle + half_mm * ways).astype(np.float32),
        np.tile(np.array([[0, -1, 0]], np.float32), (4, 1)),
        np.array([[0, 1, 2], [0, 2, 3]], np.int32),
        np.full(2, label, np.uint8),
        Stack(np.zeros(3), np.eye(3), (500.0, 500.0), np.arange(0.0, 200.0, 5.0)),
    )


WALL = Look(measured=True, slice_plane=False, structures=frozenset({Structure.SKIN}))


def is_drawn(plotter: pv.Plotter, scene: Scene, place: FloatArray) -> bool:
    """Whether the picture is lighter than the background where a place of the world is."""
    image = picture(plotter)
    x, y = scene.on_screen(place[None])[0][0]
    return bool(image[round(image.shape[0] - y), round(x)].max() > 60)


def test_the_measured_surface_ends_where_the_inferred_box_ends(plotter: pv.Plotter) -> None:
    prediction, wall = make_cloud_prediction(), make_wall()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), WALL, Beside(wall))
    scene.points.actor.visibility = False
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

    assert len(faces_in_box(make_wall(), head.cloud.box, kept)) == 0
    assert len(faces_in_box(make_wall(Structure.BONE), head.cloud.box, kept)) == 2


def test_a_cloud_without_millimetres_has_no_measured_surface_beside_it(
    plotter: pv.Plotter,
) -> None:
    prediction = make_cloud_prediction(mm=False)
    scene = Scene(plotter)

    scene.show(prediction, make_grey(prediction), WALL, Beside(make_wall()))

    assert not scene.surface.actor.visibility


def test_a_click_picks_the_surface_before_what_lies_behind_it(plotter: pv.Plotter) -> None:
    prediction, wall = make_cloud_prediction(), make_wall()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), WALL, Beside(wall))
    scene.view("A")
    picture(plotter)
    place = wall.corners_mm.mean(axis=0) + np.array([25.0, 0.0, 18.0])

    picked = scene.pick(*scene.on_screen(place[None])[0][0])

    assert picked is not None
    assert picked.is_measured
    assert picked.place == pytest.approx(place, abs=0.1)


def test_a_click_beyond_the_box_picks_no_surface(plotter: pv.Plotter) -> None:
    prediction, wall = make_cloud_prediction(), make_wall()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), WALL, Beside(wall))
    scene.view("A")
    picture(plotter)
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
    other = Beside(None, np.zeros(1024), prediction.dense_cloud)

    scene.show(prediction, make_grey(prediction), Look(colouring="measured"), other)

    assert (scene.points.mesh.point_data["colour"] == (112, 116, 122)).all()


def test_no_surface_hides_a_ruler_or_its_words(plotter: pv.Plotter) -> None:
    prediction, wall = make_cloud_prediction(), make_wall()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), WALL, Beside(wall))
    scene.view("A")
    behind = wall.corners_mm.mean(axis=0) + np.array([0.0, 60.0, 0.0])
    ends = np.stack([behind - np.array([80.0, 0, 0]), behind + np.array([80.0, 0, 0])])
    before = count_colour(picture(plotter), RULER)

    scene.show_rulers((Drawn(ends, "MEASURED 160 mm", False),), None)

    assert count_colour(picture(plotter), RULER) - before > 150
    assert scene.ruler_at(*scene.on_screen(behind[None])[0][0]) == 0
    scene.show_rulers((), None)
    assert count_colour(picture(plotter), RULER) == before


def letters_drawn(plotter: pv.Plotter, scene: Scene) -> list[bool]:
    """Of each side of the slice, whether something light is drawn where its letter is."""
    image = picture(plotter)
    found = []
    for x, y in scene.on_screen(scene.plane.sides)[0]:
        row, column = round(image.shape[0] - y), round(x)
        found.append(bool(image[row - 8 : row + 8, column - 8 : column + 8].max() > 150))
    return found


def test_letters_at_the_slices_sides_are_hidden_by_what_stands_before_them(
    plotter: pv.Plotter,
) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look(structures=NOTHING))
    for view in ("oblique", "S", "I"):
        scene.view(view)
        assert letters_drawn(plotter, scene) == [True] * 4
    camera = plotter.camera
    focus, towards = np.array(camera.focal_point), np.subtract(camera.position, camera.focal_point)
    wall = pv.Plane(center=focus + 0.1 * towards, direction=towards, i_size=2000, j_size=2000)
    plotter.add_mesh(wall, color="black", lighting=False, reset_camera=False)
    plotter.renderer.ResetCameraClippingRange()

    assert letters_drawn(plotter, scene) == [False] * 4


def test_a_ray_meets_the_nearest_of_triangles_first() -> None:
    square = np.array([[[0, 0, 0], [10, 0, 0], [0, 10, 0]]], float)
    triangles = np.concatenate([square + np.array([0, 0, z]) for z in (5.0, 2.0, 30.0)])

    met = hits(np.array([2.0, 3.0, 0.0]), np.array([0.0, 0.0, 20.0]), triangles)

    assert met.tolist() == [[2, 3, 2], [2, 3, 5]]
