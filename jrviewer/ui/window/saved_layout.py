"""Where the window stood and how its panes were divided, from one run to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from jrviewer.ui.state.preferences import Preferences

if TYPE_CHECKING:
    from jrviewer.ui.window.main_window import MainWindow


def save_layout(window: MainWindow, preferences: Preferences) -> None:
    """Remember size, position and the panes' shares."""
    preferences.put("window/geometry", _text(window.saveGeometry()))
    preferences.put("window/panes", _text(window.panes.splitter.saveState()))


def restore_layout(window: MainWindow, preferences: Preferences) -> None:
    """Put the window where it was; Qt keeps it on a screen that is there."""
    if geometry := preferences.get("window/geometry", ""):
        window.restoreGeometry(_bytes(geometry))
    if panes := preferences.get("window/panes", ""):
        window.panes.splitter.restoreState(_bytes(panes))


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii"))
