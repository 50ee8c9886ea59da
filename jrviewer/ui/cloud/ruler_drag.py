"""Dragging rulers in the 3D view. A ruler between measured points stays on the measured surface,
one in the slice stays in its plane: none can be moved to an inferred depth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Slice
from jrviewer.imaging.ruler_3d import End, NoLengthError, Ruler

if TYPE_CHECKING:  # it imports pyvista
    from jrviewer.rendering.scene import Scene

Shift = tuple[float, float]  # device pixels to the right and up


def moved(ruler: Ruler, end: int | None, way: Shift, scene: Scene, image: Slice) -> Ruler:
    """The ruler after an end (0, 1), or all of it (None), was moved by a shift. Raises
    NoLengthError if nothing is known at the new position.
    """
    if ruler.start.is_measured and ruler.end.is_measured:
        ends = [_on_surface(scene, place) for place in _places(ruler, end, way, scene)]
    else:
        ends = _in_slice(ruler, end, way, scene, image)
    return Ruler(*ends)


def _ends(ruler: Ruler) -> FloatArray:
    """(2, 3) in patient LPS."""
    return np.array([ruler.start.point_mm, ruler.end.point_mm])


def _shifts(end: int | None, way: Shift) -> FloatArray:
    """(2, 2): shift of each end, in device pixels."""
    return np.array([way if end in (None, number) else (0.0, 0.0) for number in (0, 1)])


def _places(ruler: Ruler, end: int | None, way: Shift, scene: Scene) -> FloatArray:
    """(2, 2): ends in device pixels."""
    places: FloatArray = scene.on_screen(_ends(ruler))[0] + _shifts(end, way)
    return places


def _on_surface(scene: Scene, place: FloatArray) -> End:
    found = scene.surface_at(float(place[0]), float(place[1]))
    if found is None:
        raise NoLengthError(
            _tr("A MEASURED ruler moves only along the measured surface, while that is shown.")
        )
    return _end(found, is_measured=True)


def _in_slice(ruler: Ruler, end: int | None, way: Shift, scene: Scene, image: Slice) -> list[End]:
    """Both ends moved in the slice's plane, each at its own depth."""
    before = [scene.plane_at(x, y, image.plane) for x, y in _places(ruler, end, (0, 0), scene)]
    after = [scene.plane_at(x, y, image.plane) for x, y in _places(ruler, end, way, scene)]
    ends = []
    for point, old, new in zip(_ends(ruler), before, after, strict=True):
        if old is None or new is None:
            raise NoLengthError(
                _tr("The slice is seen edge-on: turn the view to move a ruler in it.")
            )
        ends.append(point + new - old)
    middle = image.plane.to_pixel(np.mean(ends, axis=0, keepdims=True))[0]
    if (middle < 0).any() or (middle > np.array(image.shape) - 1).any():
        raise NoLengthError(_tr("A ruler in the slice cannot leave the slice."))
    return [_end(one, is_measured=False) for one in ends]


def _end(place: FloatArray, *, is_measured: bool) -> End:
    x, y, z = (float(mm) for mm in place)
    return End((x, y, z), is_measured)


def _tr(text: str) -> str:
    return QCoreApplication.translate("ruler_drag", text)
