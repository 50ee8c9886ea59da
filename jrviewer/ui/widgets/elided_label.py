"""A label of one line that is elided with “…” if it does not fit."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel


class ElidedLabel(QLabel):
    """A label of one line that may become narrow."""

    def __init__(self, *, is_whole: bool = False) -> None:
        """`is_whole`: show nothing rather than a part of the text."""
        super().__init__()
        self._is_whole = is_whole
        self.setMinimumWidth(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint as much of the text as fits."""
        area = self.contentsRect()
        words = self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, area.width()
        )
        if self._is_whole and words != self.text():
            return
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(area, self.alignment() | Qt.TextFlag.TextSingleLine, words)
        painter.end()
