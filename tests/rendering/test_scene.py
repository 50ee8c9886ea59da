"""What stays in the 3D picture from slice to slice, and what is marked in it."""

import numpy as np
import pyvista as pv

from jrviewer.core.records import Structure
from jrviewer.rendering.look import Look
from jrviewer.rendering.scene import Scene
from tests.support.cloud_factory import make_cloud_prediction, make_grey
from tests.support.rendered_picture import picture


def test_the_next_slice_uses_the_same_actors_and_meshes(plotter: pv.Plotter) -> None:
    first, second = make_cloud_prediction(), make_cloud_prediction((-180.0, -150.0, 45.0))
    scene = Scene(plotter)
    scene.show(first, make_grey(first), Look())
    actors = dict(plotter.renderer.actors)
    parts = scene.points.solid, scene.points.behind, scene.points.before
    meshes = [(part.mesh, part.actor.mapper.dataset) for part in parts if part is not None]

    dense = second.compute_dense_cloud()
    scene.show(second, make_grey(second), Look(dense=True))

    assert dense is not None
    assert all(plotter.renderer.actors[name] is actor for name, actor in actors.items())
    assert len(plotter.renderer.actors) == len(actors)
    assert [(part.mesh, part.actor.mapper.dataset) for part in parts if part is not None] == meshes
    assert np.array_equal(scene.points.places, dense.points)


def test_the_sparse_cloud_stands_in_until_somebody_has_computed_the_dense_one(
    plotter: pv.Plotter,
) -> None:
    scene, made = Scene(plotter), make_cloud_prediction()
    grey, look = make_grey(made), Look(dense=True)

    scene.show(made, grey, look)
    assert scene.cloud is made.cloud
    assert made.dense_cloud is None

    dense = made.compute_dense_cloud()
    assert scene.cloud is made.cloud  # what is drawn, and what indices refer to

    assert scene.show(made, grey, look)
    assert scene.cloud is dense
    assert len(scene.points.places) == 4096


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
    assert np.array_equal(scene.marks.points.mesh.points, prediction.cloud.points[[5, 9]])
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

    assert np.array_equal(
        scene.marks.points.mesh.points, [prediction.cloud.points[5], (1.0, 2.0, 3.0)]
    )
    assert len(renders) == drawn


def test_marks_do_not_outlive_their_slice(plotter: pv.Plotter) -> None:
    first, second = make_cloud_prediction(), make_cloud_prediction((-180.0, -150.0, 45.0))
    scene = Scene(plotter)
    scene.show(first, make_grey(first), Look())
    scene.light_points([5])

    scene.show(second, make_grey(second), Look())

    assert not scene.marks.points.actor.visibility
