"""Where the window stood and how its panes were divided, from one run to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray

from jrviewer.ui.state.preferences import Store

if TYPE_CHECKING:
    from jrviewer.ui.window.main_window import MainWindow


def save_place(window: MainWindow, store: Store) -> None:
    """Remember size, position and the panes' shares."""
    store.put("window/geometry", _text(window.saveGeometry()))
    store.put("window/panes", _text(window.panes.splitter.saveState()))


def restore_place(window: MainWindow, store: Store) -> None:
    """Put the window where it was; Qt keeps it on a screen that is there."""
    if geometry := store.get("window/geometry", ""):
        window.restoreGeometry(_bytes(geometry))
    if panes := store.get("window/panes", ""):
        window.panes.splitter.restoreState(_bytes(panes))


def _text(data: QByteArray) -> str:
    return bytes(data.toBase64().data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    return QByteArray.fromBase64(text.encode("ascii"))
