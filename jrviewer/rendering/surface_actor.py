"""The measured surface in the 3D picture, cut off at the box that the cloud was inferred in: bone
is shaded, skin and air are shells of which the rims show most.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyvista as pv

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, Box, FloatArray
from jrviewer.core.lazy_vtk import vtk_module
from jrviewer.core.records import Cloud, Structure, SurfaceMesh
from jrviewer.rendering.actors import AnyPlotter
from jrviewer.rendering.look import IndexArray, Look, faces_in_box, surface_colours

BoolArray = npt.NDArray[np.bool_]

_HALVES_MM = np.array([BOX_HALF_WIDTH_MM, BOX_HALF_WIDTH_MM, BOX_HALF_DEPTH_MM])
# What faces the viewer is let through: a shell shows its outline and what it holds.
_SHELL = """//VTK::Light::Impl
  float towards = abs(normalize(normalVCVSOutput).z);
  fragOutput0.a *= mix(0.85, 0.16, towards * (2.0 - towards));
"""


class MeasuredSurface:
    """Its triangles are those near the box; the renderer cuts them at the box itself."""

    def __init__(self, plotter: AnyPlotter) -> None:
        self._parts = _Part(plotter), _Part(plotter)  # bone; skin and air
        self._parts[1].actor.GetShaderProperty().AddFragmentShaderReplacement(
            "//VTK::Light::Impl", True, _SHELL, False
        )
        self._parts[1].actor.ForceTranslucentOn()
        plane = vtk_module("vtkCommonDataModel").vtkPlane
        self._sides = [plane() for _ in range(6)]
        for side in self._sides:
            for part in self._parts:
                part.actor.mapper.AddClippingPlane(side)
        self.box: Box | None = None
        self._shown: tuple[Any, ...] = ()
        self._triangles: FloatArray = np.zeros((0, 3, 3), np.float32)
        self.hide()

    @property
    def is_visible(self) -> bool:
        """Whether any of it is drawn."""
        return any(part.actor.visibility for part in self._parts)

    @property
    def triangles(self) -> FloatArray:
        """What is drawn and may be picked, (T, 3 corners, 3); reaches beyond the box."""
        return self._triangles

    def holds(self, places: FloatArray) -> BoolArray:
        """Which places (N, 3) lie in the box, where the surface is drawn."""
        if self.box is None:
            return np.zeros(len(places), bool)
        own = np.abs(self.box.to_box(places) * BOX_HALF_WIDTH_MM)
        inside: BoolArray = (own <= _HALVES_MM).all(axis=1)
        return inside

    def hide(self) -> None:
        """Show nothing."""
        for part in self._parts:
            part.actor.visibility = False
        self._shown, self._triangles = (), self._triangles[:0]

    def show(self, measured: SurfaceMesh | None, cloud: Cloud | None, look: Look) -> None:
        """Show what of a series' surfaces lies in a cloud's box; nothing without millimetres."""
        if measured is None or cloud is None or cloud.unit != "mm" or not look.reveal:
            self.hide()
            return
        for part in self._parts:
            part.actor.prop.opacity = look.surface_opacity
        wanted = measured, cloud.box, look.structures
        if all(old is new for old, new in zip(self._shown[:2], wanted[:2], strict=False)) and (
            self._shown[2:] == wanted[2:]
        ):
            return  # only the opacity is another
        self._shown = wanted
        chosen = faces_in_box(measured, cloud.box, look.structures)
        self.box = cloud.box
        self._cut(cloud.box)
        self._triangles = measured.corners_mm[measured.faces[chosen]]
        is_bone = measured.labels[chosen] == Structure.BONE
        for part, mine in zip(self._parts, (is_bone, ~is_bone), strict=True):
            part.show(measured, chosen[mine])

    def _cut(self, box: Box) -> None:
        """Move the six sides; what lies behind a plane's normal is cut off."""
        for number, side in enumerate(self._sides):
            axis, sign = box.axes[number // 2], 1 - 2 * (number % 2)
            side.SetOrigin(*(box.centre_mm - sign * _HALVES_MM[number // 2] * axis))
            side.SetNormal(*(sign * axis))


class _Part:
    def __init__(self, plotter: AnyPlotter) -> None:
        self.mesh = pv.PolyData(np.zeros((3, 3), np.float32), faces=[3, 0, 1, 2])
        self.mesh.point_data["colour"] = np.zeros((3, 3), dtype=np.uint8)
        self.actor = plotter.add_mesh(
            self.mesh,
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
        self.actor.prop.interpolation = "gouraud"

    def show(self, measured: SurfaceMesh, chosen: IndexArray) -> None:
        """Show these triangles; none hides it."""
        self.actor.visibility = len(chosen) > 0
        if len(chosen):
            self.mesh.copy_from(_mesh(measured, chosen), deep=False)


def _mesh(measured: SurfaceMesh, chosen: IndexArray) -> pv.PolyData:
    """The chosen triangles with the normals of their corners."""
    used, index = np.unique(measured.faces[chosen], return_inverse=True)
    corners: Any = measured.corners_mm[used]
    faces: Any = index.reshape(-1, 3)
    mesh = pv.PolyData.from_regular_faces(corners, faces)
    mesh.point_data.active_normals = measured.normals[used]
    # At the corners, which structures do not share: colours of triangles cost a look-up a pixel.
    labels = np.zeros(len(used), np.uint8)
    labels[faces] = measured.labels[chosen, None]
    mesh.point_data["colour"] = surface_colours(labels)
    mesh.point_data.active_scalars_name = "colour"
    return mesh
