import pyvista as pv

from jrviewer.vtk import vtk_module


def test_our_classes_are_those_that_pyvista_draws_with() -> None:
    mesh = pv.PolyData()

    assert isinstance(mesh, vtk_module("vtkCommonDataModel").vtkPolyData)
    assert isinstance(pv.Actor(), vtk_module("vtkRenderingCore").vtkActor)
