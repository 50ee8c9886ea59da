"""The few actors that the 3D picture is made of; each is added once and given new data.

Adding and removing actors for every slice would cost a shader build and leave VTK objects behind.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyvista as pv

from jrviewer.core.geometry import FloatArray, Plane, orientation_letters
from jrviewer.core.lazy_vtk import vtk_module
from jrviewer.core.records import UInt8Array

AnyPlotter: TypeAlias = Any  # any pyvista plotter: its decorated methods do not type-check

# Dark pixels let the points behind them through, bright ones hide most of them, and none is as
# bright as a point.
_FAINTEST, _DENSEST = 80, 215
_BRIGHTNESS = 0.82
_FRAME_COLOUR = (122, 140, 158)
_LETTER_COLOUR = (0.86, 0.89, 0.93)
_LINE_PX = 1.5
_LETTER_PX = 15.0  # height, for a device pixel ratio of 1


def _paint() -> npt.NDArray[np.uint32]:
    """RGBA of every grey value, as one number each: a slice is painted in one step."""
    grey = np.arange(256, dtype=np.float32)
    colours = np.empty((256, 4), dtype=np.uint8)
    colours[:, :3] = (grey * _BRIGHTNESS)[:, None]
    colours[:, 3] = _FAINTEST + grey * ((_DENSEST - _FAINTEST) / 255)
    return colours.view(np.uint32).ravel()


_PAINT = _paint()


class Points:
    """Marks as little lit spheres of their own colours."""

    def __init__(self, plotter: AnyPlotter) -> None:
        self.mesh = pv.PolyData(np.zeros((1, 3), dtype=np.float32))
        self.mesh.point_data["colour"] = np.zeros((1, 3), dtype=np.uint8)
        # Not points_gaussian: with scalars that writes its own array into the mesh.
        self.actor = plotter.add_mesh(
            self.mesh,
            scalars="colour",
            rgb=True,
            style="points",
            render_points_as_spheres=True,
            ambient=0.3,
            diffuse=0.85,
            specular=0.1,
            show_scalar_bar=False,
            reset_camera=False,
            render=False,
        )
        self.actor.visibility = False

    def show(self, points: FloatArray, colours: UInt8Array) -> None:
        """Show other points (N, 3) in colours (N, 3); none hides the actor."""
        self.actor.visibility = len(points) > 0
        if not len(points):
            return
        if len(points) == self.mesh.n_points:
            np.copyto(np.asarray(self.mesh.points), points)
            np.copyto(np.asarray(self.mesh.point_data["colour"]), colours)
            self.mesh.GetPoints().Modified()
            self.mesh.GetPointData().GetArray("colour").Modified()
            return
        mesh = pv.PolyData(np.array(points, dtype=np.float32))  # a copy, to be written to
        mesh.point_data["colour"] = np.array(colours)
        self.mesh.copy_from(mesh, deep=False)


class SlicePlane:
    """The slice as a picture at its place, with a frame and the letters of its four sides."""

    def __init__(self, plotter: AnyPlotter) -> None:
        quad = np.array([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], dtype=np.float64)
        self.mesh = pv.PolyData(quad, faces=[4, 0, 1, 2, 3])
        # Texture rows count upwards: the picture's first row lies at 1.
        self.mesh.active_texture_coordinates = np.array([(0, 1), (1, 1), (1, 0), (0, 0)], float)
        self.frame = pv.PolyData(quad, lines=[5, 0, 1, 2, 3, 0])
        self._image = pv.ImageData(dimensions=(1, 1, 1))
        self._image.point_data["picture"] = np.zeros((1, 4), dtype=np.uint8)
        # The image's own values, an RGBA each.
        self._picture: npt.NDArray[np.uint32] = np.zeros((0, 0), dtype=np.uint32)
        texture = pv.Texture()  # type: ignore[no-untyped-call]  # pyvista's own omission
        texture.SetInputDataObject(self._image)
        texture.interpolate = True
        texture.wrap = pv.Texture.WrapType.CLAMP_TO_EDGE
        kept: dict[str, Any] = {"lighting": False, "reset_camera": False, "render": False}
        self.actor = plotter.add_mesh(self.mesh, texture=texture, **kept)
        self.frame_actor = plotter.add_mesh(
            self.frame, color=_FRAME_COLOUR, line_width=_LINE_PX, style="wireframe", **kept
        )
        self.frame_actor.ForceTranslucentOn()  # or eye-dome lighting would dot it
        self.sides: FloatArray = np.zeros((4, 3))  # where the letters are
        self.letters = [_Word(plotter) for _ in range(4)]
        self.show(visible=False)

    def place(self, corners: FloatArray, plane: Plane, held: FloatArray | None = None) -> None:
        """Move to other corners (4, 3): first row's start and end, last row's end and start. The
        letters stand around the part of it that holds the body, of corners `held` (4, 3).
        """
        self.mesh.points = corners
        self.frame.points = corners
        around = corners if held is None else held
        middle = around.mean(axis=0)
        edges = (around + np.roll(around, -1, axis=0)) / 2  # top, right, bottom, left
        self.sides = middle + (edges - middle) * 1.09
        directions = (-plane.along_column, plane.along_row, plane.along_column, -plane.along_row)
        for letter, side, direction in zip(self.letters, self.sides, directions, strict=True):
            letter.place(_label(direction), side)

    def paint(self, grey: UInt8Array) -> None:
        """Show another picture: grey values (rows, columns)."""
        if self._picture.shape != grey.shape:
            rows, columns = grey.shape
            self._image.dimensions = (columns, rows, 1)
            self._image.point_data["picture"] = np.empty((grey.size, 4), dtype=np.uint8)
            self._image.point_data.active_scalars_name = "picture"
            texels = np.asarray(self._image.point_data["picture"]).view(np.uint32)
            self._picture = texels.reshape(rows, columns)
        # Last row first: VTK counts rows upwards.
        np.take(_PAINT, grey[::-1], out=self._picture, mode="clip")
        self._image.GetPointData().GetScalars().Modified()
        self._image.Modified()

    def show(self, *, visible: bool) -> None:
        """Show or hide picture, frame and letters."""
        self.actor.visibility = self.frame_actor.visibility = visible
        for letter in self.letters:
            letter.actor.SetVisibility(visible)

    def scale_letters(self, units_per_px: Callable[[FloatArray], float], ratio: float) -> None:
        """Keep the letters' height on screen, at `ratio` device pixels to a point."""
        for letter, side in zip(self.letters, self.sides, strict=True):
            letter.actor.SetScale(_LETTER_PX * ratio * units_per_px(side))

    def scale_lines(self, ratio: float) -> None:
        """Draw for so many device pixels to a point."""
        for actor in (self.frame_actor, *(letter.actor for letter in self.letters)):
            actor.GetProperty().SetLineWidth(_LINE_PX * ratio)


