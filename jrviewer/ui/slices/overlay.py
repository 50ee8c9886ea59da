"""Overlay of a slice: orientation letters, scale bar, corner texts, marks.

Every text is given or follows from the slice's geometry. No scale bar is drawn without a spacing.
"""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPainter, QPen

from jrviewer.core.geometry import orientation_label
from jrviewer.core.records import Slice
from jrviewer.ui.state.corners import Corners
from jrviewer.ui.state.view import Projection
from jrviewer.ui.widgets.elided_label import elided
from jrviewer.ui.widgets.painting import (
    GAP,
    HALO,
    LETTER,
    MARGIN,
    MARK,
    PLATE,
    TEXT,
    Text,
    paint_text,
)

BAR_STEPS_MM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
BAR_SHARE = 0.3  # of the pane's width at most
USUAL_PX, LARGEST = 560, 1.6  # side of a pane with texts of the usual size; their largest share
MARK_GAP, MARK_ARM = 4, 10
LEFT_SHARE = 0.6  # of the pane's width, for lines below the first that are never cut
_MESSAGE_FLAGS = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
_WIDEST_LETTERS = "A·R·S"
_FEWEST_LETTERS = 5  # of an elided text that is worth showing


def paint(
    painter: QPainter,
    area: QRect,
    chosen: Slice,
    projection: Projection,
    corners: Corners,
    mark: tuple[float, float] | None,
) -> None:
    """Paint the overlay."""
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    lowest = float(area.height() - MARGIN)
    if chosen.spacing_source != "missing":
        lowest = _paint_scale_bar(painter, area, projection.scale)
    texts = corner_texts(area, corners, lowest, QFontMetricsF(painter.font()))
    _paint_plates(painter, texts)
    for one in texts:
        paint_text(painter, one.x, one.base, one.text, TEXT)
    if chosen.has_position:
        _paint_letters(painter, area, chosen, texts)
    if mark is not None:
        _paint_mark(painter, QPointF(*projection.to_point(*mark)))


NO_BREAK = "\u00a0"


def font_for(font: QFont, area: QRect) -> QFont:
    """The font of all texts on a pane: larger on a large pane, never smaller than the window's."""
    share = min(max(min(area.width(), area.height()) / USUAL_PX, 1.0), LARGEST)
    scaled = QFont(font)
    scaled.setPixelSize(round(QFontInfo(font).pixelSize() * share))
    return scaled


