"""The 3D pane's features, drawn off screen in a child process: a driver that crashes takes that one
with it, not this.
"""

import multiprocessing
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, NamedTuple, get_args

import numpy as np

from jrviewer.core.geometry import FloatArray
from jrviewer.core.lazy_vtk import vtk_module
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Series, UInt8Array

if TYPE_CHECKING:
    from pyvista import Plotter

    from jrviewer.rendering.look import Look
    from jrviewer.rendering.scene import Scene

SECONDS = 60.0  # software rendering on a busy machine
VISIBLE = 50  # grey levels between something drawn and the background
STEP_MM, SLICES = 5.0, 12  # of the stack that is measured: to each side of the slice
CHANGED = 0.005  # share of the pixels that a cloud changes at least


class DrawingResult(NamedTuple):
    """What the child could draw."""

    renderer: str  # its name; "" where nothing could be drawn at all
    missing: list[str]  # features of the 3D pane that did not draw
    is_late: bool = False  # it had not ended after `SECONDS`


def try_drawing(prediction: Prediction | None) -> DrawingResult:
    """Draw a sphere, then the prediction with everything that the 3D pane can do."""
    context = multiprocessing.get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    shown = prediction and _without_network(prediction)
    child = context.Process(target=draw, args=(sending, shown), daemon=True)
    child.start()
    sending.close()  # so that the child's death ends the waiting
    drawn = DrawingResult("", [])
    try:
        if not receiving.poll(SECONDS):
            drawn = drawn._replace(is_late=True)
        else:
            drawn = DrawingResult(str(receiving.recv()), ["scene"])
            if not receiving.poll(SECONDS):
                drawn = drawn._replace(is_late=True)
            else:
                drawn = drawn._replace(missing=list(receiving.recv()))
    except EOFError:
        pass  # the child died; what it had sent before counts
    child.kill()
    child.join()
    return drawn


def _without_network(prediction: Prediction) -> Prediction:
    """The prediction with its dense cloud at hand: the child draws, and is sent no weights."""
    dense = prediction.compute_dense_cloud()
    return prediction if dense is None else replace(prediction, sample_dense=partial(_same, dense))


def _same(dense: Cloud) -> Cloud:
    return dense


def draw(sending: Connection, prediction: Prediction | None) -> None:
    """In the child process: send the renderer's name, then the scene's missing features."""
    # Without a display VTK first complains about it, then draws through EGL all the same.
    logger = vtk_module("vtkCommonCore").vtkLogger
    logger.SetStderrVerbosity(logger.VERBOSITY_OFF)
    sending.send(_renderer())
    sending.send([] if prediction is None else _missing_features(prediction))


def _renderer() -> str:
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, window_size=[64, 64])
    plotter.add_mesh(pyvista.Sphere(), color="white")
    picture = _picture(plotter)
    window = plotter.render_window
    capabilities = "" if window is None else str(window.ReportCapabilities())
    names = [line for line in capabilities.splitlines() if "renderer string" in line]
    plotter.close()
    if np.ptp(picture) <= VISIBLE:
        return ""
    return names[0].split(":", 1)[1].strip() if names else "unnamed"


def _missing_features(prediction: Prediction) -> list[str]:
    """Names of the looks whose picture stays as empty as the background."""
    import pyvista

    from jrviewer.rendering.look import Look
    from jrviewer.rendering.scene import Scene

    plotter = pyvista.Plotter(off_screen=True, window_size=[256, 256])
    scene = Scene(plotter)
    grey = np.full(prediction.denoised.shape, 128, dtype=np.uint8)
    missing = []
    prediction.compute_dense_cloud()
    for name, look in _looks().items():
        scene.show(prediction, grey, look)
        scene.view("oblique")
        shown = _picture(plotter)
        scene.clear()
        if np.mean(np.abs(shown - _picture(plotter)).max(axis=2) > VISIBLE) < CHANGED:
            missing.append(name)
    scene.show(prediction, grey, Look())
    spots = [(x, y) for x in range(64, 200, 16) for y in range(64, 200, 16)]
    if all(scene.point_at(x, y) is None for x, y in spots):
        missing.append("finding a point under the pointer")
    missing += _missing_of_measured(scene, prediction, grey)
    plotter.close()
    return missing


def _looks() -> "dict[str, Look]":
    """Every way of drawing the cloud alone, by its name."""
    from jrviewer.rendering.look import Colouring, Look

    plain = Look()
    return {
        **{f"colour by {name}": replace(plain, colouring=name) for name in get_args(Colouring)},
        "4096 points": replace(plain, dense=True),
        "parallel projection": replace(plain, perspective=False),
        "without slice plane": replace(plain, slice_plane=False),
        "eye-dome lighting": replace(plain, eye_dome=True),
    }


def _missing_of_measured(scene: "Scene", prediction: Prediction, grey: UInt8Array) -> list[str]:
    """What does not work of the measured surface: of the slice itself, again and again."""
    from jrviewer.imaging.measured_surface import Nearest, SurfaceMeasurement
    from jrviewer.rendering.look import DrawnRuler, Look, MeasuredReference

    cloud, plane = prediction.cloud, prediction.slice.plane
    if cloud is None:
        return []
    heights = STEP_MM * np.arange(-SLICES, SLICES + 1)
    places = [plane.origin_mm + mm * plane.normal for mm in heights]
    slices = [replace(prediction.slice, plane=replace(plane, origin_mm=one)) for one in places]
    measured = SurfaceMeasurement(Series(tuple(slices)))()
    distances = Nearest(measured).distances(cloud.points)
    scene.show(prediction, grey, Look(reveal=0.5), MeasuredReference(measured, distances, cloud))
    ends = np.stack([places[0], places[-1]])
    scene.show_rulers((DrawnRuler(ends, "MEASURED", is_selected=False),), None)
    spots = [(x, y) for x in range(64, 200, 12) for y in range(64, 200, 12)]
    found = [pick for pick in (scene.pick(x, y) for x, y in spots) if pick is not None]
    works = {
        "distances to the measured surface": bool(np.isfinite(distances).any()),
        "finding the measured surface under the pointer": any(one.is_measured for one in found),
        "rulers": scene.rulers.is_shown,
    }
    return [name for name, is_working in works.items() if not is_working]


def _picture(plotter: "Plotter") -> FloatArray:
    """What the plotter draws now, (rows, columns, 3)."""
    return np.asarray(plotter.screenshot(return_img=True), dtype=np.float32)
