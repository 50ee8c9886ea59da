"""Rulers in the 3D picture: lines with their lengths, drawn over everything else."""

import numpy as np
import pyvista as pv
from vtkmodules.vtkRenderingCore import vtkTextActor

from jrviewer.geometry import FloatArray
from jrviewer.rendering import Drawn
from jrviewer.rendering.actors import AnyPlotter, Points

LINE, SELECTED = (255, 214, 92), (120, 225, 255)
_TO_FRONT = -66000.0  # units of depth: no surface hides a ruler


class RulerActors:
    """All rulers in one actor, their words in others."""

    def __init__(self, plotter: AnyPlotter) -> None:
        self._plotter = plotter
        self.mesh = pv.PolyData(np.zeros((2, 3)), lines=[2, 0, 1])
        self.mesh.cell_data["colour"] = np.zeros((1, 3), dtype=np.uint8)
        self.actor = plotter.add_mesh(
            self.mesh,
            scalars="colour",
            rgb=True,
            line_width=3,
            lighting=False,
            show_scalar_bar=False,
            reset_camera=False,
            render=False,
        )
        mapper = self.actor.mapper
        mapper.SetResolveCoincidentTopologyToPolygonOffset()
        mapper.SetRelativeCoincidentTopologyLineOffsetParameters(0, _TO_FRONT)
        self.ends = Points(plotter)
        self.words: list[vtkTextActor] = []
        self.show((), None)

    @property
    def is_shown(self) -> bool:
        """Whether anything is drawn."""
        return bool(self.actor.visibility or self.ends.actor.visibility)

    def show(self, rulers: tuple[Drawn, ...], start: FloatArray | None) -> None:
        """Show these rulers, and the beginning (3,) of one that has no end yet."""
        self.actor.visibility = bool(rulers)
        places = [one.ends for one in rulers] + ([] if start is None else [start[None]])
        points = np.concatenate(places) if places else np.zeros((0, 3))
        colours = [SELECTED if one.is_selected else LINE for one in rulers]
        if rulers:
            lines = np.array([[2, 2 * i, 2 * i + 1] for i in range(len(rulers))])
            mesh = pv.PolyData(points[: 2 * len(rulers)], lines=lines.ravel())
            mesh.cell_data["colour"] = np.array(colours, dtype=np.uint8)
            mesh.cell_data.active_scalars_name = "colour"
            self.mesh.copy_from(mesh, deep=False)
        of_ends = np.repeat(np.array([*colours, LINE], np.uint8), 2, axis=0)[: len(points)]
        self.ends.show(points, of_ends, 11.0)
        self._say(rulers)

    def _say(self, rulers: tuple[Drawn, ...]) -> None:
        while len(self.words) < len(rulers):
            self.words.append(self._text())
        for number, actor in enumerate(self.words):
            actor.SetVisibility(number < len(rulers))
        for actor, one in zip(self.words, rulers, strict=False):
            actor.SetInput(one.words)
            actor.GetPositionCoordinate().SetValue(*one.ends.mean(axis=0))
            colour = SELECTED if one.is_selected else LINE
            actor.GetTextProperty().SetColor(*(channel / 255 for channel in colour))

    def _text(self) -> vtkTextActor:
        actor = vtkTextActor()
        # Flat, over the picture: no point or surface may hide a digit.
        actor.GetPositionCoordinate().SetCoordinateSystemToWorld()
        text = actor.GetTextProperty()
        text.SetFontSize(17)
        text.SetBold(True)
        text.SetBackgroundColor(0.07, 0.08, 0.10)
        text.SetBackgroundOpacity(0.75)
        text.SetJustificationToCentered()
        text.SetVerticalJustificationToBottom()
        text.SetLineOffset(10)
        self._plotter.add_actor(actor, reset_camera=False, render=False, pickable=False)
        return actor
