"""Painting of the residual: its colours, their legend, and marks where structure may have been
removed.
"""

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QLinearGradient, QPainter, QPen

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import MOST_MARKS, Mark, Removed
from jrviewer.core.records import UInt8Array
from jrviewer.ui.state.captions import number
from jrviewer.ui.state.view import Projection
from jrviewer.ui.widgets import painting

# Blue and orange: distinguishable with every kind of colour vision.
FEWER, NONE, MORE = (95, 170, 255), (46, 46, 46), (255, 175, 80)
CLEAR_PX = 100  # height of six corner lines
MARK = QColor(255, 95, 175)
LEGEND_WIDTH, LEGEND_HEIGHT = 150, 9


def image_of(taken: FloatArray, scale: float) -> QImage:
    """Original minus denoised (rows, columns) in colours from −scale to +scale."""
    rows, columns = taken.shape
    colours = _table()[np.rint(np.clip(taken / scale, -1, 1) * 127).astype(np.int16) + 127]
    image = QImage(colours.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def paint_legend(
    scale: float, unit: str, painter: QPainter, area: QRect, projection: Projection
) -> None:
    """The colour bar with its values, at the top right."""
    metrics = QFontMetricsF(painter.font())
    left = area.width() - painting.MARGIN - LEGEND_WIDTH
    bar = QRectF(left, painting.MARGIN, LEGEND_WIDTH, LEGEND_HEIGHT)
    colours = QLinearGradient(bar.topLeft(), bar.topRight())
    for place, colour in ((0.0, FEWER), (0.5, NONE), (1.0, MORE)):
        colours.setColorAt(place, QColor(*colour))
    painter.setPen(QPen(painting.MUTED, 1))
    painter.setBrush(colours)
    painter.drawRect(bar)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    base = bar.bottom() + metrics.ascent() + 3
    ends = (number(-scale), f"0 {unit}", f"+{number(scale)}")
    for share, text in zip((0.0, 0.5, 1.0), ends, strict=True):
        x = left + share * (LEGEND_WIDTH - metrics.horizontalAdvance(text))
        painting.paint_text(painter, x, base, text, painting.TEXT)
    hint = _tr("− AI brighter   + AI darker")
    x = area.width() - painting.MARGIN - metrics.horizontalAdvance(hint)
    painting.paint_text(painter, x, base + metrics.height(), hint, painting.MUTED)


def paint_marks(
    marks: tuple[Mark, ...],
    unit: str,
    painter: QPainter,
    area: QRect,
    projection: Projection,
) -> None:
    """A numbered outline around every mark, with the change of its mean."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for order, mark in enumerate(marks, start=1):
        at = QPointF(*projection.to_point(mark.row, mark.column))
        radius = max(mark.size_mm * projection.scale * 0.8, 9.0)
        for pen in (QPen(painting.HALO, 4), QPen(MARK, 1.8)):
            painter.setPen(pen)
            painter.drawEllipse(at, radius, radius)
        sign = "+" if mark.change > 0 else ""
        text = f"{order}: {sign}{number(mark.change)} {unit}"
        place = _label_place(at, radius, text, area, QFontMetricsF(painter.font()))
        painting.paint_text(painter, place.x(), place.y(), text, MARK)


def _label_place(
    at: QPointF, radius: float, text: str, area: QRect, metrics: QFontMetricsF
) -> QPointF:
    """Where a mark's label starts: right of it, or left of it at the pane's right edge."""
    wide, edge = metrics.horizontalAdvance(text), area.width() - painting.MARGIN
    x = at.x() + radius + 3
    if x + wide > edge:
        x = at.x() - radius - 3 - wide
    lowest = area.height() - painting.MARGIN - metrics.descent()
    return QPointF(
        min(max(x, painting.MARGIN), max(edge - wide, painting.MARGIN)),
        min(max(at.y() - 3, painting.MARGIN + metrics.ascent()), lowest),
    )


def paint_split(
    share: float, title: str, painter: QPainter, area: QRect, projection: Projection
) -> None:
    """The line of a swipe, clear of the corner texts, with the title of each side."""
    x, clear = share * area.width(), min(CLEAR_PX, area.height() / 6)
    for pen in (QPen(painting.HALO, 4), QPen(painting.LETTER, 1.6)):
        painter.setPen(pen)
        painter.drawLine(QPointF(x, clear), QPointF(x, area.height() - clear))
    metrics = QFontMetricsF(painter.font())
    base = area.height() * 0.25
    left, right = f"{_tr('ORIGINAL')} ◂", f"▸ {title}"
    start = x - 8 - metrics.horizontalAdvance(left)
    painting.paint_text(painter, start, base, left, painting.TEXT)
    painting.paint_text(painter, x + 8, base, right, painting.LETTER)


def sentences(found: Removed | None, unit: str) -> tuple[str, ...]:
    """The result of the residual check in short lines for the corner."""
    if found is None:
        return (_tr("Checking for removed structure…"),)
    if found.is_hardly_anything(unit):
        words = _tr("almost nothing removed: SD {} HU").format(number(found.noise, 1))
        return words, _tr("this slice is nearly unchanged")
    level = _tr("noise removed: SD {} {}").format(number(found.noise, 1), unit)
    if not found.marks:
        return level, _tr("✓ looks like noise: nothing marked")
    count = len(found.marks)
    words = _tr("▲ 1 place is marked:") if count == 1 else _tr("▲ {} places are marked:")
    if count >= MOST_MARKS:
        words = _tr("▲ the {} strongest places are marked:")
    return (
        level,
        words.format(count),
        _tr("structure, not only noise, may have"),
        _tr("been removed. Look at the original."),
    )


def _table() -> UInt8Array:
    """Colours (255, 3) from −1 to +1."""
    share = np.linspace(-1, 1, 255)[:, None]
    ends = np.where(share < 0, np.array(FEWER), np.array(MORE))
    mixed = np.array(NONE) + np.abs(share) * (ends - np.array(NONE))
    return np.rint(mixed).astype(np.uint8)


def _tr(text: str) -> str:
    return QCoreApplication.translate("residual_painter", text)
