"""What the keys do on a slice pane when there is something to measure with them."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from jrviewer.ui.state.keyboard_annotations import Key

FAR = 10  # pixels by one key with Shift

ARROWS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_TABS: dict[int, Key] = {Qt.Key.Key_Tab: "next", Qt.Key.Key_Backtab: "previous"}
_ALONE = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class SliceKeys(QObject):
    """Watches a pane's keys, and takes its own before the window's shortcuts get them."""

    moved = Signal(int, int)  # rows, columns
    entered = Signal()
    stepped = Signal(int)  # measurements
    focus_lost = Signal()  # the keyboard has gone elsewhere
    menu_requested = Signal(QPoint)  # on screen

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self._pane = pane
        self.available_keys: frozenset[Key] = frozenset()
        pane.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take what is for measuring; the rest goes on to the window."""
        if event.type() == QEvent.Type.FocusOut:
            self.focus_lost.emit()
        if isinstance(event, QContextMenuEvent) and is_by_key(event):
            self.menu_requested.emit(self._pane.mapToGlobal(self._pane.rect().center()))
            return True
        if not isinstance(event, QKeyEvent) or not self._is_ours(event):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
        elif event.type() == QEvent.Type.KeyPress:
            self._press(event)
        return True

    def _is_ours(self, event: QKeyEvent) -> bool:
        if (tab := _TABS.get(event.key())) is not None:
            return tab in self.available_keys
        return "move" in self.available_keys and (arrow_step(event) is not None or is_enter(event))

    def _press(self, event: QKeyEvent) -> None:
        if (way := arrow_step(event)) is not None:
            self.moved.emit(*way)
        elif is_enter(event):
            self.entered.emit()
        else:
            self.stepped.emit(1 if _TABS[event.key()] == "next" else -1)


def arrow_step(event: QKeyEvent) -> tuple[int, int] | None:
    """How far an arrow key goes down and across, ten times as far with Shift."""
    is_far = bool(event.modifiers() & _SHIFT)
    if (way := ARROWS.get(event.key())) is None or event.modifiers() & ~_SHIFT not in _ALONE:
        return None
    return (way[0] * FAR, way[1] * FAR) if is_far else way


def is_by_key(event: QContextMenuEvent) -> bool:
    """Whether the menu is asked for by the menu key, or Shift+F10."""
    return event.reason() == QContextMenuEvent.Reason.Keyboard


def is_enter(event: QKeyEvent) -> bool:
    """Whether it is Enter, on either part of the keyboard, and nothing with it."""
    return event.key() in ENTER and event.modifiers() in _ALONE
