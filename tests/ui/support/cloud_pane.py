"""Input to the 3D pane, and what it shows."""

import os
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from jrviewer.core.geometry import FloatArray
from jrviewer.ui.cloud.cloud_view import CloudView

BLIND = os.environ.get("QT_QPA_PLATFORM") == "offscreen"
needs_opengl = pytest.mark.skipif(BLIND, reason="no OpenGL on the offscreen platform")

LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
NO_KEY, SHIFT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier
KEYPAD = Qt.KeyboardModifier.KeypadModifier


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


def camera(view: CloudView) -> tuple[FloatArray, FloatArray]:
    """Position and focal point."""
    assert view.interactor is not None
    eye = view.interactor.camera
    return np.array(eye.position), np.array(eye.focal_point)


def seen(view: CloudView) -> npt.NDArray[np.uint8]:
    assert view.interactor is not None
    image = view.interactor.grabFramebuffer().convertToFormat(
        view.interactor.grabFramebuffer().Format.Format_RGB32
    )
    return np.array(image.constBits(), dtype=np.uint8).reshape(image.height(), image.width(), 4)


def grabbed(view: CloudView) -> npt.NDArray[np.uint8]:
    """The picture with whatever lies over it."""
    image = view.stack.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    shape = image.height(), image.width(), 4
    return np.array(image.constBits(), dtype=np.uint8).reshape(shape)[..., :3]


def canvas(view: CloudView) -> QWidget:
    assert view.interactor is not None
    widget: QWidget = view.interactor
    return widget


def drag(view: CloudView, button: Qt.MouseButton, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
    """Press, ten moves, release: to the right and down."""
    widget, start = canvas(view), QPoint(150, 150)
    QTest.mousePress(widget, button, modifier, start)
    for step in range(1, 11):
        place = QPointF(start + QPoint(6 * step, 4 * step))
        event = mouse_move(widget, place, button, modifier)
        QApplication.sendEvent(widget, event)
        QApplication.processEvents()
    QTest.mouseRelease(widget, button, modifier, start + QPoint(60, 40))
    settle()


def mouse_move(
    widget: QWidget, place: QPointF, button: Qt.MouseButton, modifier: Qt.KeyboardModifier = NO_KEY
) -> QMouseEvent:
    return QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        widget.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        button,
        modifier,
    )


def watch_frames(view: CloudView, seen: Callable[[], None]) -> None:
    assert view.interactor is not None
    window = view.interactor.ren_win
    assert window is not None
    window.AddObserver("EndEvent", lambda *_: seen())
