"""What must hold at any device pixel ratio. Not collected by itself: the ratio is set when Qt
starts, so `test_pixel_ratio.py` runs this in a process for each, with QT_SCALE_FACTOR set.
"""

import os
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QCursor, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from jrviewer.core.geometry import canonical_box
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Cloud, Slice
from jrviewer.ui.window.main_window import MainWindow
from tests.support.record_factory import make_prediction
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys

Grey = npt.NDArray[np.int16]

RATIO = float(os.environ.get("QT_SCALE_FACTOR", "1"))
# In the box, whose half width is 224 mm; the slice is 64 mm wide.
PLACES = np.array([[-0.1, -0.06, 0.0], [0.1, 0.04, 0.02], [0.02, -0.04, 0.05], [0.0, -0.1, -0.02]])


class FewPoints(FakeBackend):
    """Its clouds have four points, far from each other."""

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        box = canonical_box(chosen.plane, (31.5, 31.5))
        cloud = Cloud(
            points=box.to_patient(PLACES).astype(np.float32),
            labels=np.ones(len(PLACES), np.uint8),
            sigma=np.ones(len(PLACES), np.float32),
            unit="mm",
            box=box,
            normals=np.tile(np.array([0, 0, 1], np.float32), (len(PLACES), 1)),
        )
        return replace(make_prediction(chosen, cloud), sample_dense=lambda: cloud)


@pytest.fixture
def backend() -> FakeBackend:
    return FewPoints()


@pytest.fixture
def flat_window(qtbot: QtBot, open_window: MainWindow) -> MainWindow:
    """With the real pointer on the toolbar, where it marks no pixel."""
    open_window.resize(1500, 900)  # so that all three panes are there, on a small screen too
    qtbot.waitUntil(lambda: open_window.cloud.isVisible() and open_window.width() == 1500)
    QApplication.processEvents()
    # Onto the slice first: that the pointer has left is only seen once it was there, and a late
    # event of it would take away the mark that a test sets.
    QCursor.setPos(open_window.original.mapToGlobal(open_window.original.rect().center()))
    qtbot.waitUntil(lambda: open_window.status_bar.probe.text() != "")
    QCursor.setPos(open_window.mapToGlobal(QPoint(3, 3)))
    qtbot.waitUntil(lambda: open_window.status_bar.probe.text() == "")
    return open_window


@pytest.fixture
def seen_window(qtbot: QtBot, flat_window: MainWindow) -> MainWindow:
    """With its 3D view, the cloud on screen."""
    open_window = flat_window
    open_window.cloud.prepare()
    open_window.cloud.create()
    canvas = canvas_of(open_window)
    qtbot.waitUntil(lambda: canvas.isVisible() and open_window.cloud.cloud is not None)
    return open_window


def canvas_of(window: MainWindow) -> QWidget:
    canvas = window.cloud.interactor
    assert isinstance(canvas, QWidget)
    return canvas


def picture(widget: QWidget) -> Grey:
    """What a widget shows, grey, in device pixels (rows, columns)."""
    QApplication.processEvents()  # the 3D frame comes after what was painted at once
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : image.width()].astype(np.int16)


def changed_at(before: Grey, after: Grey) -> tuple[float, float]:
    """The middle x, y of what changed, in device pixels."""
    rows, columns = np.nonzero(np.abs(after - before) > 40)
    assert len(rows)
    return (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2


def test_the_window_has_the_ratio(flat_window: MainWindow) -> None:
    assert flat_window.devicePixelRatioF() == RATIO
    pane = flat_window.original
    assert picture(pane).shape[0] == pytest.approx(pane.height() * RATIO, abs=1)


def test_a_mark_lies_on_its_pixel_on_both_panes(flat_window: MainWindow) -> None:
    for pane in (flat_window.original, flat_window.denoised):
        projection = pane.projection
        assert projection is not None
        plain = picture(pane)
        pane.show_mark((20.0, 44.0))
        x, y = projection.to_point(20.0, 44.0)

        assert changed_at(plain, picture(pane)) == pytest.approx((x * RATIO, y * RATIO), abs=2.5)


def test_a_pixel_is_drawn_where_it_is_probed(flat_window: MainWindow) -> None:
    pane = flat_window.original
    projection, chosen = pane.projection, flat_window.session.slice
    assert projection is not None
    assert chosen is not None
    plain = picture(pane)
    changed = chosen.pixels.copy()
    changed[20, 44] += 1000 if changed[20, 44] < 0 else -1000
    pane.show_pixels(changed)
    x, y = (at / RATIO for at in changed_at(plain, picture(pane)))
    mouse_and_keys.move(pane, (x, y))

    assert "row 20 column 44" in flat_window.status_bar.probe.text()


def test_the_point_that_is_seen_under_the_pointer_is_the_one_that_is_taken(
    qtbot: QtBot, seen_window: MainWindow
) -> None:
    canvas, cloud = canvas_of(seen_window), seen_window.cloud
    taken: list[int | None] = []
    cloud.point_hovered.connect(taken.append)
    plain = picture(canvas)
    for index in range(len(PLACES)):
        cloud.light_points([index])
        x, y = (at / RATIO for at in changed_at(plain, picture(canvas)))
        cloud.light_points([])
        mouse_and_keys.move(canvas, (x, y))
        mouse_and_keys.move(canvas, (2, 2))

    assert taken == [0, None, 1, None, 2, None, 3, None]


def test_a_hovered_point_marks_its_pixel(qtbot: QtBot, seen_window: MainWindow) -> None:
    pane, cloud, chosen = seen_window.original, seen_window.cloud.cloud, seen_window.session.slice
    projection = pane.projection
    assert projection is not None
    assert cloud is not None
    assert chosen is not None
    plain = picture(pane)
    seen_window.cloud.point_hovered.emit(1)
    place = chosen.plane.to_pixel(cloud.points[1:2])[0]
    x, y = projection.to_point(float(place[0]), float(place[1]))

    assert changed_at(plain, picture(pane)) == pytest.approx((x * RATIO, y * RATIO), abs=2.5)


def test_a_probed_pixel_is_marked_at_its_place_in_the_cloud(
    qtbot: QtBot, seen_window: MainWindow
) -> None:
    canvas, pane, chosen = canvas_of(seen_window), seen_window.original, seen_window.session.slice
    projection, scene = pane.projection, seen_window.cloud.scene
    assert projection is not None
    assert chosen is not None
    assert scene is not None
    plain = picture(canvas)
    mouse_and_keys.move(pane, projection.to_point(8.0, 50.0))
    place = chosen.plane.to_patient(np.array([[8.0, 50.0]]))
    (expected,), _ = scene.on_screen(place)
    height = picture(canvas).shape[0]

    at = changed_at(plain, picture(canvas))
    assert at == pytest.approx((expected[0], height - expected[1]), abs=4 * RATIO)
