"""What is shown fills the pane at every size, and letters keep their height on screen."""

import numpy as np
import numpy.typing as npt
import pytest
import pyvista as pv

from jrviewer.rendering.look import VIEWS, DrawnRuler, Look
from jrviewer.rendering.scene import Scene
from tests.support.cloud_factory import make_cloud_prediction, make_grey
from tests.support.record_factory import make_plane
from tests.support.rendered_picture import picture

pytestmark = [pytest.mark.vtk, pytest.mark.slow]  # as a whole
TALL, WIDE, SQUARE = (180, 420), (660, 300), (300, 300)
LETTERS = 180  # brightness


def show(plotter: pv.Plotter, look: Look | None = None) -> Scene:
    prediction = make_cloud_prediction()
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), look or Look())
    return scene


def fill(plotter: pv.Plotter, scene: Scene) -> float:
    """How much of the pane's width or height, whichever is more, the drawn points span."""
    height, width = picture(plotter).shape[:2]
    return _fill(scene, width, height)


def _fill(scene: Scene, width: int, height: int) -> float:
    drawn = [scene.points.places, scene.plane.sides]
    places, _ = scene.on_screen(np.concatenate(drawn))
    half = np.array([width, height]) / 2
    return float((np.abs(places - half) / half).max())


@pytest.mark.parametrize("size", [TALL, WIDE, SQUARE])
@pytest.mark.parametrize("perspective", [True, False])
def test_every_view_fills_the_pane_and_cuts_nothing(
    plotter: pv.Plotter, size: tuple[int, int], perspective: bool
) -> None:
    plotter.window_size = list(size)
    scene = show(plotter, Look(perspective=perspective))
    picture(plotter)
    filled: dict[str, float] = {}
    for view in VIEWS:
        scene.view(view)  # and draws it
        filled[view] = _fill(scene, *size)

    assert len(filled) >= 7
    assert all(0.8 < share < 1 for share in filled.values()), filled


@pytest.mark.parametrize(("before", "after"), [(TALL, WIDE), (WIDE, TALL), (SQUARE, WIDE)])
@pytest.mark.parametrize("perspective", [True, False])
def test_a_resized_pane_is_filled_again_and_back(
    plotter: pv.Plotter, before: tuple[int, int], after: tuple[int, int], perspective: bool
) -> None:
    plotter.window_size = list(before)
    scene = show(plotter, Look(perspective=perspective))
    scene.view("oblique")
    first, position = fill(plotter, scene), np.array(plotter.camera.position)

    plotter.window_size = list(after)
    assert fill(plotter, scene) == pytest.approx(first, abs=0.08)

    plotter.window_size = list(before)
    assert fill(plotter, scene) == pytest.approx(first)
    assert np.allclose(plotter.camera.position, position)


def test_a_zoom_of_the_user_survives_a_resize(plotter: pv.Plotter) -> None:
    plotter.window_size = list(TALL)
    scene = show(plotter)
    scene.view("I")
    focus = np.array(plotter.camera.focal_point)
    plotter.camera.position = tuple(focus + (np.array(plotter.camera.position) - focus) * 2)
    far = fill(plotter, scene)

    plotter.window_size = list(WIDE)

    assert far < 0.6
    assert fill(plotter, scene) == pytest.approx(far, abs=0.1)


def letter_heights(plotter: pv.Plotter, scene: Scene) -> list[int]:
    """Rows that each letter covers on screen."""
    light = picture(plotter).min(axis=2) > LETTERS
    found = []
    for x, y in scene.on_screen(scene.plane.sides)[0]:
        row, column = round(light.shape[0] - y), round(x)
        near = light[max(row - 30, 0) : row + 30, max(column - 12, 0) : column + 12]
        found.append(int(near.any(axis=1).sum()))
    return found


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_letters_keep_their_height_whatever_the_zoom(plotter: pv.Plotter, ratio: float) -> None:
    plotter.window_size = [900, 900]
    scene = show(plotter, Look(structures=frozenset(), pixel_ratio=ratio))
    scene.view("I")
    near = letter_heights(plotter, scene)
    focus = np.array(plotter.camera.focal_point)
    plotter.camera.position = tuple(focus + (np.array(plotter.camera.position) - focus) * 2)
    plotter.renderer.ResetCameraClippingRange()

    assert letter_heights(plotter, scene) == pytest.approx(near, abs=2)
    assert near == pytest.approx([15 * ratio] * 4, abs=4)


def test_eye_dome_lighting_draws_no_boxes_round_letters(plotter: pv.Plotter) -> None:
    plotter.window_size = [480, 480]
    scene = show(plotter, Look(structures=frozenset(), eye_dome=True))
    image = picture(plotter).max(axis=2)
    background = int(image[2, 2])
    for x, y in scene.on_screen(scene.plane.sides)[0]:
        row, column = round(image.shape[0] - y), round(x)
        beside = image[row - 16 : row + 16, column - 16 : column + 16]
        assert (beside < background - 6).mean() < 0.02


def test_eye_dome_lighting_leaves_rulers_alone(plotter: pv.Plotter) -> None:
    plotter.window_size = [480, 480]
    scene = show(plotter)
    ends = scene.plane.sides[[0, 2]]
    scene.show_rulers((DrawnRuler(ends, "MEASURED 1 mm", False),), None)

    def yellow() -> npt.NDArray[np.bool_]:
        seen = picture(plotter).astype(int)
        found: npt.NDArray[np.bool_] = (seen[..., 0] > 200) & (seen[..., 2] < 130)
        return found

    plain = int(yellow().sum())
    prediction = make_cloud_prediction()
    for eye_dome in (True, False, True):
        scene.show(prediction, make_grey(prediction), Look(eye_dome=eye_dome))
        assert plain > 500
        assert int(yellow().sum()) == pytest.approx(plain, rel=0.12)


def test_the_view_of_the_slice_lies_as_the_2d_panes_show_it(plotter: pv.Plotter) -> None:
    plane = make_plane(
        origin_mm=(-150.0, -120.0, 40.0),
        spacing_mm=(2.5, 2.5),
        along_row=(0.8, 0.0, -0.6),
        along_column=(0.0, 1.0, 0.0),
    )
    prediction = make_cloud_prediction(plane=plane)
    scene = Scene(plotter)
    scene.show(prediction, make_grey(prediction), Look())

    scene.view("slice")

    pixels = np.array([(64.0, 64.0), (64.0, 84.0), (84.0, 64.0)])  # middle, to the right, below
    (middle, right, below), _ = scene.on_screen(plane.to_patient(pixels))
    assert (right - middle)[0] > 20
    assert abs((right - middle)[1]) < 1
    assert (below - middle)[1] < -20
    assert abs((below - middle)[0]) < 1


def test_letters_stand_around_the_body_and_not_around_the_slices_empty_rim(
    plotter: pv.Plotter,
) -> None:
    scene = show(plotter)
    cloud = scene.cloud
    assert cloud is not None

    along = (scene.plane.sides - cloud.box.centre_mm) @ cloud.box.axes.T
    body = np.abs((cloud.points - cloud.box.centre_mm) @ cloud.box.axes.T).max(axis=0)

    assert np.abs(along[:, 0]).max() == pytest.approx(1.09 * body[0], rel=0.05)
    assert np.abs(along[:, 1]).max() < 1.3 * body[1]