class _Word:
    """A word in the scene that turns to the camera; what stands before it hides it. Not a flat text
    over the picture: seen from the left, an R on the patient would be misread.
    """

    def __init__(self, plotter: AnyPlotter) -> None:
        self._text = vtk_module("vtkRenderingFreeType").vtkVectorText()
        self._mesh = pv.PolyData()
        self.actor, look = _follower(plotter, self._mesh)
        look.SetColor(*_LETTER_COLOUR)
        look.EdgeVisibilityOn()  # bolder, however small the letters are
        look.SetEdgeColor(*_LETTER_COLOUR)
        look.SetLineWidth(_LINE_PX)

    def place(self, word: str, middle: FloatArray) -> None:
        """Show a word about a place, one unit high."""
        self._text.SetText(word)
        self._text.Update()
        self._mesh.copy_from(pv.wrap(self._text.GetOutput()), deep=True)
        points = np.array(self._mesh.points)
        points -= (points.min(axis=0) + points.max(axis=0)) / 2
        self._mesh.points = points / max(np.ptp(points[:, 1]), 1e-6)
        self.actor.SetPosition(*middle)


def _label(direction: FloatArray) -> str:
    """Orientation letters apart from each other, as "AI" could be read; VTK draws ASCII only."""
    return "/".join(orientation_letters(direction))


def _follower(plotter: AnyPlotter, mesh: pv.PolyData) -> tuple[Any, Any]:
    """An actor of a mesh that turns to the camera, unlit, and its looks."""
    core = vtk_module("vtkRenderingCore")
    mapper = core.vtkPolyDataMapper()
    mapper.SetInputData(mesh)
    actor = core.vtkFollower()
    actor.SetMapper(mapper)
    actor.SetCamera(plotter.camera)
    actor.GetProperty().LightingOff()
    actor.ForceTranslucentOn()  # eye-dome lighting rims what is opaque, and a letter is all rim
    plotter.add_actor(actor, reset_camera=False, render=False, pickable=False)
    return actor, actor.GetProperty()
