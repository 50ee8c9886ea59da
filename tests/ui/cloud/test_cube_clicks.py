"""Clicks on the orientation cube of the 3D pane, and the menu of what it hides."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from jrviewer.ui.cloud.cloud_view import CloudView
from tests.ui.support.cloud_pane import LEFT, camera, canvas, needs_opengl, settle

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


@pytest.mark.parametrize(("place", "side"), [(0, (0, -1, 0)), (3, (-1, 0, 0)), (5, (0, 0, -1))])
def test_a_menu_has_the_sides_that_the_cube_hides(
    view: CloudView, place: int, side: tuple[int, int, int]
) -> None:
    opener = view.toolbar.view_button
    menu = opener.menu()
    assert isinstance(menu, QMenu)
    menu.popup(opener.mapToGlobal(opener.rect().bottomLeft()))
    at = menu.actionGeometry(menu.actions()[place]).center()
    QTest.mouseClick(menu, LEFT, pos=at)
    settle()

    eye, focus = camera(view)
    away = (eye - focus) / np.linalg.norm(eye - focus)
    assert away == pytest.approx(np.array(side), abs=1e-3)
