"""What a key event means: an arrow, Enter, or the menu key."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent

FAR = 10  # pixels per key press with Shift

ARROWS: dict[int, tuple[int, int]] = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ALONE = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
_SHIFT = Qt.KeyboardModifier.ShiftModifier


def arrow_step(event: QKeyEvent) -> tuple[int, int] | None:
    """Rows and columns that an arrow key moves, ten times as many with Shift."""
    is_far = bool(event.modifiers() & _SHIFT)
    if (way := ARROWS.get(event.key())) is None or event.modifiers() & ~_SHIFT not in _ALONE:
        return None
    return (way[0] * FAR, way[1] * FAR) if is_far else way


def is_by_key(event: QContextMenuEvent) -> bool:
    """Whether a menu was requested by the menu key or Shift+F10."""
    return event.reason() == QContextMenuEvent.Reason.Keyboard


def is_enter(event: QKeyEvent) -> bool:
    """Whether it is Enter on either part of the keyboard, without modifiers."""
    return event.key() in ENTER and event.modifiers() in _ALONE
