"""The measured surface in the 3D picture: one translucent actor, cut off at the box that the cloud
was inferred in.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyvista as pv

from jrviewer.core.geometry import BOX_HALF_DEPTH_MM, BOX_HALF_WIDTH_MM, Box, FloatArray
from jrviewer.core.lazy_vtk import vtk_module
from jrviewer.core.records import Cloud, SurfaceMesh
from jrviewer.rendering.actors import AnyPlotter
from jrviewer.rendering.look import IndexArray, Look, faces_in_box, surface_colours

BoolArray = npt.NDArray[np.bool_]

_HALVES_MM = np.array([BOX_HALF_WIDTH_MM, BOX_HALF_WIDTH_MM, BOX_HALF_DEPTH_MM])
OPACITY = 0.4  # what lies behind must show, and the points on it stand out


class MeasuredSurface:
    """Its triangles are those near the box; the renderer cuts them at the box itself."""

    def __init__(self, plotter: AnyPlotter) -> None:
        self.mesh = pv.PolyData(np.zeros((3, 3), np.float32), faces=[3, 0, 1, 2])
        self.mesh.cell_data["colour"] = np.zeros((1, 3), dtype=np.uint8)
        self.actor = plotter.add_mesh(
            self.mesh,
            scalars="colour",
            rgb=True,
            opacity=OPACITY,
            smooth_shading=False,  # the normals are our own
            ambient=0.4,
            diffuse=0.7,
            specular=0.15,
            show_scalar_bar=False,
            reset_camera=False,
            render=False,
        )
        self.actor.prop.interpolation = "gouraud"
        plane = vtk_module("vtkCommonDataModel").vtkPlane
        self._sides = [plane() for _ in range(6)]
        for side in self._sides:
            self.actor.mapper.AddClippingPlane(side)
        self.box: Box | None = None
        self._triangles: FloatArray = np.zeros((0, 3, 3), np.float32)
        self.hide()

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
        self.actor.visibility = False
        self._triangles = self._triangles[:0]

    def show(self, measured: SurfaceMesh | None, cloud: Cloud | None, look: Look) -> None:
        """Show what of a series' surfaces lies in a cloud's box; nothing without millimetres."""
        if measured is None or cloud is None or cloud.unit != "mm" or not look.measured:
            self.hide()
            return
        chosen = faces_in_box(measured, cloud.box, look.structures)
        self.box = cloud.box
        self._cut(cloud.box)
        self.actor.visibility = len(chosen) > 0
        self._triangles = measured.corners_mm[measured.faces[chosen]]
        if len(chosen):
            self.mesh.copy_from(_mesh(measured, chosen), deep=False)

    def _cut(self, box: Box) -> None:
        """Move the six sides; what lies behind a plane's normal is cut off."""
        for number, side in enumerate(self._sides):
            axis, sign = box.axes[number // 2], 1 - 2 * (number % 2)
            side.SetOrigin(*(box.centre_mm - sign * _HALVES_MM[number // 2] * axis))
            side.SetNormal(*(sign * axis))


def _mesh(measured: SurfaceMesh, chosen: IndexArray) -> pv.PolyData:
    """The chosen triangles with the normals of their corners."""
    used, index = np.unique(measured.faces[chosen], return_inverse=True)
    corners: Any = measured.corners_mm[used]
    faces: Any = index.reshape(-1, 3)
    mesh = pv.PolyData.from_regular_faces(corners, faces)
    mesh.point_data.active_normals = measured.normals[used]
    mesh.cell_data["colour"] = surface_colours(measured.labels[chosen])
    mesh.cell_data.active_scalars_name = "colour"
    return mesh
