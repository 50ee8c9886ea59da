"""Where the Tab key goes: as the eye does, row by row and from the left, however late a part was
made. What has not been laid out yet keeps the order in which it was made.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from jrviewer.ui.window.main_window import MainWindow

ROW_PX = 8  # middles that differ by less lie in one row


def arrange(window: "MainWindow") -> None:
    """Put everything in the window that takes the keyboard into its order."""
    desk = window.app_menu
    parts = (
        *(
            window.bar,
            desk.notice,
            desk.steps,
            window.message_bar,
            window.welcome,
            window.series_list,
        ),
        *(window.panes.tabs, *window.panes.in_order, window.slider, window.status_bar),
    )
    stops = dict.fromkeys(stop for part in parts for stop in _stops(part))
    for one, following in pairwise(stops):
        QWidget.setTabOrder(one, following)


def _stops(part: QWidget) -> Iterator[QWidget]:
    """What takes the keyboard by Tab within a part, the part itself first."""
    if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield part
    options = Qt.FindChildOption.FindDirectChildrenOnly
    for one in _by_rows(part.findChildren(QWidget, options=options)):
        if not one.isWindow():
            yield from _stops(one)


def _by_rows(widgets: Iterable[QWidget]) -> list[QWidget]:
    """Brothers as they are read."""
    rows: list[list[QWidget]] = []
    last = -ROW_PX
    for one in sorted(widgets, key=lambda one: one.geometry().center().y()):
        middle = one.geometry().center().y()
        if not rows or middle - last >= ROW_PX:
            rows.append([])
        rows[-1].append(one)
        last = middle
    return [one for row in rows for one in sorted(row, key=lambda one: one.x())]
