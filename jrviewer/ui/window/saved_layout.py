"""Size and position of the window and the widths of its panes, remembered between runs."""

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow, QSplitter

from jrviewer.ui.state.preferences import Preferences


def save_layout(window: QMainWindow, splitter: QSplitter, preferences: Preferences) -> None:
    """Remember the window's geometry and the splitter's sizes."""
    preferences.put("window/geometry", _text(window.saveGeometry()))
    preferences.put("window/panes", _text(splitter.saveState()))


def restore_layout(window: QMainWindow, splitter: QSplitter, preferences: Preferences) -> None:
    """Restore what `save_layout` remembered; Qt keeps the window on an existing screen."""
    if geometry := preferences.get("window/geometry", ""):
        window.restoreGeometry(_bytes(geometry))
    if panes := preferences.get("window/panes", ""):
        splitter.restoreState(_bytes(panes))


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii"))
