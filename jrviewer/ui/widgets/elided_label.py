"""A label of one line that is elided with “…” if it does not fit."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel


def elided(text: str, metrics: QFontMetrics | QFontMetricsF, room: float) -> str:
    """As much of a text as fits, in whole words where one fits, and never a part of a number: that
    would be another one.
    """
    right = Qt.TextElideMode.ElideRight
    if isinstance(metrics, QFontMetrics):
        shown = metrics.elidedText(text, right, int(room))
    else:
        shown = metrics.elidedText(text, right, room)
    if shown == text:
        return shown
    begun, _, last = shown.rpartition(" ")
    is_whole = last == "…" or text[len(shown) - 1 :].startswith(" ")
    has_number = any(letter.isdigit() for letter in last)
    if not has_number and (is_whole or not begun.strip()):
        return shown
    return f"{begun.rstrip()} …".lstrip()


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
        words = elided(self.text(), self.fontMetrics(), area.width())
        if self._is_whole and words != self.text():
            return
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        painter.drawText(area, self.alignment() | Qt.TextFlag.TextSingleLine, words)
        painter.end()
