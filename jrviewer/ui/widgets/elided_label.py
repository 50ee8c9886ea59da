"""A line of text that ends in “…” where the room ends; its hint then tells all of it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel


class ElidedLabel(QLabel):
    """A label of one line that may become narrow."""

    def __init__(self, *, is_whole: bool = False) -> None:
        """`is_whole`: rather nothing than a part."""
        super().__init__()
        self._is_whole = is_whole
        self.setMinimumWidth(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """As much of the text as fits."""
        room = self.contentsRect()
        words = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, room.width()
        )
        if self._is_whole and words != self.text():
            return
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(room, self.alignment() | Qt.TextFlag.TextSingleLine, words)
        painter.end()
