"""How far the inferred points lie from the measured surface: a histogram and a plain sentence."""

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from jrviewer.core.geometry import FloatArray
from jrviewer.rendering.look import FARTHEST_MM, colour_map

GAP = 10  # between bars and words, and to spare
BINS = 20  # the last holds all that is farther


def histogram(distances_mm: FloatArray | None) -> FloatArray:
    """Share of the points (BINS,) in even steps up to FARTHEST_MM; all 0 where none counts."""
    known = np.zeros(0) if distances_mm is None else distances_mm[np.isfinite(distances_mm)]
    if not len(known):
        return np.zeros(BINS)
    step = (known / FARTHEST_MM * BINS).astype(int).clip(0, BINS - 1)
    return np.asarray(np.bincount(step, minlength=BINS) / len(known))


class Distances(QWidget):
    """A row that keeps its height while it is empty, so that no control jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = "", ""  # the sentence, and what is left of it in a narrow pane
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.words.setAccessibleName(
            self.tr("Distance of the inferred points to the measured surface")
        )
        self.bars = _Bars(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.bars)
        row.addWidget(self.words, 1)

    @property
    def sentence(self) -> str:
        """The whole sentence, however narrow the pane is."""
        return self._choices[0]

    def show_distances(
        self, distances_mm: FloatArray | None, words: str, short: str, meaning: str
    ) -> None:
        """Show the distances (N,) of the points, a sentence about them, a shorter one for a narrow
        pane, and what they mean.
        """
        self._choices = words, short
        self._choose()
        self.words.setToolTip(meaning)
        self.words.setAccessibleDescription(words)
        self.bars.setToolTip(meaning)
        self.bars.shares = histogram(distances_mm)
        self.bars.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._choose()

    def _choose(self) -> None:
        room = QRect(0, 0, self.width() - self.bars.sizeHint().width() - GAP, 10_000)
        flags = Qt.TextFlag.TextWordWrap
        needed = self.fontMetrics().boundingRect(room, flags, self.sentence).height()
        self.words.setText(self._choices[needed > 2 * self.fontMetrics().lineSpacing()])


class _Bars(QWidget):
    """A bar for each step, in the colours of the scale of distances."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.shares: FloatArray = np.zeros(BINS)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Histogram of the distances, 0 to 20 mm"))

    def sizeHint(self) -> QSize:
        return QSize(4 * BINS, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.shares.any():
            return
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        width = self.width() / BINS
        colours = colour_map("measured", (np.arange(BINS) + 0.5) / BINS)
        for number, (share, colour) in enumerate(zip(self.shares, colours.tolist(), strict=True)):
            height = float(share / self.shares.max()) * (self.height() - 2)
            painter.setBrush(QColor(*colour))
            painter.drawRect(QRectF(number * width, self.height() - height, width - 1, height))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), QColor(128, 128, 128))
        painter.end()
