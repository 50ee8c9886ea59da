"""The orientation cube: what is drawn in its corner is what a click means."""

import numpy as np
import pytest
import pyvista as pv

from jrviewer.rendering.look import Look, View
from jrviewer.rendering.scene import Scene
from tests.support.cloud_factory import make_cloud_prediction, make_grey
from tests.support.rendered_picture import picture

pytestmark = pytest.mark.vtk


def shown(plotter: pv.Plotter) -> Scene:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look())
    return scene


@pytest.mark.parametrize("view", ["A", "P", "L", "R", "S", "I"])
def test_in_a_standard_view_the_middle_of_the_cube_is_that_views_face(
    plotter: pv.Plotter, view: View
) -> None:
    scene = shown(plotter)
    scene.view(view)
    height, width = picture(plotter).shape[:2]

    assert scene.cube.face_at(0.91 * width, 0.90 * height) == view


def test_from_the_front_left_above_three_faces_can_be_clicked(plotter: pv.Plotter) -> None:
    scene = shown(plotter)
    height, width = picture(plotter).shape[:2]

    places = [(x, y) for x in range(round(0.82 * width), width) for y in range(240, height)]
    found = {scene.cube.face_at(x, y) for x, y in places}

    assert found == {"A", "L", "S", None}


def test_beside_the_cube_there_is_no_face(plotter: pv.Plotter) -> None:
    scene = shown(plotter)
    height, width = picture(plotter).shape[:2]

    assert scene.cube.face_at(0.5 * width, 0.5 * height) is None
    assert scene.cube.face_at(0.825 * width, 0.805 * height) is None


def test_a_face_is_where_its_light_letter_is_drawn(plotter: pv.Plotter) -> None:
    plotter.window_size = [600, 600]
    scene = shown(plotter)
    scene.view("A")
    image = picture(plotter).min(axis=2)

    rows, columns = np.nonzero(image[:120, 492:] > 200)

    assert len(rows) > 50
    faces = {
        scene.cube.face_at(492.0 + float(x), 600.0 - float(y))
        for x, y in zip(columns, rows, strict=True)
    }
    assert faces == {"A"}
