"""Clicks on the orientation cube of the 3D pane."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from jrviewer.ui.cloud.cloud_view import CloudView
from tests.ui.support.cloud_pane import camera, canvas, needs_opengl, settle

pytestmark = [
    pytest.mark.vtk,
    needs_opengl,
    pytest.mark.qt_log_ignore("propagateSizeHints"),  # offscreen says so of any window
]


def test_a_click_on_a_face_of_the_cube_looks_at_that_side(view: CloudView) -> None:
    view.show_view("A")
    settle()
    place = QPoint(round(0.91 * canvas(view).width()), round(0.10 * canvas(view).height()))

    QTest.mouseMove(canvas(view), place)
    view.show_view("L")
    settle()
    QTest.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=place)
    position, focus = camera(view)
    away = (position - focus) / np.linalg.norm(position - focus)
    assert np.allclose(away, (1, 0, 0), atol=1e-6)

    view.reset_view()
    settle()
    above = QPoint(place.x(), round(0.045 * canvas(view).height()))
    QTest.mouseClick(canvas(view), Qt.MouseButton.LeftButton, pos=above)
    position, focus = camera(view)
    away = (position - focus) / np.linalg.norm(position - focus)
    assert np.allclose(away, (0, 0, 1), atol=1e-6)  # the face on top is S
