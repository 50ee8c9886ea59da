"""What is painted over a slice: orientation letters, scale bar, corner texts, marks.

Only painting: every text is given or follows from the slice's own geometry. No millimetre is drawn
where the file has no spacing.
"""

from dataclasses import dataclass
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

from jrviewer.geometry import orientation_letters
from jrviewer.records import Slice
from jrviewer.ui.view_state import Projection

TEXT = QColor(214, 222, 228)
MUTED = QColor(150, 162, 172)
HALO = QColor(0, 0, 0, 225)
HALO_PX = 3.5
LETTER = QColor(240, 205, 110)
MARK = QColor(120, 215, 235)
AMBER = QColor(235, 170, 60)
MARGIN = 13  # clear of the hatched frame
BAR_STEPS_MM = (1, 2, 5, 10, 20, 50, 100, 200)
BAR_SHARE = 0.3  # of the pane's width at most
MARK_GAP, MARK_ARM = 4, 10
HATCH_WIDTH, HATCH_STEP = 7, 6


@dataclass(frozen=True, slots=True)
class Corners:
    """Lines of text for the four corners."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()


def paint(
    painter: QPainter,
    area: QRect,
    chosen: Slice,
    projection: Projection,
    corners: Corners,
    mark: tuple[float, float] | None,
) -> None:
    """Everything that lies over the picture."""
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    if chosen.has_position:
        _paint_letters(painter, area, chosen)
    lowest = float(area.height() - MARGIN)
    if chosen.spacing_source != "missing":
        lowest = _paint_scale_bar(painter, area, projection.scale)
    _paint_corners(painter, area, corners, lowest)
    if mark is not None:
        _paint_mark(painter, QPointF(*projection.to_point(*mark)))


def paint_message(painter: QPainter, area: QRect, message: str) -> None:
    """A sentence in the middle, on a plate."""
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    room = QRectF(area.adjusted(28, 28, -28, -28))
    bounds = painter.boundingRect(room, flags, message).adjusted(-14, -9, 14, 9)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(24, 29, 34, 225))
    painter.drawRoundedRect(bounds, 6, 6)
    painter.setPen(TEXT)
    painter.drawText(room, flags, message)


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


def scale_bar_mm(width_px: float, scale: float) -> int:
    """The longest round length that takes at most BAR_SHARE of the width; scale is points per
    millimetre.
    """
    room = width_px * BAR_SHARE / scale
    return max((step for step in BAR_STEPS_MM if step <= room), default=BAR_STEPS_MM[0])


def paint_text(painter: QPainter, x: float, y: float, text: str, colour: QColor) -> None:
    """Text with a dark edge, readable on white bone and black air alike; y is its base line."""
    ratio = painter.device().devicePixelRatio()
    label = _label(text, colour.rgba(), painter.font().toString(), ratio)
    painter.drawImage(QPointF(x - HALO_PX, y - QFontMetricsF(painter.font()).ascent()), label)


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


def _paint_letters(painter: QPainter, area: QRect, chosen: Slice) -> None:
    """Letters at the four edges, from the direction cosines."""
    metrics = QFontMetricsF(painter.font())
    right = orientation_letters(chosen.plane.along_row)
    left = orientation_letters(-chosen.plane.along_row)
    bottom = orientation_letters(chosen.plane.along_column)
    top = orientation_letters(-chosen.plane.along_column)
    middle = area.height() / 2 + metrics.ascent() / 2
    centre = area.width() / 2
    end = area.width() - MARGIN - metrics.horizontalAdvance(right)
    paint_text(painter, MARGIN, middle, left, LETTER)
    paint_text(painter, end, middle, right, LETTER)
    x = centre - metrics.horizontalAdvance(top) / 2
    paint_text(painter, x, MARGIN + metrics.ascent(), top, LETTER)
    x = centre - metrics.horizontalAdvance(bottom) / 2
    paint_text(painter, x, area.height() - MARGIN - metrics.descent(), bottom, LETTER)


def _paint_scale_bar(painter: QPainter, area: QRect, scale: float) -> float:
    """A bar of a round length at the bottom right; returns where the text above it may end."""
    length = scale_bar_mm(area.width(), scale)
    metrics = QFontMetricsF(painter.font())
    end, base = area.width() - MARGIN, area.height() - MARGIN - 2
    start = end - length * scale
    for pen in (QPen(HALO, 4), QPen(TEXT, 1.6)):
        painter.setPen(pen)
        painter.drawLine(QPointF(start, base), QPointF(end, base))
        for x in (start, end):
            painter.drawLine(QPointF(x, base - 4), QPointF(x, base + 4))
    label = f"{length} mm" if length < 100 else f"{length // 10} cm"
    x = end - metrics.horizontalAdvance(label)
    paint_text(painter, x, base - 8, label, TEXT)
    return base - 8 - metrics.height()


def _paint_corners(painter: QPainter, area: QRect, corners: Corners, lowest: float) -> None:
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    for texts, is_right in ((corners.top_left, False), (corners.top_right, True)):
        y = MARGIN + metrics.ascent()
        for text in texts:
            paint_text(painter, _start(area, metrics, text, is_right=is_right), y, text, TEXT)
            y += line
    ends = (
        (corners.bottom_left, False, area.height() - MARGIN),
        (corners.bottom_right, True, lowest),
    )
    for texts, is_right, bottom in ends:
        y = bottom - metrics.descent() - line * (len(texts) - 1)
        for text in texts:
            paint_text(painter, _start(area, metrics, text, is_right=is_right), y, text, TEXT)
            y += line


def _start(area: QRect, metrics: QFontMetricsF, text: str, *, is_right: bool) -> float:
    return area.width() - MARGIN - metrics.horizontalAdvance(text) if is_right else MARGIN


def _paint_mark(painter: QPainter, at: QPointF) -> None:
    """A cross with an open middle, so that the pixel itself stays visible."""
    for pen in (QPen(HALO, 3), QPen(MARK, 1.2)):
        painter.setPen(pen)
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(
                at + QPointF(across, down) * MARK_GAP, at + QPointF(across, down) * MARK_ARM
            )
