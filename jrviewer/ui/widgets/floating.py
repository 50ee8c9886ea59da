"""Widgets that float over another one: what they say moves nothing."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, QRect
from PySide6.QtWidgets import QWidget

SIDE_PX = 12  # distance from the sides


class Floating(QObject):
    """Keeps a widget near the lower or upper edge of another, as high as its text needs."""

    def __init__(
        self,
        widget: QWidget,
        below: QWidget,
        *,
        widest_px: int,
        room: Callable[[], QRect] | None = None,
        beside: Iterable[QWidget] = (),
        top_px: int | None = None,
    ) -> None:
        """The widget lies at the lower left of `room`, by default all of `below`, which is covered.
        The room is asked for again when `below` or one of `beside` changes its size or place. With
        `top_px` the widget lies in the middle, at that distance from the upper edge.
        """
        super().__init__(widget)
        self._widget, self._below = widget, below
        self._room = below.rect if room is None else room
        self._widest_px, self._top_px = widest_px, top_px
        widget.setParent(below)
        for watched in (below, *beside, widget):
            watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of what is covered, and of the text."""
        own = (QEvent.Type.LayoutRequest, QEvent.Type.Show)
        others = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.Show, QEvent.Type.Hide)
        kinds = own if watched is self._widget else others
        if event.type() in kinds:
            self.place()
        return False

    def place(self) -> None:
        """Put the widget in its place, above what is covered."""
        room = self._room()
        wanted = min(self._widest_px, self._widget.sizeHint().width())
        width = max(min(room.width() - 2 * SIDE_PX, wanted), 1)
        height = self._widget.heightForWidth(width)
        if height < 0:
            height = self._widget.sizeHint().height()
        left, top = SIDE_PX, max(room.height() - height, 0)
        if self._top_px is not None:
            left, top = max((room.width() - width) // 2, 0), self._top_px
        self._widget.setGeometry(left, top, width, height)
        self._widget.raise_()
