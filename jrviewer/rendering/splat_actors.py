"""The cloud in the 3D picture: its splats as squares that are turned to the viewer before every
frame.

Two actors, as what lies behind the slice and what lies before it are mixed in on its two sides; a
third draws bone with hard edges and depth where eye-dome lighting asks for depth. No shaders of our
own, so every OpenGL draws them alike.
"""

from typing import Any

import numpy as np
import pyvista as pv

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Structure, UInt8Array
from jrviewer.rendering.actors import AnyPlotter
from jrviewer.rendering.splats import Eye, Quads, Splats, atlas, quads_seen

_NO_COLOURS: UInt8Array = np.zeros((0, 3), np.uint8)

MISTY = 0.25  # of all mist: so doubtful a point has no outline


class CloudActors:
    """Draws splats; to be made before the slice's plane is added, and finished after everything
    translucent is.
    """

    def __init__(self, plotter: AnyPlotter) -> None:
        self._plotter = plotter
        self._splats: Splats | None = None
        self._side: tuple[FloatArray, FloatArray] | None = None
        self._share, self._drawn = 1.0, ()
        self._has_depth = False
        self._soft, hard = _texture(atlas()), _texture(atlas(is_hard=True))
        hard.interpolate = False
        self.solid = _Squares(plotter, hard, writes_depth=True)
        self.behind = _Squares(plotter, self._soft)
        self.before: _Squares | None = None

    def finish(self) -> None:
        """Add what is drawn last: the points on the viewer's side of the slice."""
        self.before = _Squares(self._plotter, self._soft)

    @property
    def places(self) -> FloatArray:
        """Of the points on show (N, 3)."""
        return np.zeros((0, 3)) if self._splats is None else self._splats.places

    @property
    def colours(self) -> UInt8Array:
        """Of the points on show, before they are lit (N, 3)."""
        return _NO_COLOURS if self._splats is None else self._splats.colours

    @property
    def is_visible(self) -> bool:
        """Whether any point is on show."""
        return self._splats is not None and len(self._splats) > 0 and self._share > 0

    def show(self, splats: Splats | None, plane: tuple[FloatArray, FloatArray] | None) -> None:
        """Show other splats, None hides all; `plane` (place, normal) parts behind from before."""
        self._splats, self._side, self._drawn = splats, plane, ()
        if splats is None:
            for squares in self._all:
                squares.show(None)

    def fade(self, share: float) -> None:
        """Leave so much of the points' ink."""
        if share != self._share:
            self._share, self._drawn = share, ()

    def write_depth(self, *, is_on: bool) -> None:
        """Draw certain bone with hard edges and depth, for eye-dome lighting, or soft again."""
        if is_on != self._has_depth:
            self._has_depth, self._drawn = is_on, ()

    def turn(self) -> None:
        """Before a frame: turn the squares to the camera, if it has moved."""
        splats, camera = self._splats, self._plotter.camera
        pose = (*camera.position, *camera.focal_point, *camera.up)
        if splats is None or pose == self._drawn:
            return
        self._drawn = pose
        eye = _eye_of(camera)
        # Ink that is going must not hide what comes.
        is_solid = (splats.labels == Structure.BONE) & (self._has_depth and self._share == 1)
        is_solid &= splats.doubts < MISTY
        is_near = self._is_near(splats, eye)
        parts = is_solid, ~is_solid & ~is_near, ~is_solid & is_near
        seen = quads_seen(splats, eye, self._share, *parts)
        for squares, quads in zip(self._all, seen, strict=True):
            squares.show(quads)

    @property
    def _all(self) -> "tuple[_Squares, _Squares, _Squares]":
        assert self.before is not None
        return self.solid, self.behind, self.before

    def _is_near(self, splats: Splats, eye: Eye) -> Any:  # noqa: ANN401 - an array of bool
        if self._side is None:
            return np.ones(len(splats), bool)
        place, normal = self._side
        return (splats.places - place) @ normal * ((eye.place - place) @ normal) > 0


class _Squares:
    """One mesh of squares, mixed in the order that they are in."""

    def __init__(self, plotter: AnyPlotter, texture: Any, *, writes_depth: bool = False) -> None:  # noqa: ANN401 - pyvista's
        self.mesh, self._count = _mesh_of(_ONE), 1
        self.actor = plotter.add_mesh(
            self.mesh,
            scalars="colour",
            rgb=True,
            texture=texture,
            lighting=False,
            show_scalar_bar=False,
            reset_camera=False,
            render=False,
            pickable=False,
        )
        if writes_depth:
            self.actor.ForceOpaqueOn()
        else:
            self.actor.ForceTranslucentOn()
        self.actor.visibility = False

    def show(self, quads: Quads | None) -> None:
        count = 0 if quads is None else len(quads.corners) // 4
        self.actor.visibility = count > 0
        if quads is None or not count:
            return
        if count != self._count:
            self.mesh.copy_from(_mesh_of(quads), deep=False)
            self._count = count
            return
        data = self.mesh.GetPointData()
        np.copyto(np.asarray(self.mesh.points), quads.corners)
        np.copyto(np.asarray(self.mesh.point_data["colour"]), quads.colours)
        np.copyto(np.asarray(self.mesh.active_texture_coordinates), quads.textures)
        for array in (self.mesh.GetPoints(), data.GetArray("colour"), data.GetTCoords()):
            array.Modified()
        self.mesh.Modified()


def _texture(picture: UInt8Array) -> pv.Texture:
    texture = pv.Texture(picture)  # type: ignore[no-untyped-call]  # pyvista's omission
    texture.interpolate = True
    return texture


def _mesh_of(quads: Quads) -> pv.PolyData:
    count = len(quads.corners) // 4
    corners: Any = quads.corners
    faces: Any = np.arange(4 * count).reshape(count, 4)
    mesh = pv.PolyData.from_regular_faces(corners, faces)
    mesh.active_texture_coordinates = quads.textures
    mesh.point_data["colour"] = quads.colours
    mesh.point_data.active_scalars_name = "colour"
    return mesh


_ONE = Quads(np.zeros((4, 3), np.float32), np.zeros((4, 4), np.uint8), np.zeros((4, 2), np.float32))


def _eye_of(camera: Any) -> Eye:  # noqa: ANN401 - a pyvista camera
    back = -np.array(camera.direction)
    up = np.array(camera.up) - (np.array(camera.up) @ back) * back
    up /= np.linalg.norm(up)
    return Eye(np.array(camera.position), np.stack([np.cross(up, back), up, back]))
