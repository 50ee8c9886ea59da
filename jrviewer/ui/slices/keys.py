"""Keyboard of a slice pane, for measuring."""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from jrviewer.ui.state.keyboard_annotations import Key
from jrviewer.ui.widgets.keys import arrow_step, is_by_key, is_enter

_TABS: dict[int, Key] = {Qt.Key.Key_Tab: "next", Qt.Key.Key_Backtab: "previous"}


class SliceKeys(QObject):
    """Handles a pane's keys before the window's shortcuts get them."""

    moved = Signal(int, int)  # rows, columns
    entered = Signal()
    stepped = Signal(int)  # measurements
    focus_lost = Signal()  # the keyboard focus has moved elsewhere
    menu_requested = Signal(QPoint)  # on screen

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self._pane = pane
        self.available_keys: frozenset[Key] = frozenset()
        pane.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle keys for measuring; pass the others on to the window."""
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
