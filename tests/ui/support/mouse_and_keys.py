"""Mouse and keyboard input to a widget, as the events that the window system would send."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton
RIGHT = Qt.MouseButton.RightButton
MIDDLE = Qt.MouseButton.MiddleButton
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
STEPS = 5


def drag(
    widget: QWidget,
    start: tuple[int, int],
    end: tuple[int, int],
    button: Qt.MouseButton = LEFT,
    modifiers: Qt.KeyboardModifier = PLAIN,
) -> None:
    """Press at start, move in steps, release at end."""
    _mouse(widget, QEvent.Type.MouseButtonPress, start, button, button, modifiers)
    for step in range(1, STEPS + 1):
        x = start[0] + (end[0] - start[0]) * step / STEPS
        y = start[1] + (end[1] - start[1]) * step / STEPS
        _mouse(widget, QEvent.Type.MouseMove, (x, y), Qt.MouseButton.NoButton, button, modifiers)
    _mouse(widget, QEvent.Type.MouseButtonRelease, end, button, Qt.MouseButton.NoButton, modifiers)


def press(
    qtbot: QtBot, widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN
) -> None:
    """Press a key and let it go."""
    qtbot.keyClick(widget, key, modifiers)  # type: ignore[no-untyped-call]


def click(widget: QWidget, button: Qt.MouseButton = LEFT) -> None:
    """Press and release in the middle."""
    at, none = _middle(widget), Qt.MouseButton.NoButton
    _mouse(widget, QEvent.Type.MouseButtonPress, at, button, button, PLAIN)
    _mouse(widget, QEvent.Type.MouseButtonRelease, at, button, none, PLAIN)


def click_at(widget: QWidget, at: QPoint) -> None:
    """Press and release the left button at a point."""
    place, none = (at.x(), at.y()), Qt.MouseButton.NoButton
    _mouse(widget, QEvent.Type.MouseButtonPress, place, LEFT, LEFT, PLAIN)
    _mouse(widget, QEvent.Type.MouseButtonRelease, place, LEFT, none, PLAIN)


def double_click(widget: QWidget) -> None:
    """Press, release, press again and release, as Qt sends it."""
    at, none = _middle(widget), Qt.MouseButton.NoButton
    click(widget)
    _mouse(widget, QEvent.Type.MouseButtonDblClick, at, LEFT, LEFT, PLAIN)
    _mouse(widget, QEvent.Type.MouseButtonRelease, at, LEFT, none, PLAIN)


def move(widget: QWidget, to: tuple[float, float]) -> None:
    """Move with no button held."""
    none = Qt.MouseButton.NoButton
    _mouse(widget, QEvent.Type.MouseMove, to, none, none, PLAIN)


def hold(widget: QWidget, at: tuple[float, float]) -> None:
    """The left button goes down."""
    _mouse(widget, QEvent.Type.MouseButtonPress, at, LEFT, LEFT, PLAIN)


def let_go(widget: QWidget, at: tuple[float, float]) -> None:
    """The left button goes up."""
    none = Qt.MouseButton.NoButton
    _mouse(widget, QEvent.Type.MouseButtonRelease, at, LEFT, none, PLAIN)


def move_held(widget: QWidget, to: tuple[float, float]) -> None:
    """Move with the left button held."""
    _mouse(widget, QEvent.Type.MouseMove, to, Qt.MouseButton.NoButton, LEFT, PLAIN)


def wheel(
    widget: QWidget,
    notches: int,
    modifiers: Qt.KeyboardModifier = PLAIN,
    at: tuple[int, int] | None = None,
) -> None:
    """Turn the wheel; positive is away from the user."""
    point = QPointF(*(at or (widget.width() // 2, widget.height() // 2)))
    event = QWheelEvent(
        point,
        widget.mapToGlobal(point),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def drop(widget: QWidget, paths: Sequence[Path]) -> bool:
    """Drag files onto the middle of a widget and let go; whether they were taken."""
    data = carry(paths)
    at = widget.rect().center()
    copy, none = Qt.DropAction.CopyAction, Qt.MouseButton.NoButton
    enter = QDragEnterEvent(at, copy, data, none, PLAIN)
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    QApplication.sendEvent(widget, QDragMoveEvent(at, copy, data, none, PLAIN))
    dropped = QDropEvent(QPointF(at), copy, data, none, PLAIN)
    QApplication.sendEvent(widget, dropped)
    return dropped.isAccepted()


def hover(widget: QWidget, data: QMimeData) -> None:
    """Drag onto the middle of a widget and stay."""
    copy, none = Qt.DropAction.CopyAction, Qt.MouseButton.NoButton
    QApplication.sendEvent(widget, QDragEnterEvent(widget.rect().center(), copy, data, none, PLAIN))


def leave(widget: QWidget) -> None:
    """Drag out of the window again."""
    QApplication.sendEvent(widget, QDragLeaveEvent())


def carry(paths: Sequence[Path]) -> QMimeData:
    """What a file manager puts into a drag; the caller keeps it alive."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def _middle(widget: QWidget) -> tuple[float, float]:
    return widget.width() / 2, widget.height() / 2


def _mouse(
    widget: QWidget,
    kind: QEvent.Type,
    at: tuple[float, float],
    button: Qt.MouseButton,
    buttons: Qt.MouseButton,
    modifiers: Qt.KeyboardModifier,
) -> None:
    point = QPointF(*at)
    event = QMouseEvent(kind, point, widget.mapToGlobal(point), button, buttons, modifiers)
    QApplication.sendEvent(widget, event)
