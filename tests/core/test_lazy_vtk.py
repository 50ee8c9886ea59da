import subprocess
import sys

import pytest
import pyvista as pv

from jrviewer.core.lazy_vtk import vtk_module


def test_our_classes_are_those_that_pyvista_draws_with() -> None:
    mesh = pv.PolyData()

    assert isinstance(mesh, vtk_module("vtkCommonDataModel").vtkPolyData)
    assert isinstance(pv.Actor(), vtk_module("vtkRenderingCore").vtkActor)


CHARTS = """
import sys
from jrviewer.core.lazy_vtk import charts_later

with charts_later():
    import pyvista
    pyvista.Plotter
assert "matplotlib.figure" not in sys.modules
assert "matplotlib.pyplot" not in sys.modules
assert pyvista.Color("tan").hex_rgb == "#d2b48c"

chart = pyvista.ChartMPL()
assert type(chart.figure).__module__ == "matplotlib.figure"
import matplotlib.pyplot
assert matplotlib.pyplot.figure().axes == []
"""


@pytest.mark.slow
def test_charts_come_with_the_first_that_is_drawn_and_not_with_pyvista() -> None:
    subprocess.run([sys.executable, "-c", CHARTS], check=True)
