"""The measured surface in the 3D picture, cut off at the box that the cloud was inferred in: bone
is shaded, skin and air are shells of which the rims show most.
"""

from typing import Any

import numpy as np
import pyvista as pv

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, Box, FloatArray
from jrviewer.core.records import Cloud, Structure, SurfaceMesh
from jrviewer.rendering.actors import AnyPlotter
from jrviewer.rendering.box_cut import HALVES_MM, BoolArray, CutMesh, coarsened, cut_at_box
from jrviewer.rendering.look import Look, surface_colours

# What faces the viewer is let through: a shell shows its outline and what it holds.
_LIGHT = "//VTK::Light::Impl"
_SHELL = f"""{_LIGHT}
  float towards = abs(normalize(normalVCVSOutput).z);
  fragOutput0.a *= mix(0.85, 0.16, towards * (2.0 - towards));
"""


class MeasuredSurface:
    """Its triangles in the box."""

    def __init__(self, plotter: AnyPlotter) -> None:
        self._parts = _Part(plotter), _Part(plotter, _SHELL)  # bone; skin and air
        self.box: Box | None = None
        self._shown: tuple[Any, ...] = ()
        self._triangles: FloatArray = np.zeros((0, 3, 3), np.float32)
        self.hide()

    @property
    def is_visible(self) -> bool:
        """Whether any of it is drawn."""
        return any(part.is_visible for part in self._parts)

    @property
    def triangles(self) -> FloatArray:
        """What is drawn and may be picked, (T, 3 corners, 3)."""
        return self._triangles

    def holds(self, places: FloatArray) -> BoolArray:
        """Which places (N, 3) lie in the box, where the surface is drawn."""
        if self.box is None:
            return np.zeros(len(places), bool)
        own = np.abs(self.box.to_box(places) * BOX_HALF_WIDTH_MM)
        inside: BoolArray = (own <= HALVES_MM + 1e-3).all(axis=1)  # as exactly as it was cut
        return inside

    def coarsen(self, is_coarse: bool) -> None:
        """Draw fewer triangles, or all again."""
        for part in self._parts:
            part.coarsen(is_coarse=is_coarse)

    def hide(self) -> None:
        """Show nothing."""
        for part in self._parts:
            part.show(None)
        self._shown, self._triangles = (), self._triangles[:0]

    def show(self, measured: SurfaceMesh | None, cloud: Cloud | None, look: Look) -> None:
        """Show what of a series' surfaces lies in a cloud's box; nothing without millimetres."""
        if measured is None or cloud is None or cloud.unit != "mm" or not look.reveal:
            self.hide()
            return
        for part in self._parts:
            part.fade(look.surface_opacity)
        wanted = measured, cloud.box, look.structures
        if all(old is new for old, new in zip(self._shown[:2], wanted[:2], strict=False)) and (
            self._shown[2:] == wanted[2:]
        ):
            return  # only the opacity is another
        self._shown = wanted
        self.box = cloud.box
        cut = cut_at_box(measured, look.structures, cloud.box)
        self._triangles = cut.triangles_mm
        is_bone = cut.labels == Structure.BONE
        for part, mine in zip(self._parts, (is_bone, ~is_bone), strict=True):
            part.show(cut.of(mine))


class _Part:
    """Drawn by an actor of all triangles, or by one of fewer: another input would be uploaded to
    the graphics card again in every frame.
    """

    def __init__(self, plotter: AnyPlotter, shader: str = "") -> None:
        self._meshes = _empty(), _empty()
        self.fine, self.coarse = (_actor(plotter, mesh, shader) for mesh in self._meshes)
        self._cut: CutMesh | None = None
        self._has_coarse = False

    @property
    def is_visible(self) -> bool:
        return self._cut is not None

    def fade(self, opacity: float) -> None:
        """Draw so much of it."""
        self.fine.prop.opacity = self.coarse.prop.opacity = opacity

    def show(self, cut: CutMesh | None) -> None:
        """Show these triangles; none hides it."""
        self._cut = cut if cut is not None and len(cut.faces) else None
        self._has_coarse = False
        if self._cut is not None:
            self._meshes[0].copy_from(_mesh(self._cut), deep=False)
        self.coarsen(is_coarse=False)

    def coarsen(self, *, is_coarse: bool) -> None:
        """Draw fewer triangles, or all again."""
        if is_coarse and self._cut is not None and not self._has_coarse:
            self._has_coarse = True
            self._meshes[1].copy_from(_mesh(coarsened(self._cut)), deep=False)
        self.fine.visibility = self.is_visible and not is_coarse
        self.coarse.visibility = self.is_visible and is_coarse


def _empty() -> pv.PolyData:
    mesh = pv.PolyData(np.zeros((3, 3), np.float32), faces=[3, 0, 1, 2])
    mesh.point_data["colour"] = np.zeros((3, 3), dtype=np.uint8)
    return mesh


def _actor(plotter: AnyPlotter, mesh: pv.PolyData, shader: str) -> Any:  # noqa: ANN401 - pyvista's
    actor = plotter.add_mesh(
        mesh,
        scalars="colour",
        rgb=True,
        smooth_shading=False,  # the normals are our own
        ambient=0.25,
        diffuse=0.85,
        specular=0.12,
        show_scalar_bar=False,
        reset_camera=False,
        render=False,
    )
    actor.prop.interpolation = "gouraud"
    if shader:
        actor.GetShaderProperty().AddFragmentShaderReplacement(_LIGHT, True, shader, False)
        actor.ForceTranslucentOn()
    return actor


def _mesh(cut: CutMesh) -> pv.PolyData:
    """The triangles with the normals of their corners."""
    corners: Any = cut.corners_mm
    faces: Any = cut.faces
    mesh = pv.PolyData.from_regular_faces(corners, faces)
    mesh.point_data.active_normals = cut.normals
    # At the corners, which structures do not share: colours of triangles cost a look-up a pixel.
    labels = np.zeros(len(corners), np.uint8)
    labels[faces] = cut.labels[:, None]
    mesh.point_data["colour"] = surface_colours(labels)
    mesh.point_data.active_scalars_name = "colour"
    return mesh
