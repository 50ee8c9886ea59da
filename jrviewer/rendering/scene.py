"""One prediction on a pyvista plotter: cloud, slice plane, letters and camera."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, FloatArray, Plane
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, UInt8Array
from jrviewer.rendering.actors import AnyPlotter, SlicePlane
from jrviewer.rendering.camera import FittedCamera
from jrviewer.rendering.cube import OrientationCube
from jrviewer.rendering.eye_dome import EyeDome
from jrviewer.rendering.frame import Frame
from jrviewer.rendering.look import (
    BACKGROUND,
    VIEWS,
    DrawnRuler,
    Look,
    MeasuredReference,
    View,
    held_corners,
    middle_of,
    point_colours,
    shown_cloud,
    slice_corners,
    slice_view,
    to_world,
)
from jrviewer.rendering.marks import Marks
from jrviewer.rendering.picking import Grip, Pick, hits, nearest_line, on_plane, ray
from jrviewer.rendering.ruler_actors import RulerActors
from jrviewer.rendering.splat_actors import CloudActors
from jrviewer.rendering.splats import splats_of
from jrviewer.rendering.surface_actor import MeasuredSurface

Render = Callable[[], None] | None
_REACH_PIXELS = 9.0
NOTHING = MeasuredReference()
_NOWHERE: FloatArray = np.zeros((0, 3))


class Scene:
    """One cloud, its slice and its letters; the same actors for every slice, with new data.

    `render` is called once after every change, `still` where a mark alone has changed.
    """

    def __init__(self, plotter: AnyPlotter, render: Render = None, still: Render = None) -> None:
        self._plotter = plotter
        self._request_render: Callable[[], None] = render or plotter.render
        self._request_still: Callable[[], None] = still or self._request_render
        self.shown: tuple[Prediction, UInt8Array, Look, MeasuredReference] | None = None
        self._cloud: Cloud | None = None
        self._drawn: tuple[Cloud | None, Look, MeasuredReference] | None = None
        self._centre: FloatArray | None = None
        self._eye_dome = EyeDome(plotter)
        self._indices: npt.NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        # What is translucent is drawn in the order that it has: VTK's own way of mixing it without
        # an order loses which point is nearer, and takes a software renderer 15 ms more.
        plotter.renderer.SetUseOIT(False)
        plotter.set_background([channel / 255 for channel in BACKGROUND])
        self.points = CloudActors(plotter)
        self.marks = Marks(plotter)
        self.plane = SlicePlane(plotter)
        self.surface = MeasuredSurface(plotter)
        self.points.finish()
        self.rulers = RulerActors(plotter)
        self.drawn_rulers: tuple[DrawnRuler, ...] = ()
        self._lines: FloatArray = np.zeros((0, 2, 3))  # their ends
        self.cube = OrientationCube(plotter)
        self.frame = Frame(plotter, self._eye_dome.pause, self.surface.coarsen)
        self.camera = FittedCamera(plotter, self.frame, self._in_view, self._before_frame)

    @property
    def size(self) -> tuple[int, int]:
        """Of the picture, width and height in pixels."""
        return self.frame.size

    @property
    def cloud(self) -> Cloud | None:
        """The cloud on show."""
        return None if self.shown is None else self._cloud

    def show(
        self,
        prediction: Prediction,
        grey: UInt8Array,
        look: Look,
        beside: MeasuredReference = NOTHING,
    ) -> bool:
        """Show a prediction with its slice as grey values (rows, columns), and what was measured
        beside it; whether that changed anything.

        The camera keeps the place beside the cloud that the user gave it.
        """
        before, self.shown = self.shown, (prediction, grey, look, beside)
        self._cloud = cloud = shown_cloud(prediction, look)
        new = before is None or before[0].cloud is not prediction.cloud
        points = cloud, replace(look, reveal=0.0), beside  # what they depend on
        other_points, self._drawn = new or points != self._drawn, points
        other_grey = before is None or before[1] is not grey
        if not (other_points or other_grey or (before and before[2].reveal != look.reveal)):
            return False
        self.points.fade(look.points_left)
        self.surface.show(beside.measured, cloud, look)
        if other_points:
            self._show_points(cloud, look, beside)
            corners = slice_corners(prediction.slice, cloud)
            self.plane.place(corners, prediction.slice.plane, held_corners(corners, cloud))
            self.plane.show(visible=look.slice_plane)
        if other_grey:
            self.plane.paint(grey)
        if new:
            self.marks.clear()
            self._follow(middle_of(prediction, cloud))
        self._plotter.camera.parallel_projection = not look.perspective
        self._eye_dome.switch(is_on=look.eye_dome)  # dark rims before what is behind
        self.points.write_depth(is_on=look.eye_dome)
        self._finish() if other_points else self._request_render()
        return True

    def clear(self) -> None:
        """Hide everything but the cube; the next prediction starts with a fresh camera."""
        if self.shown is None:
            return
        self.shown = self._cloud = self._centre = None
        self.points.show(None, None)
        self.surface.hide()
        self.marks.clear()
        self.plane.show(visible=False)
        self._request_render()

    def view(self, name: View) -> None:
        """Look from one side of the patient, or at the slice as in 2D, everything in sight."""
        centre = np.zeros(3) if self._centre is None else self._centre
        if name != "slice":
            self.camera.look_from(*VIEWS[name], centre)
        elif self.shown is not None:
            self.camera.look_from(*slice_view(self.shown[0]), centre)
        self._finish()

    def on_screen(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Where points (N, 3) are drawn: places (N, 2) in pixels from the lower left, and depths
        (N,) growing away from the viewer.
        """
        clip = np.c_[points, np.ones(len(points))] @ self._to_clip().T
        seen = clip[:, :3] / clip[:, 3:]
        return (seen[:, :2] + 1) / 2 * self.size, seen[:, 2]

    def _to_clip(self) -> FloatArray:
        """(4, 4) from the world to clip coordinates."""
        width, height = self.size
        matrix = self._plotter.camera.GetCompositeProjectionTransformMatrix(width / height, -1, 1)
        return np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])

    def point_at(self, x: float, y: float, reach: float | None = None) -> int | None:
        """Index into the cloud of the point drawn at a place in the picture, in pixels from its
        lower left corner: of all within reach the one nearest to the viewer.
        """
        if self.shown is None or not self.points.is_visible:
            return None
        if reach is None:
            reach = max(_REACH_PIXELS, self._radius_px)
        places, depth = self.on_screen(np.asarray(self.points.places, dtype=float))
        close = np.flatnonzero(np.hypot(*(places - (x, y)).T) <= reach)
        if not len(close):
            return None
        return int(self._indices[close[np.argmin(depth[close])]])

    def pick(self, x: float, y: float) -> Pick | None:
        """What is drawn at a place in the picture, in pixels from its lower left corner, nearest to
        the viewer: a point of the cloud, or the measured surface. Beside a surface a point must be
        hit itself.
        """
        if self.shown is None:
            return None
        cloud, surface = self.cloud, self.surface_at(x, y)
        found = [] if surface is None else [Pick(surface, True)]
        reach = self._radius_px / 2 if found else None
        if (index := self.point_at(x, y, reach)) is not None and cloud is not None:
            found.append(Pick(to_world(cloud, cloud.points[index : index + 1])[0], False))
        if not found:
            return None
        _, depth = self.on_screen(np.stack([one.place for one in found]))
        return found[int(np.argmin(depth))]

    @property
    def _radius_px(self) -> float:
        """Of a certain point in the middle of the picture."""
        if self.shown is None or self._centre is None:
            return _REACH_PIXELS
        return self.shown[2].radius_mm / self.camera.mm_per_px(self._centre)

    def surface_at(self, x: float, y: float) -> FloatArray | None:
        """The place (3,) of the measured surface that is drawn there, nearest to the viewer."""
        if not self.surface.is_visible:
            return None
        places = hits(*self._sight(x, y), self.surface.triangles)
        return next(iter(places[self.surface.holds(places)]), None)

    def plane_at(self, x: float, y: float, plane: Plane) -> FloatArray | None:
        """The place (3,) of a plane that is seen there; None from its edge."""
        return on_plane(*self._sight(x, y), plane)

    def _sight(self, x: float, y: float) -> tuple[FloatArray, FloatArray]:
        width, height = self.size
        return ray(self._to_clip(), 2 * x / width - 1, 2 * y / height - 1)

    def show_rulers(self, rulers: tuple[DrawnRuler, ...], start: FloatArray | None) -> None:
        """Draw rulers, and the beginning of one that has no end yet."""
        if not rulers and start is None and not self.rulers.is_shown:
            return
        self.drawn_rulers = rulers
        self._lines = np.stack([one.ends for one in rulers]) if rulers else np.zeros((0, 2, 3))
        self.rulers.show(rulers, start)
        self._request_render()

    def ruler_at(self, x: float, y: float) -> int | None:
        """Which ruler is drawn at a place in the picture, in pixels from its lower left corner."""
        places, _ = self.on_screen(self._lines.reshape(-1, 3))
        return nearest_line(places.reshape(-1, 2, 2), (x, y), _REACH_PIXELS)

    def ruler_grip(self, x: float, y: float) -> Grip | None:
        """The part of a ruler at a place: an end, or the whole by its middle."""
        if (index := self.ruler_at(x, y)) is None:
            return None
        places, _ = self.on_screen(self._lines[index])
        away = np.hypot(*(places - (x, y)).T)
        is_long = np.hypot(*(places[1] - places[0])) > 4 * _REACH_PIXELS
        is_end = is_long and away.min() <= _REACH_PIXELS
        return Grip(index, int(np.argmin(away)) if is_end else None)

    def light_points(self, indices: npt.ArrayLike) -> None:
        """Mark points of the cloud by their index; none takes the marks away."""
        if self.marks.light(self.cloud, indices):
            self._request_still()

    def show_probe(self, point_mm: FloatArray | None) -> None:
        """Mark a place (3,) in the patient, None takes the mark away."""
        if self.marks.probe(self.cloud, point_mm):
            self._request_still()

    @property
    def _pixel_ratio(self) -> float:
        return 1.0 if self.shown is None else self.shown[2].pixel_ratio

    def _show_points(self, cloud: Cloud | None, look: Look, beside: MeasuredReference) -> None:
        if cloud is None:
            self._indices = np.zeros(0, dtype=np.intp)
            self.points.show(None, None)
            return
        wanted = [int(structure) for structure in look.structures]
        self._indices = np.flatnonzero(np.isin(cloud.labels, wanted))
        distances = beside.distances_mm if beside.cloud is cloud else None
        colours = point_colours(cloud, look.colouring, distances)[self._indices]
        is_cut = look.slice_plane and cloud.unit == "mm"
        plane = (cloud.box.centre_mm, cloud.box.axes[2]) if is_cut else None
        self.points.show(splats_of(cloud, self._indices, colours, look), plane)

    def _follow(self, centre: FloatArray) -> None:
        """Move the camera with the cloud: the next slice appears where the last one was."""
        before, self._centre = self._centre, centre
        if before is None:
            self.view("oblique")
            return
        step = centre - before
        camera = self._plotter.camera
        # pyvista's own setters compute the clipping range anew, each time.
        camera.SetFocalPoint(*(np.array(camera.focal_point) + step))
        camera.SetPosition(*(np.array(camera.position) + step))

    def _in_view(self) -> FloatArray:
        """The places (N, 3) that a fresh view holds; the slice's empty corners may be cut off."""
        seen = _NOWHERE
        if self.plane.actor.visibility:
            seen = self.plane.sides
            if not len(self.points.places):
                seen = np.concatenate([seen, self.plane.mesh.points])
        if len(self.points.places):
            seen = np.concatenate([seen, self.points.places])
        if len(seen):
            return np.asarray(seen)
        centre = np.zeros(3) if self._centre is None else self._centre
        half = np.array([BOX_HALF_WIDTH_MM, BOX_HALF_WIDTH_MM, BOX_HALF_DEPTH_MM])
        return centre + half * np.array(list(product((-1, 1), repeat=3)))

    def _before_frame(self) -> None:
        self.plane.scale_letters(self.camera.mm_per_px, self._pixel_ratio)
        for drawn in (self.plane, self.rulers, self.marks):
            drawn.scale_lines(self._pixel_ratio * self.frame.share)
        self.points.turn()

    def _finish(self) -> None:
        self.points.turn()  # what is not there yet has no depth to be held
        self._plotter.renderer.ResetCameraClippingRange()
        self._request_render()
