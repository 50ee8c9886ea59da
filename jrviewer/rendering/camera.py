"""The camera of the 3D picture: what is shown fills the pane, and still does when that is resized.

Places are in the picture's world, in the patient's millimetres.
"""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray
from jrviewer.rendering.actors import AnyPlotter
from jrviewer.rendering.frame import Frame

_MARGIN = 1.1  # of the distance at which everything just fits: room for the letters themselves
_NEAREST_MM = 1.0


class FittedCamera:
    """Moves a plotter's camera. `points` gives the places (N, 3) that a fresh view must hold;
    `before_frame` is called before every frame.
    """

    def __init__(
        self,
        plotter: AnyPlotter,
        frame: Frame,
        points: Callable[[], FloatArray],
        before_frame: Callable[[], None],
    ) -> None:
        self._plotter, self._points, self._before_frame = plotter, points, before_frame
        self._frame, self._size = frame, (0, 0)
        own = weakref.ref(self)  # VTK would keep a bound method, and this with it, for ever

        def start(*_: object) -> None:
            if (this := own()) is not None:
                this._start()

        plotter.renderer.AddObserver("StartEvent", start)

    def look_from(self, towards: npt.ArrayLike, up: npt.ArrayLike, centre: FloatArray) -> None:
        """Look at a centre (3,) from one side, with everything in sight."""
        camera, direction = self._plotter.camera, np.array(towards) / np.linalg.norm(towards)
        camera.focal_point = tuple(centre)
        camera.position = tuple(centre + direction)
        camera.up = tuple(np.asarray(up, dtype=float))
        self._size = self._frame.size
        distance, half_height = self._fit(self._size)
        camera.position = tuple(centre + direction * distance)
        camera.parallel_scale = half_height

    def copy_to(self, other: Any) -> None:  # noqa: ANN401 - a pyvista camera
        """Let another camera look from where this one does."""
        other.DeepCopy(self._plotter.camera)

    def mm_per_px(self, place: FloatArray) -> float:
        """The length of a pixel at a place (3,)."""
        camera, height = self._plotter.camera, max(self._frame.size[1], 1)
        if camera.parallel_projection:
            return float(2 * camera.parallel_scale / height)
        ahead = (place - np.array(camera.position)) @ np.array(camera.direction)
        tangent = np.tan(np.radians(camera.view_angle) / 2)
        return float(2 * max(ahead, _NEAREST_MM) * tangent / height)

    def _start(self) -> None:
        """Before a frame: keep what fills the pane, if that was resized."""
        size = self._frame.size
        if size != self._size and min(size) > 0:
            before, self._size = self._size, size
            if min(before) > 0:
                self._refit(before, size)
        self._before_frame()

    def _refit(self, before: tuple[int, int], now: tuple[int, int]) -> None:
        camera = self._plotter.camera
        (old, old_half), (new, new_half) = self._fit(before), self._fit(now)
        focus = np.array(camera.focal_point)
        away = np.array(camera.position) - focus
        camera.SetPosition(*(focus + away * (new / old)))
        camera.SetParallelScale(camera.parallel_scale * new_half / old_half)
        self._plotter.renderer.ResetCameraClippingRange()

    def _fit(self, size: tuple[int, int]) -> tuple[float, float]:
        """Distance and, for a parallel projection, half height at which everything is in sight, in
        a pane of this size and from where the camera looks.
        """
        camera, aspect = self._plotter.camera, max(size[0], 1) / max(size[1], 1)
        back = -np.array(camera.direction)
        up = np.array(camera.up) - (np.array(camera.up) @ back) * back
        up /= np.linalg.norm(up)
        own = (self._points() - np.array(camera.focal_point)) @ np.array(
            [np.cross(up, back), up, back]
        ).T
        tangent = np.tan(np.radians(camera.view_angle) / 2)
        half = np.maximum(np.abs(own[:, 1]), np.abs(own[:, 0]) / aspect)
        distance = max(float((own[:, 2] + half / tangent).max()), _NEAREST_MM)
        return _MARGIN * distance, _MARGIN * max(float(half.max()), _NEAREST_MM)
