"""Marked places in the 3D picture: points that are lit, and the place under the pointer in 2D."""

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Cloud
from jrviewer.rendering.actors import AnyPlotter, Points
from jrviewer.rendering.look import patient_to_world, to_world

_COLOUR = (255, 255, 255)
_SIZE_PX = 14.0  # for a device pixel ratio of 1
_NOWHERE: FloatArray = np.zeros((0, 3))


class Marks:
    """Draws both together; every change says whether the picture must be drawn again."""

    def __init__(self, plotter: AnyPlotter) -> None:
        self.points = Points(plotter)
        self._lit = self._probe = self._drawn = _NOWHERE

    def light(self, cloud: Cloud | None, indices: npt.ArrayLike) -> bool:
        """Mark points of a cloud by their index; none takes the marks away."""
        chosen = np.asarray(indices, dtype=np.intp)
        self._lit = _NOWHERE if cloud is None else to_world(cloud, cloud.points[chosen])
        return self._draw()

    def probe(self, cloud: Cloud | None, point_mm: FloatArray | None) -> bool:
        """Mark a place (3,) in the patient, None takes the mark away."""
        point = _NOWHERE if point_mm is None else np.asarray(point_mm, float)[None]
        self._probe = patient_to_world(cloud, point)
        return self._draw()

    def scale_lines(self, ratio: float) -> None:
        """Draw for so many device pixels to a point."""
        self.points.actor.prop.SetPointSize(_SIZE_PX * ratio)

    def clear(self) -> None:
        """Take all marks away."""
        self._lit = self._probe = self._drawn = _NOWHERE
        self.points.actor.visibility = False

    def _draw(self) -> bool:
        points = np.concatenate([self._lit, self._probe])
        if np.array_equal(points, self._drawn):
            return False
        self._drawn = points
        colours = np.full((len(points), 3), _COLOUR, dtype=np.uint8)
        self.points.show(points, colours)
        return True
