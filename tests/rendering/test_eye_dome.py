"""Outlines around points that are certain."""

from dataclasses import replace

import numpy as np
import pytest
import pyvista as pv

from jrviewer.core.records import Structure
from jrviewer.rendering.look import Look
from jrviewer.rendering.scene import Scene
from tests.support.cloud_factory import make_cloud_prediction, make_grey
from tests.support.rendered_picture import picture

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("sigma_mm", "is_outlined"), [(1.0, True), (8.0, False)])
def test_certain_bone_has_an_outline_and_mist_has_none(
    plotter: pv.Plotter, sigma_mm: float, is_outlined: bool
) -> None:
    prediction = make_cloud_prediction()
    assert prediction.cloud is not None
    sigma = np.full(len(prediction.cloud), sigma_mm, np.float32)
    prediction = replace(prediction, cloud=replace(prediction.cloud, sigma=sigma))
    scene, pictures = Scene(plotter), []
    for eye_dome in (False, True):
        look = Look(
            eye_dome=eye_dome,
            dense=False,
            slice_plane=False,
            structures=frozenset({Structure.BONE}),
        )
        scene.show(prediction, make_grey(prediction), look)
        pictures.append(picture(plotter)[70:].astype(int))  # below the cube

    changed = (np.abs(pictures[0] - pictures[1]).max(axis=2) > 30).sum()
    assert changed > 300 if is_outlined else changed < 30
