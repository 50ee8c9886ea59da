"""Text with a dark edge, hatching, and the colours of what is painted over images."""

from dataclasses import dataclass, replace
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, QSizeF, Qt
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
PLATE = QColor(0, 0, 0, 150)
HALO_PX = 3.5
LETTER = QColor(240, 205, 110)
MARK = QColor(120, 215, 235)
AMBER = QColor(235, 170, 60)
SELECTED = QColor(255, 235, 120)
GAP = 10.0  # minimum distance between texts of two corners
MARGIN = 13  # keeps texts clear of the hatched border
STALE_TEXT = QColor(255, 206, 115)
STALE_STEP, STALE_TOP = 26, 84  # between lines; of the caption, below the corner texts
HATCH_WIDTH, HATCH_STEP = 7, 6


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text and where its base line starts."""

    x: float
    base: float
    text: str

    def at(self, base: float) -> "Text":
        """The same on another base line."""
        return replace(self, base=base)

    def rect(self, metrics: QFontMetricsF) -> QRectF:
        """The rectangle that it covers, with a small margin."""
        wide = metrics.horizontalAdvance(self.text)
        box = QRectF(self.x, self.base - metrics.ascent(), wide, metrics.height())
        return box.adjusted(-GAP / 2, 1, GAP / 2, -1)


def paint_hatching(painter: QPainter, area: QRect) -> None:
    """A hatched frame, for results whose input check is not green."""
    edge = (HATCH_WIDTH, HATCH_WIDTH, -HATCH_WIDTH, -HATCH_WIDTH)
    painter.save()
    painter.setClipRegion(QRegion(area) - QRegion(area.adjusted(*edge)))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(
        QPen(AMBER, 1.4)
    )  # the pattern of a brush would depend on the screen's resolution
    high = area.height()
    for x in range(-high, area.width(), HATCH_STEP):
        painter.drawLine(x, high, x + high, 0)
    painter.restore()


def paint_stale(painter: QPainter, area: QRect, text: str) -> None:
    """Lines across a picture that belongs to another slice, and a caption that says so. Its
    brightness stays, so that going through a series does not flash.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    high = area.height()
    for colour, shift in ((QColor(0, 0, 0, 60), 1), (QColor(190, 205, 215, 70), 0)):
        painter.setPen(QPen(colour, 1))
        for x in range(-high, area.width(), STALE_STEP):
            painter.drawLine(x + shift, high, x + high + shift, 0)
    flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    top = min(STALE_TOP, area.height() // 6)
    room = QRectF(area.adjusted(20, top, -20, 0))
    bounds = painter.boundingRect(room, int(flags), text).adjusted(-10, -5, 10, 5)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(17, 21, 26, 215))
    painter.drawRoundedRect(bounds, 5, 5)
    painter.setPen(STALE_TEXT)
    painter.drawText(room, int(flags), text)
    painter.restore()


def paint_text(painter: QPainter, x: float, y: float, text: str, colour: QColor) -> None:
    """Text with a dark outline, readable on white and on black; `y` is its base line."""
    ratio = painter.device().devicePixelRatio()
    label = _label(text, colour.rgba(), painter.font().toString(), ratio)
    painter.drawImage(QPointF(x - HALO_PX, y - QFontMetricsF(painter.font()).ascent()), label)


def forget_texts() -> None:
    """Empty the cache of painted texts, which may identify a patient."""
    _label.cache_clear()


@lru_cache(maxsize=256)
def _label(text: str, colour: int, font_name: str, ratio: float) -> QImage:
    """An image of a text. Cached: painting the outline takes 0.3 ms, and most texts recur."""
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