def paint_message(painter: QPainter, area: QRect, message: str) -> None:
    """A message in the centre, on a dark background."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(24, 29, 34, 225))
    metrics = QFontMetricsF(painter.font())
    painter.drawRoundedRect(message_bounds(metrics, area, message), 6, 6)
    painter.setPen(TEXT)
    painter.drawText(_message_room(area), _MESSAGE_FLAGS, message)


def message_bounds(metrics: QFontMetricsF, area: QRect, message: str) -> QRectF:
    """The background of a message in the centre."""
    bounds = metrics.boundingRect(_message_room(area), _MESSAGE_FLAGS, message)
    return bounds.adjusted(-14, -9, 14, 9)


def _message_room(area: QRect) -> QRectF:
    return QRectF(area.adjusted(28, 28, -28, -28))


def _paint_plates(painter: QPainter, texts: list[Text]) -> None:
    """A dark plate behind each line: white text would be lost on bone and on the table."""
    metrics = QFontMetricsF(painter.font())
    for one in texts:
        painter.fillRect(one.rect(metrics).adjusted(0, -1, 0, 1), PLATE)


def scale_bar_mm(width_px: float, scale: float) -> float:
    """The longest round length of at most BAR_SHARE of the width; 0 where even the shortest would
    be longer. `scale`: points per mm.
    """
    room = width_px * BAR_SHARE / scale
    return max((step for step in BAR_STEPS_MM if step <= room), default=0.0)


def _paint_letters(painter: QPainter, area: QRect, chosen: Slice, texts: list[Text]) -> None:
    """Letters at the four edges, from the direction cosines, clear of the corner texts."""
    metrics = QFontMetricsF(painter.font())
    right = orientation_label(chosen.plane.along_row)
    left = orientation_label(-chosen.plane.along_row)
    bottom = orientation_label(chosen.plane.along_column)
    top = orientation_label(-chosen.plane.along_column)
    middle = area.height() / 2 + metrics.ascent() / 2
    end = area.width() - MARGIN - metrics.horizontalAdvance(right)
    paint_text(painter, MARGIN, middle, left, LETTER)
    paint_text(painter, end, middle, right, LETTER)
    line, highest = metrics.height(), MARGIN + metrics.ascent()
    lowest = area.height() - MARGIN - metrics.descent()
    for letters, base, step in ((top, highest, line), (bottom, lowest, -line)):
        x = area.width() / 2 - metrics.horizontalAdvance(letters) / 2
        place = Text(x, _free_line(Text(x, base, letters), texts, metrics, step), letters)
        paint_text(painter, place.x, place.base, letters, LETTER)


def _free_line(letters: Text, texts: list[Text], metrics: QFontMetricsF, step: float) -> float:
    """The first base line from the edge that is free of other texts."""
    base = letters.base
    for _ in texts:
        taken = letters.at(base).rect(metrics)
        if not any(taken.intersects(one.rect(metrics)) for one in texts):
            break
        base += step
    return base


def _paint_scale_bar(painter: QPainter, area: QRect, scale: float) -> float:
    """A bar of a round length at the bottom right. Returns the lower limit of the text above."""
    length = scale_bar_mm(area.width(), scale)
    metrics = QFontMetricsF(painter.font())
    end, base = area.width() - MARGIN, area.height() - MARGIN - 2
    if not length:
        return base
    start = end - length * scale
    for pen in (QPen(HALO, 4), QPen(TEXT, 1.6)):
        painter.setPen(pen)
        painter.drawLine(QPointF(start, base), QPointF(end, base))
        for x in (start, end):
            painter.drawLine(QPointF(x, base - 4), QPointF(x, base + 4))
    label = f"{length:g} mm" if length < 100 else f"{length / 10:g} cm"
    x = end - metrics.horizontalAdvance(label)
    paint_text(painter, x, base - 8, label, TEXT)
    return base - 8 - metrics.height()


def corner_texts(
    area: QRect, corners: Corners, lowest: float, metrics: QFontMetricsF
) -> list[Text]:
    """The position of each corner line. Lines are elided to the pane's width, those on the left
    also where they would touch one on the right.
    """
    line, top, bottom = (
        metrics.height(),
        MARGIN + metrics.ascent(),
        area.height() - MARGIN,
    )
    rights: list[Text] = []
    lefts: list[Text] = []
    top_left, top_right = corners.top_left, corners.top_right
    if corners.keeps_top_left:
        first = _wrapped(top_left[:1], _side_room(area, metrics), metrics)
        below = _wrapped(top_left[1:], area.width() * LEFT_SHARE, metrics)
        top_left = (*first, *below)
        top_right = _giving_way(top_right, top_left, area, metrics)
    for column, lines, base in (
        (lefts, top_left, top),
        (rights, top_right, top),
        (lefts, corners.bottom_left, _first_base(corners.bottom_left, bottom, metrics)),
        (rights, corners.bottom_right, _first_base(corners.bottom_right, lowest, metrics)),
    ):
        for number, text in enumerate(lines):
            if text:
                column.append(Text(MARGIN, base + number * line, text))
    edge = area.width() - MARGIN
    rights = [_shortened(one, [], metrics, edge + GAP) for one in rights]
    placed = [
        Text(edge - metrics.horizontalAdvance(one.text), one.base, one.text) for one in rights
    ]
    lefts = [_shortened(one, placed, metrics, edge + GAP) for one in lefts]
    return [one for one in (*placed, *lefts) if one.text]


def _side_room(area: QRect, metrics: QFontMetricsF) -> float:
    """Width beside the orientation letters in the middle of the upper edge."""
    return area.width() / 2 - MARGIN - GAP - metrics.horizontalAdvance(_WIDEST_LETTERS) / 2


def _wrapped(lines: tuple[str, ...], room: float, metrics: QFontMetricsF) -> tuple[str, ...]:
    """Lines broken between words so that each fits, except for a single word that is too wide."""
    done: list[str] = []
    for line in lines:
        first, *words = line.replace(" %", f"{NO_BREAK}%").split(" ")
        done.append(first)
        for word in words:
            longer = f"{done[-1]} {word}"
            if metrics.horizontalAdvance(longer) <= room:
                done[-1] = longer
            else:
                done.append(word)
    return tuple(done)


def _giving_way(
    lines: tuple[str, ...], kept: tuple[str, ...], area: QRect, metrics: QFontMetricsF
) -> tuple[str, ...]:
    """Lines on the right, elided beside those on the left, and the first one beside the orientation
    letters; left empty if almost nothing fits.
    """
    rows = [(line, kept[row] if row < len(kept) else "") for row, line in enumerate(lines)]
    wide = area.width() - 2 * MARGIN - GAP
    room = [wide - metrics.horizontalAdvance(left) for _, left in rows]
    room[:1] = [min(free, _side_room(area, metrics)) for free in room[:1]]
    fitting = [
        elided(line, metrics, max(free, 0.0)) for (line, _), free in zip(rows, room, strict=True)
    ]
    return tuple(one if len(one) > _FEWEST_LETTERS or one in lines else "" for one in fitting)


def _first_base(lines: tuple[str, ...], bottom: float, metrics: QFontMetricsF) -> float:
    """Base line of the first line if the last one ends at `bottom`."""
    return bottom - metrics.descent() - metrics.height() * (len(lines) - 1)


def _shortened(one: Text, others: list[Text], metrics: QFontMetricsF, edge: float) -> Text:
    """A line elided where the next one beside it begins, or an edge of the pane."""
    beside = [other.x for other in others if abs(other.base - one.base) < metrics.height()]
    room = min(beside, default=edge) - GAP - one.x
    if metrics.horizontalAdvance(one.text) <= room:
        return one
    text = elided(one.text, metrics, max(room, 0.0))
    return replace(one, text=text if len(text) > _FEWEST_LETTERS else "")


def _paint_mark(painter: QPainter, at: QPointF) -> None:
    """A cross with an open centre, so that the pixel stays visible."""
    for pen in (QPen(HALO, 3), QPen(MARK, 1.2)):
        painter.setPen(pen)
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            painter.drawLine(
                at + QPointF(across, down) * MARK_GAP, at + QPointF(across, down) * MARK_ARM
            )
