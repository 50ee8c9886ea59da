"""VTK's own classes, for what pyvista does not wrap.

They must come from the very build that pyvista runs on: an actor of another would not be taken.
That is cvista where it is installed (pyvista's own lean build of VTK, half as large), else VTK.
"""

from importlib import import_module
from typing import Any


def vtk_module(name: str) -> Any:  # noqa: ANN401 - VTK ships no types that fit both builds
    """One of VTK's modules, e.g. "vtkRenderingCore"."""
    import pyvista

    build = pyvista.vtk_backend()
    return import_module(f"{'vtkmodules' if build == 'vtk' else build}.{name}")
