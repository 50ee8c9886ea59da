import gc
from collections import Counter
from typing import Any, get_args

import numpy as np
import pytest
import pyvista as pv

from jrviewer.core.records import Structure
from jrviewer.imaging.structures import STRUCTURE_COLOURS
from jrviewer.rendering.look import (
    Colouring,
    Look,
    View,
    colour_map,
    colour_range,
    depths,
    skin_by_default,
    slice_corners,
)
from jrviewer.rendering.scene import Scene
from tests.support.cloud_factory import make_cloud_prediction, make_grey
from tests.support.record_factory import make_plane, make_slice
from tests.support.rendered_picture import picture

pytestmark = pytest.mark.slow  # as a whole
NOTHING = frozenset[Structure]()


def test_points_take_the_colours_of_their_structures(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    seen = {}
    for structure in (Structure.SKIN, Structure.AIR):
        look = Look(structures=frozenset({structure}), slice_plane=False)
        scene.show(prediction, make_grey(prediction), look)
        seen[structure] = picture(plotter)

    for structure, is_warm in ((Structure.SKIN, True), (Structure.AIR, False)):
        below_the_cube = seen[structure][70:].astype(int)
        warmth = below_the_cube[..., 0] - below_the_cube[..., 2]
        own, other = (warmth, -warmth) if is_warm else (-warmth, warmth)
        assert (own > 15).sum() > 500 > 50 > (other > 15).sum()


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
    top, left = round(299 - y) - 8, round(x) - 8
    rows, columns = np.nonzero(image[top : top + 17, left : left + 17] > 120)
    assert abs(rows.mean() + top - (299.5 - y)) < 1
    assert abs(columns.mean() + left + 0.5 - x) < 1


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


def test_a_cloud_without_spacing_is_scaled_about_its_box_with_its_slice(
    plotter: pv.Plotter,
) -> None:
    prediction = make_cloud_prediction(mm=False)
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look())
    cloud = prediction.cloud
    assert cloud is not None

    assert np.allclose(scene.points.places, cloud.points * 224.0)
    assert np.allclose(scene.plane.mesh.points.mean(axis=0), 0.0)


def test_without_points_only_the_slice_is_left(plotter: pv.Plotter) -> None:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)

    scene.show(prediction, make_grey(prediction), Look(structures=NOTHING))

    assert not scene.points.is_visible
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


def test_the_letters_can_be_read_with_eye_dome_lighting_too(plotter: pv.Plotter) -> None:
    plotter.window_size = [480, 480]  # of a pane
    prediction = make_cloud_prediction()
    scene, grey = Scene(plotter), make_grey(prediction)
    light = []
    for eye_dome in (False, True, False):
        scene.show(prediction, grey, Look(eye_dome=eye_dome, structures=NOTHING))
        below_the_cube = picture(plotter)[110:]
        light.append(int((below_the_cube.min(axis=2) > 180).sum()))

    assert light[0] > 100
    assert light[1] > 0.5 * light[0]
    assert light[2] == pytest.approx(light[0], rel=0.02)


@pytest.mark.parametrize(
    ("body_part", "shown"), [("CHEST", True), ("HEART", True), ("HEAD", False)]
)
def test_the_skin_of_heads_is_off_by_default(body_part: str, shown: bool) -> None:
    assert skin_by_default(make_cloud_prediction(body_part=body_part)) is shown


def test_closing_frees_every_vtk_object() -> None:
    def count() -> Counter[str]:
        gc.collect()
        names = (type(thing).__name__ for thing in gc.get_objects())
        return Counter(name for name in names if name.lower().startswith("vtk"))

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
