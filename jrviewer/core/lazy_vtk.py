"""VTK's own classes, for what pyvista does not wrap; and pyvista without what JRViewer never draws.

VTK's classes must come from the very build that pyvista runs on: an actor of another would not be
taken. That is cvista where it is installed (pyvista's own lean build of VTK, half as large), else
VTK.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

PYPLOT, CANVAS = "matplotlib.pyplot", "matplotlib.backends.backend_agg"


def vtk_module(name: str) -> Any:  # noqa: ANN401 - VTK ships no types that fit both builds
    """One of VTK's modules, e.g. "vtkRenderingCore"."""
    import pyvista

    build = pyvista.vtk_backend()
    return import_module(f"{'vtkmodules' if build == 'vtk' else build}.{name}")


class _Later(ModuleType):
    """Stands for a module that is imported when something of it is first asked for."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the module has
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


class _Canvas(_Later):
    """pyvista takes this one class when it is imported itself, to call it with a figure."""

    @staticmethod
    def FigureCanvasAgg(*arguments: Any) -> Any:  # noqa: ANN401, N802 - matplotlib's name
        """The canvas of a figure."""
        return import_module(CANVAS).FigureCanvasAgg(*arguments)


@contextmanager
def charts_later() -> Iterator[None]:
    """Import pyvista within this, so that matplotlib is loaded with the first chart only, which
    the window never does: they are a quarter of what importing pyvistaqt takes, and 24 MB.
    """
    later = [one for one in (_Later(PYPLOT), _Canvas(CANVAS)) if one.__name__ not in sys.modules]
    sys.modules.update({one.__name__: one for one in later})
    try:
        yield
    finally:
        for one in later:
            del sys.modules[one.__name__]
