"""Text with a dark edge, hatching, and the colours of what is painted over images."""

from dataclasses import dataclass, replace
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, QSizeF
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QRegion,
)

TEXT = QColor(214, 222, 228)
MUTED = QColor(150, 162, 172)
HALO = QColor(0, 0, 0, 225)
HALO_PX = 3.5
LETTER = QColor(240, 205, 110)
MARK = QColor(120, 215, 235)
AMBER = QColor(235, 170, 60)
SELECTED = QColor(255, 235, 120)
GAP = 10.0  # minimum distance between texts of two corners
MARGIN = 13  # keeps texts clear of the hatched border
HATCH_WIDTH, HATCH_STEP = 7, 6


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text and where it begins, on its base line."""

    x: float
    base: float
    text: str

    def at(self, base: float) -> "Text":
        """The same on another base line."""
        return replace(self, base=base)

    def room(self, metrics: QFontMetricsF) -> QRectF:
        """What it covers, with a little air."""
        wide = metrics.horizontalAdvance(self.text)
        box = QRectF(self.x, self.base - metrics.ascent(), wide, metrics.height())
        return box.adjusted(-GAP / 2, 1, GAP / 2, -1)


def paint_hatching(painter: QPainter, area: QRect) -> None:
    """A hatched frame: the result stands under a reservation."""
    edge = (HATCH_WIDTH, HATCH_WIDTH, -HATCH_WIDTH, -HATCH_WIDTH)
    painter.save()
    painter.setClipRegion(QRegion(area) - QRegion(area.adjusted(*edge)))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(AMBER, 1.4))  # a brush's pattern would be finer on finer screens
    high = area.height()
    for x in range(-high, area.width(), HATCH_STEP):
        painter.drawLine(x, high, x + high, 0)
    painter.restore()


def paint_text(painter: QPainter, x: float, y: float, text: str, colour: QColor) -> None:
    """Text with a dark edge, readable on white bone and black air alike; y is its base line."""
    ratio = painter.device().devicePixelRatio()
    label = _label(text, colour.rgba(), painter.font().toString(), ratio)
    painter.drawImage(QPointF(x - HALO_PX, y - QFontMetricsF(painter.font()).ascent()), label)


def forget_texts() -> None:
    """Empty the cache of painted texts: they may name a patient."""
    _label.cache_clear()


@lru_cache(maxsize=256)
def _label(text: str, colour: int, font_name: str, ratio: float) -> QImage:
    """A picture of a text: its edge costs a third of a millisecond, and most texts stay."""
    font = QFont()
    font.fromString(font_name)
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 2 * HALO_PX, metrics.height() + HALO_PX
    size = QSizeF(width * ratio, height * ratio).toSize() + QSize(1, 1)
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    outline = QPainterPath()
    outline.addText(QPointF(HALO_PX, metrics.ascent()), font, text)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.strokePath(outline, QPen(HALO, HALO_PX))
    painter.setFont(font)
    painter.setPen(QColor.fromRgba(colour))
    painter.drawText(QPointF(HALO_PX, metrics.ascent()), text)
    painter.end()
    return image
