"""What mouse and keys do in the 3D picture beyond VTK's own turning, zooming and panning.

VTK's trackball already has left drag = turn, Shift+left or middle drag = pan, right drag or wheel =
zoom. Its single-key commands never reach it: `q` would close the picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from jrviewer.rendering import View

if TYPE_CHECKING:  # it imports pyvista
    from jrviewer.rendering.scene import Scene

CLICK_PIXELS = 4.0

_KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
_OPPOSITE: dict[View, View] = {"A": "P", "L": "R", "S": "I"}
_KEYPAD_HELD = Qt.KeyboardModifier.KeypadModifier
_KEYPAD: dict[int, View] = {Qt.Key.Key_1: "A", Qt.Key.Key_3: "L", Qt.Key.Key_7: "S"}
# What the same keys send where the system itself turns Shift into the other key.
_SHIFTED: dict[int, View] = {Qt.Key.Key_End: "P", Qt.Key.Key_PageDown: "R", Qt.Key.Key_Home: "I"}


def view_of_key(event: QKeyEvent) -> View | None:
    """The standard view that a key stands for: keypad 1 3 7, with Shift from the other side, R."""
    if event.key() == Qt.Key.Key_R and not event.modifiers():
        return "oblique"
    if not event.modifiers() & _KEYPAD_HELD:
        return None
    view = _KEYPAD.get(event.key())
    if view is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        return _OPPOSITE[view]
    return view or _SHIFTED.get(event.key())


def is_for_keypad(event: QEvent) -> bool:
    """Whether Qt asks, before it looks for shortcuts, about a key of the keypad that is a view."""
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
        return False
    return bool(event.modifiers() & _KEYPAD_HELD) and view_of_key(event) is not None


class CloudHands(QObject):
    """Watches the interactor's events; lives as long as it does."""

    hovered = Signal(object)  # index into the cloud, or None
    maximise_wanted = Signal()
    menu_wanted = Signal(QPoint)  # on screen

    def __init__(self, interactor: QWidget, scene: Scene) -> None:
        super().__init__(interactor)
        self._scene = scene
        self._index: int | None = None
        self._pressed_at = QPointF()
        interactor.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is not VTK's."""
        if event.type() in _KEYS:
            event.ignore()  # on to the pane and the window
            return True
        if event.type() == QEvent.Type.Leave:
            self._point_at(None)
        if isinstance(event, QMouseEvent) and isinstance(watched, QWidget):
            return self._mouse(watched, event)
        return super().eventFilter(watched, event)

    def _mouse(self, interactor: QWidget, event: QMouseEvent) -> bool:
        """Whether VTK must not see the event."""
        kind, right = event.type(), event.button() == Qt.MouseButton.RightButton
        if kind == QEvent.Type.MouseButtonDblClick:
            self.maximise_wanted.emit()
            return True
        if kind == QEvent.Type.MouseButtonPress:
            self._pressed_at = event.position()
        elif kind == QEvent.Type.MouseMove and not event.buttons():
            self._point_at(self._index_at(interactor, event.position()))
        elif kind == QEvent.Type.MouseButtonRelease and right:
            way = event.position() - self._pressed_at
            if abs(way.x()) + abs(way.y()) < CLICK_PIXELS:
                self.menu_wanted.emit(event.globalPosition().toPoint())
        return False

    def _index_at(self, interactor: QWidget, place: QPointF) -> int | None:
        ratio = interactor.devicePixelRatioF()
        height = interactor.height()
        return self._scene.point_at(place.x() * ratio, (height - place.y()) * ratio)

    def _point_at(self, index: int | None) -> None:
        if index != self._index:
            self._index = index
            self.hovered.emit(index)
