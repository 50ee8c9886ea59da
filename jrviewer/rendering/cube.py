"""The orientation cube of the 3D picture, whose faces can be clicked."""

from typing import Any

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.lazy_vtk import vtk_module
from jrviewer.rendering.actors import AnyPlotter
from jrviewer.rendering.look import View

VIEWPORT = (0.82, 0.80, 1.0, 1.0)  # left, bottom, right, top
# Of the faces to which x, y and z grow, and of those opposite.
_FACES: tuple[tuple[View, View], ...] = (("L", "R"), ("P", "A"), ("S", "I"))


class OrientationCube:
    """A cube in the upper right corner with the patient's directions on its faces."""

    def __init__(self, plotter: AnyPlotter) -> None:
        self._plotter = plotter
        self._widget = plotter.add_orientation_widget(_cube(), interactive=False, viewport=VIEWPORT)

    def face_at(self, x: float, y: float) -> View | None:
        """The view that the face drawn at a place in the picture stands for, in pixels from its
        lower left corner.
        """
        width, height = self._plotter.render_window.GetSize()
        left, bottom, right, top = np.array(VIEWPORT) * (width, height, width, height)
        renderer = self._renderer()
        if renderer is None or not (left <= x <= right and bottom <= y <= top):
            return None
        start, end = (_world(renderer, x, y, depth) for depth in (0.0, 1.0))
        hit = _entry(start, end - start)
        if hit is None:
            return None
        axis = int(np.argmax(np.abs(hit)))
        return _FACES[axis][int(hit[axis] < 0)]

    def _renderer(self) -> Any:  # noqa: ANN401 - VTK's
        """The one that draws the cube: of all renderers the only one in this corner."""
        for renderer in self._plotter.render_window.GetRenderers():
            if np.allclose(renderer.GetViewport(), VIEWPORT, atol=1e-3):
                return renderer
        return None


def _world(renderer: Any, x: float, y: float, depth: float) -> FloatArray:  # noqa: ANN401 - VTK's
    renderer.SetDisplayPoint(x, y, depth)
    renderer.DisplayToWorld()
    place = np.array(renderer.GetWorldPoint())
    return np.asarray(place[:3] / place[3])


def _entry(start: FloatArray, way: FloatArray) -> FloatArray | None:
    """Where a ray enters the cube of half a unit to each side."""
    slope = np.where(np.abs(way) < 1e-12, 1e-12, way)
    first, second = (-0.5 - start) / slope, (0.5 - start) / slope
    enters, leaves = np.minimum(first, second).max(), np.maximum(first, second).min()
    return start + enters * way if enters <= leaves else None


def _cube() -> Any:  # noqa: ANN401 - VTK's
    cube = vtk_module("vtkRenderingAnnotation").vtkAnnotatedCubeActor()
    cube.SetXPlusFaceText("L")
    cube.SetXMinusFaceText("R")
    cube.SetYPlusFaceText("P")
    cube.SetYMinusFaceText("A")
    cube.SetZPlusFaceText("S")
    cube.SetZMinusFaceText("I")
    # Turned so that every letter stands upright in its own standard view.
    cube.SetXFaceTextRotation(0)
    cube.SetYFaceTextRotation(0)
    cube.SetZFaceTextRotation(-90)
    cube.SetFaceTextScale(0.62)
    cube.GetCubeProperty().SetColor(0.30, 0.35, 0.41)
    cube.SetTextEdgesVisibility(0)  # a software renderer takes 2 ms for them
    faces = (
        cube.GetXPlusFaceProperty(),
        cube.GetXMinusFaceProperty(),
        cube.GetYPlusFaceProperty(),
        cube.GetYMinusFaceProperty(),
        cube.GetZPlusFaceProperty(),
        cube.GetZMinusFaceProperty(),
    )
    for face in faces:
        face.SetColor(0.96, 0.97, 0.98)
        face.SetInterpolationToFlat()
    return cube
