"""Order of the Tab key: reading order, row by row and from left to right, whenever a widget was
created. Widgets without a layout yet keep the order of their creation.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

ROW_PX = 8  # widgets whose centres differ by less lie in one row


def arrange(parts: Iterable[QWidget]) -> None:
    """Put every widget that takes the keyboard into reading order, part after part."""
    stops = dict.fromkeys(stop for part in parts for stop in _stops(part))
    for one, following in pairwise(stops):
        QWidget.setTabOrder(one, following)


def _stops(part: QWidget) -> Iterator[QWidget]:
    """The widgets within a part that Tab reaches, the part itself first."""
    if part.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield part
    options = Qt.FindChildOption.FindDirectChildrenOnly
    for one in _by_rows(part.findChildren(QWidget, options=options)):
        if not one.isWindow():
            yield from _stops(one)


def _by_rows(widgets: Iterable[QWidget]) -> list[QWidget]:
    """Sibling widgets in reading order: top to bottom, left to right."""
    rows: list[list[QWidget]] = []
    last = -ROW_PX
    for one in sorted(widgets, key=lambda one: one.geometry().center().y()):
        middle = one.geometry().center().y()
        if not rows or middle - last >= ROW_PX:
            rows.append([])
        rows[-1].append(one)
        last = middle
    return [one for row in rows for one in sorted(row, key=lambda one: one.x())]
