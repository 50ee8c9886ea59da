"""Rulers in the 3D picture: lines with their lengths, drawn over everything else."""

from typing import Any

import numpy as np
import pyvista as pv

from jrviewer.core.geometry import FloatArray
from jrviewer.core.lazy_vtk import vtk_module
from jrviewer.rendering.actors import AnyPlotter
from jrviewer.rendering.look import RGB, DrawnRuler

LINE, SELECTED = (255, 214, 92), (120, 225, 255)
_LINE_WIDTH, _END_WIDTH = 3.0, 10.0
_ABOVE_PX = 14  # the words over the middle of their line


class RulerActors:
    """All rulers in one flat actor over the picture, their words in others: no point or surface may
    hide a digit. Flat, because VTK's offsets in depth are one switch for all actors.
    """

    def __init__(self, plotter: AnyPlotter) -> None:
        self._plotter = plotter
        self.words: list[Any] = []  # text actors
        self.mesh = pv.PolyData()
        core = vtk_module("vtkRenderingCore")
        world = core.vtkCoordinate()
        world.SetCoordinateSystemToWorld()
        mapper = core.vtkPolyDataMapper2D()
        mapper.SetTransformCoordinate(world)
        mapper.SetInputData(self.mesh)
        mapper.SetScalarModeToUseCellData()
        self.actor = core.vtkActor2D()
        self.actor.SetMapper(mapper)
        self.scale_lines(1.0)
        plotter.add_actor(self.actor, reset_camera=False, render=False, pickable=False)
        self.show((), None)

    @property
    def is_shown(self) -> bool:
        """Whether anything is drawn."""
        return bool(self.actor.GetVisibility())

    def scale_lines(self, ratio: float) -> None:
        """Draw for so many device pixels to a point."""
        self.actor.GetProperty().SetLineWidth(_LINE_WIDTH * ratio)
        self.actor.GetProperty().SetPointSize(_END_WIDTH * ratio)
        for one in self.words:  # their size follows the window's dots per inch
            one.GetPositionCoordinate().SetValue(0, _ABOVE_PX * ratio)

    def show(self, rulers: tuple[DrawnRuler, ...], start: FloatArray | None) -> None:
        """Show these rulers, and the beginning (3,) of one that has no end yet."""
        beginning = [] if start is None else [start[None]]
        places = [*(one.ends for one in rulers), *beginning]
        self.actor.SetVisibility(bool(places))
        if places:
            colours = [SELECTED if one.is_selected else LINE for one in rulers]
            self.mesh.copy_from(_mesh(np.concatenate(places), colours), deep=False)
        self._say(rulers)

    def _say(self, rulers: tuple[DrawnRuler, ...]) -> None:
        while len(self.words) < len(rulers):
            self.words.append(self._text())
        for number, actor in enumerate(self.words):
            actor.SetVisibility(number < len(rulers))
        for actor, one in zip(self.words, rulers, strict=False):
            actor.SetInput(one.words)
            middle = actor.GetPositionCoordinate().GetReferenceCoordinate()
            middle.SetValue(*one.ends.mean(axis=0))
            colour = SELECTED if one.is_selected else LINE
            actor.GetTextProperty().SetColor(*(channel / 255 for channel in colour))

    def _text(self) -> Any:  # noqa: ANN401 - VTK ships no types that fit every build
        core = vtk_module("vtkRenderingCore")
        actor = core.vtkTextActor()
        middle = core.vtkCoordinate()
        middle.SetCoordinateSystemToWorld()
        place = actor.GetPositionCoordinate()
        place.SetReferenceCoordinate(middle)
        place.SetCoordinateSystemToViewport()
        place.SetValue(0, _ABOVE_PX)  # or the words would lie on the line
        text = actor.GetTextProperty()
        text.SetFontSize(14)
        text.SetBold(True)
        text.SetBackgroundColor(0.07, 0.08, 0.10)
        text.SetBackgroundOpacity(0.75)
        text.SetJustificationToCentered()
        text.SetVerticalJustificationToBottom()
        self._plotter.add_actor(actor, reset_camera=False, render=False, pickable=False)
        return actor


def _mesh(points: FloatArray, colours: list[RGB]) -> pv.PolyData:
    """Every point as an end, and a line between the two of every colour."""
    lines = np.array([[2, 2 * i, 2 * i + 1] for i in range(len(colours))], dtype=int)
    ends = np.array([[1, i] for i in range(len(points))])
    mesh = pv.PolyData(points, verts=ends.ravel(), lines=lines.ravel() if colours else None)
    of_ends = np.repeat(np.array([*colours, LINE]), 2, axis=0)[: len(points)]
    # Cells are ordered by kind: first the ends, then the lines.
    mesh.cell_data["colour"] = np.concatenate([of_ends, *([colour] for colour in colours)]).astype(
        np.uint8
    )
    mesh.cell_data.active_scalars_name = "colour"
    return mesh
