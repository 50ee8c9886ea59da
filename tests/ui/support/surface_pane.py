"""Input to the 3D view of a series whose surface is measured: a ball of water."""

from itertools import combinations

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Cloud, SurfaceMesh
from jrviewer.rendering.scene import Scene
from jrviewer.ui.window.main_window import MainWindow
from tests.support.series_factory import make_ball

SLICES = 25
PATIENCE_MS = 20_000


def surface_of(window: MainWindow) -> SurfaceMesh:
    surface = window.session.surface.mesh
    assert surface is not None
    return surface


def cloud_of(window: MainWindow) -> Cloud:
    known = window.session.prediction
    assert known is not None
    assert known.cloud is not None
    return known.cloud


def scene_of(window: MainWindow) -> Scene:
    assert window.cloud.scene is not None
    return window.cloud.scene


def canvas_of(window: MainWindow) -> QWidget:
    assert window.cloud.interactor is not None
    canvas: QWidget = window.cloud.interactor
    return canvas


def press(window: MainWindow, text: str) -> None:
    """Click the button of that name under the 3D picture."""
    buttons = window.cloud.toolbar.findChildren(QToolButton)
    QTest.mouseClick(next(one for one in buttons if one.text() == text), Qt.MouseButton.LeftButton)


def words(window: MainWindow) -> str:
    return window.cloud.toolbar.legend.beside.text()


def centre(window: MainWindow) -> FloatArray:
    """Of the ball."""
    middle: FloatArray = make_ball(heights_mm=np.zeros(1))[1]
    return middle


def hide_points(window: MainWindow) -> None:
    scene_of(window).points.show(None, None)


def click(window: MainWindow, place: FloatArray) -> None:
    """Click where a place of the patient is drawn."""
    canvas = canvas_of(window)
    ratio = canvas.devicePixelRatioF()
    x, y = scene_of(window).on_screen(place[None])[0][0] / ratio
    QTest.mouseClick(
        canvas, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(canvas.height() - y))
    )


def pickable(window: MainWindow) -> tuple[FloatArray, FloatArray]:
    """The points that a click at their place would pick, and their depths."""
    scene = scene_of(window)
    cloud = scene.cloud
    assert cloud is not None
    places, _ = scene.on_screen(cloud.points)
    away = np.abs((cloud.points - cloud.box.centre_mm) @ cloud.box.axes[2])
    # Each is looked for among all, so not all are: those in the slice, and some of the others.
    some = [i for i in range(len(places)) if away[i] < 3 or i % 8 == 0]
    own = [i for i in some if scene.point_at(*np.rint(places[i])) == i]
    points = cloud.points[own]
    return points, np.abs((points - cloud.box.centre_mm) @ cloud.box.axes[2])


def by_depth(window: MainWindow) -> tuple[FloatArray, FloatArray]:
    """The deepest point and one in the slice, both seen from where the eye is."""
    points, depth = pickable(window)
    return points[np.argmax(depth)], points[np.argmin(depth)]


def draw_in_plane(window: MainWindow) -> None:
    """A ruler between two points within 3 mm of the slice, drawn by clicks."""
    press(window, "Ruler")
    points, depth = pickable(window)
    shown = window.session.slice
    assert shown is not None
    pairs = combinations(points[np.argsort(depth)][: (depth < 3).sum()], 2)
    middles = ((pair, shown.plane.to_pixel(np.mean(pair, axis=0)[None])[0]) for pair in pairs)
    limit = np.array(shown.shape) - 4
    # Its middle in the slice: else it could not be moved.
    first, second = next(pair for pair, at in middles if (at > 3).all() and (at < limit).all())
    click(window, first)
    click(window, second)
