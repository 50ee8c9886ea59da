"""Size and position of the window and the sizes of its panes, remembered between runs."""

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QMainWindow

from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.window.panes import Panes

BELOW = "window/cloud below"


def save_layout(window: QMainWindow, panes: Panes, preferences: Preferences) -> None:
    """Remember the window's geometry and the splitters' sizes."""
    preferences.put("window/geometry", _text(window.saveGeometry()))
    preferences.put("window/slices", _text(panes.slices.saveState()))
    preferences.put(_name_of(panes), _text(panes.splitter.saveState()))
    preferences.put(BELOW, panes.is_below)


def restore_layout(window: QMainWindow, panes: Panes, preferences: Preferences) -> None:
    """Restore what `save_layout` remembered; Qt keeps the window on an existing screen."""
    if geometry := preferences.get("window/geometry", ""):
        window.restoreGeometry(_bytes(geometry))
    panes.put_cloud_below(preferences.get(BELOW, False))
    if slices := preferences.get("window/slices", ""):
        panes.slices.restoreState(_bytes(slices))
    if both := preferences.get(_name_of(panes), ""):
        panes.splitter.restoreState(_bytes(both))


def _name_of(panes: Panes) -> str:
    """Each arrangement has sizes of its own."""
    return "window/panes below" if panes.is_below else "window/panes beside"


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii", "ignore"))  # it may be edited by hand
