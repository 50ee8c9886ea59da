"""Mouse and keyboard in the 3D view, beyond VTK's own rotating, zooming and panning.

VTK's trackball already has left drag = turn, Shift+left or middle drag = pan, right drag or wheel =
zoom. Its single-key commands are blocked: `q` would close the view.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QWidget

from jrviewer.rendering.look import View
from jrviewer.ui.state.rulers import RulerCommand
from jrviewer.ui.widgets.keys import arrow_step, is_by_key, is_enter

if TYPE_CHECKING:  # it imports pyvista
    from jrviewer.rendering.picking import Grip
    from jrviewer.rendering.scene import Scene

CLICK_PIXELS = 4.0

_KEYS = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
_TABS = (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
_OPPOSITE: dict[View, View] = {"A": "P", "L": "R", "S": "I"}
_KEYPAD_HELD = Qt.KeyboardModifier.KeypadModifier
_KEYPAD: dict[int, View] = {Qt.Key.Key_1: "A", Qt.Key.Key_3: "L", Qt.Key.Key_7: "S"}
# What the same keys send on systems that translate Shift themselves.
_SHIFTED: dict[int, View] = {Qt.Key.Key_End: "P", Qt.Key.Key_PageDown: "R", Qt.Key.Key_Home: "I"}

_PLAIN = Qt.KeyboardModifier.NoModifier
_RULER_KEYS: dict[tuple[int, Qt.KeyboardModifier], RulerCommand] = {
    (Qt.Key.Key_Delete, _PLAIN): "delete",
    (Qt.Key.Key_Escape, _PLAIN): "dismiss",
    (Qt.Key.Key_Tab, _PLAIN): "next",
    (Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier): "previous",
}


def view_of_key(event: QKeyEvent) -> View | None:
    """The standard view of a key: keypad 1 3 7, with Shift from the opposite side; R."""
    if event.key() == Qt.Key.Key_R and not event.modifiers():
        return "oblique"
    if not event.modifiers() & _KEYPAD_HELD:
        return None
    view = _KEYPAD.get(event.key())
    if view is not None and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        return _OPPOSITE[view]
    return view or _SHIFTED.get(event.key())


class CloudKeys(QObject):
    """Handles the pane's keys before the window's shortcuts get them."""

    view_requested = Signal(str)  # a View
    peeked = Signal(bool)  # whether the slice plane is hidden
    ruler_requested = Signal(str)  # a RulerCommand
    moved = Signal(int, int)  # the crosshair or the held ruler: points down, points across
    focus_lost = Signal()  # the keyboard focus has moved elsewhere
    menu_requested = Signal(QPoint)  # on screen

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self.available: frozenset[RulerCommand] = (
            frozenset()
        )  # commands for rulers that have an effect now
        pane.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle keys of the pane; pass the others on to the window."""
        if isinstance(event, QContextMenuEvent) and is_by_key(event):
            pane = cast("QWidget", watched)
            self.menu_requested.emit(pane.mapToGlobal(pane.rect().center()))
            return True
        if not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            if is_ours := _is_for_keypad(event) or self.takes(event):
                event.accept()
            return is_ours
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.peeked.emit(event.type() == QEvent.Type.KeyPress)
            return True
        return event.type() == QEvent.Type.KeyPress and self._press(event)

    def takes(self, event: QKeyEvent) -> bool:
        """Whether a key has an effect on rulers now."""
        return self._arrow_step(event) is not None or self._ruler_command(event) is not None

    def _press(self, event: QKeyEvent) -> bool:
        if (way := self._arrow_step(event)) is not None:
            self.moved.emit(*way)
        elif (view := view_of_key(event)) is not None:
            self.view_requested.emit(view)
        elif (command := self._ruler_command(event)) is not None:
            self.ruler_requested.emit(command)
        else:
            return False
        return True

    def _ruler_command(self, event: QKeyEvent) -> RulerCommand | None:
        """The ruler command of a key, if it has an effect now."""
        if is_enter(event):
            command: RulerCommand | None = (
                "set a point" if "set a point" in self.available else "take an end"
            )
        else:
            command = _RULER_KEYS.get((event.key(), event.modifiers()))
        return command if command in self.available else None

    def _arrow_step(self, event: QKeyEvent) -> tuple[int, int] | None:
        return arrow_step(event) if {"set a point", "move"} & self.available else None


def from_lower_left(interactor: QWidget, place: QPointF) -> tuple[float, float]:
    """A position on the view in device pixels from its lower left corner."""
    ratio = interactor.devicePixelRatioF()
    return place.x() * ratio, (interactor.height() - place.y()) * ratio


def _is_for_keypad(event: QKeyEvent) -> bool:
    """Whether it is a keypad key for a view; the other number keys select presets."""
    return bool(event.modifiers() & _KEYPAD_HELD) and view_of_key(event) is not None


