"""Eye-dome lighting, which darkens the rims of near points."""

from typing import Any

from jrviewer.core.lazy_vtk import vtk_module
from jrviewer.rendering.actors import AnyPlotter


class EyeDome:
    """Switches the lighting of a plotter. Flat actors are drawn after it, or it would dot the lines
    of rulers; translucent ones are never rimmed.
    """

    def __init__(self, plotter: AnyPlotter) -> None:
        self._plotter = plotter
        self._is_on = False
        self._flat: Any = None  # the pass that draws flat actors
        self._steps: Any = None  # all passes, in order

    def switch(self, *, is_on: bool) -> bool:
        """Switch it on or off; whether that changed anything."""
        if is_on == self._is_on:
            return False
        self._is_on = is_on
        if is_on:
            self._plotter.enable_eye_dome_lighting()
            self._draw_flat_actors_last()
        else:
            self._plotter.disable_eye_dome_lighting()
        return True

    def pause(self, is_paused: bool) -> None:
        """Leave it out of the next frames, or no longer."""
        if self._is_on:
            self._plotter.renderer.SetPass(None if is_paused else self._steps)

    def _draw_flat_actors_last(self) -> None:
        lighting = self._plotter.renderer.GetPass()
        steps = lighting.GetDelegatePass().GetDelegatePass().GetPasses().GetLastRenderPass()
        self._flat = steps.GetOverlayPass() or self._flat
        steps.SetOverlayPass(None)
        opengl = vtk_module("vtkRenderingOpenGL2")
        passes, in_order = opengl.vtkRenderPassCollection(), opengl.vtkSequencePass()
        passes.AddItem(lighting)
        passes.AddItem(self._flat)
        in_order.SetPasses(passes)
        self._steps = in_order
        self._plotter.renderer.SetPass(in_order)