class CloudMouse(QObject):
    """Handles the interactor's mouse events; lives as long as it does."""

    hovered = Signal(object)  # index into the cloud, or None
    maximise_requested = Signal()
    menu_requested = Signal(QPoint)  # on screen
    clicked = Signal(float, float)  # left button, pixels from the view's lower left corner
    gripped = Signal(object)  # a Grip: the button was pressed on a ruler
    dragged = Signal(float, float)  # pixels to the right and up since then
    dropped = Signal()

    def __init__(self, interactor: QWidget, scene: Scene, keys: CloudKeys) -> None:
        super().__init__(interactor)
        self._scene, self._keys = scene, keys
        self._index: int | None = None
        self._pressed_at = QPointF()
        self._grips = self._drags = False  # on a ruler; whether it has moved
        self.has_tool = False  # the ruler is active: it gets all clicks, even double ones
        interactor.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what VTK must not see."""
        if isinstance(event, QKeyEvent) and event.key() in _TABS:
            # Otherwise it is Qt's, or the focus could not leave the view.
            return self._keys.eventFilter(watched, event)
        if event.type() in _KEYS:
            event.ignore()  # passed on to the pane and the window
            return True
        if event.type() == QEvent.Type.FocusOut:
            self._keys.focus_lost.emit()
        if event.type() == QEvent.Type.Leave:
            self._point_at(None)
        if isinstance(event, QMouseEvent) and isinstance(watched, QWidget):
            return self._mouse(watched, event)
        return super().eventFilter(watched, event)

    def _mouse(self, interactor: QWidget, event: QMouseEvent) -> bool:
        """Handle a mouse event. Returns whether it was consumed."""
        kind = event.type()
        if self._grips:
            return self._drag(interactor, event)
        is_double = kind == QEvent.Type.MouseButtonDblClick
        if is_double and not self.has_tool and self._face(interactor, event) is None:
            self.maximise_requested.emit()
            return True
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            self._pressed_at = event.position()
            return self._take(interactor, event)
        if kind == QEvent.Type.MouseMove and not event.buttons():
            self._hover(interactor, event)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._release(interactor, event)
        return False

    def _face(self, interactor: QWidget, event: QMouseEvent) -> View | None:
        """The view of the orientation cube's face under the pointer."""
        return self._scene.cube.face_at(*from_lower_left(interactor, event.position()))

    def _grip(self, interactor: QWidget, event: QMouseEvent) -> Grip | None:
        place = from_lower_left(interactor, event.position())
        return None if self.has_tool else self._scene.ruler_grip(*place)

    def _take(self, interactor: QWidget, event: QMouseEvent) -> bool:
        """Handle a press. Returns whether it was on a ruler."""
        if event.button() != Qt.MouseButton.LeftButton or event.modifiers():
            return False
        if (grip := self._grip(interactor, event)) is not None:
            self._grips, self._drags = True, False
            self.gripped.emit(grip)
        return self._grips

    def _drag(self, interactor: QWidget, event: QMouseEvent) -> bool:
        """Drag or drop a ruler; without any movement it was a click."""
        way = (event.position() - self._pressed_at) * interactor.devicePixelRatioF()
        if event.type() == QEvent.Type.MouseMove:
            self._drags = self._drags or way.manhattanLength() >= CLICK_PIXELS
            if self._drags:
                self.dragged.emit(way.x(), -way.y())
        elif event.type() == QEvent.Type.MouseButtonRelease:
            self._grips = False
            self.dropped.emit()
            if not self._drags:
                self._release(interactor, event)
        return True

    def _hover(self, interactor: QWidget, event: QMouseEvent) -> None:
        """Emit the point under the pointer, and show by its shape what a drag would do."""
        self._point_at(self._scene.point_at(*from_lower_left(interactor, event.position())))
        if self._face(interactor, event) is not None:
            interactor.setCursor(Qt.CursorShape.PointingHandCursor)
            return
        shape = Qt.CursorShape.CrossCursor if self.has_tool else Qt.CursorShape.ArrowCursor
        if (grip := self._grip(interactor, event)) is not None:
            whole = grip.end is None
            shape = Qt.CursorShape.SizeAllCursor if whole else Qt.CursorShape.PointingHandCursor
        if interactor.cursor().shape() != shape:
            interactor.setCursor(shape)

    def _release(self, interactor: QWidget, event: QMouseEvent) -> None:
        way = event.position() - self._pressed_at
        if abs(way.x()) + abs(way.y()) >= CLICK_PIXELS:
            return
        if event.button() == Qt.MouseButton.RightButton:
            self.menu_requested.emit(event.globalPosition().toPoint())
        elif event.button() == Qt.MouseButton.LeftButton and not event.modifiers():
            if (face := self._face(interactor, event)) is not None:
                self._keys.view_requested.emit(face)
            else:
                self.clicked.emit(*from_lower_left(interactor, event.position()))

    def _point_at(self, index: int | None) -> None:
        if index != self._index:
            self._index = index
            self.hovered.emit(index)
