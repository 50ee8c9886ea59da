"""Painting of measurements and their texts over a slice. On the AI pane every text says AI."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Slice
from jrviewer.imaging import measurements_2d
from jrviewer.imaging.measurements_2d import Length, Measurement, Position, handles
from jrviewer.ui.state.captions import number
from jrviewer.ui.state.view import Projection
from jrviewer.ui.widgets import painting

LINE, SELECTED = QColor(130, 230, 150), painting.SELECTED
TICK_PX = 5
HANDLE_PX = 3
HELD_PX = 7  # radius around the held handle
CROSSHAIR_GAP_PX = 6


@dataclass(frozen=True, slots=True, eq=False)
class PaneAnnotations:
    """The measurements of one pane."""

    image: Slice
    pixels: FloatArray  # the values that are measured
    prefix: str  # "" on the original, otherwise what the values are, e.g. "AI"
    items: tuple[Measurement, ...]
    selected: Measurement | None = None


@dataclass(frozen=True, slots=True)
class KeyboardTarget:
    """What the arrow keys move, as (row, column)."""

    crosshair: Position | None = None
    handle: Position | None = None  # of the selected measurement


Labelled = tuple[Measurement, tuple[str, ...], bool]  # with its text lines; whether it is selected


def labelled(pane: PaneAnnotations) -> tuple[Labelled, ...]:
    """Each measurement with its text, computed once and not at every painting."""
    return tuple((item, words(item, pane), item is pane.selected) for item in pane.items)


def paint(
    items: tuple[Labelled, ...],
    target: KeyboardTarget,
    painter: QPainter,
    area: QRect,
    projection: Projection,
) -> None:
    """Paint the crosshair, all lines, then all texts, so that no line crosses a text, and last the
    handle that the arrow keys move.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    taken: list[QRectF] = []
    if target.crosshair is not None:
        at = QPointF(*projection.to_point(*target.crosshair))
        _paint_crosshair(painter, area, at)
        taken.append(QRectF(0, at.y() - 1, area.width(), 2))  # no text on its line
    for points, lines, colour in _paint_lines(items, painter, projection):
        taken.append(_paint_words(painter, area, points, lines, colour, taken))
    if target.handle is not None:
        _paint_held(painter, QPointF(*projection.to_point(*target.handle)))


def _paint_lines(
    items: tuple[Labelled, ...], painter: QPainter, projection: Projection
) -> list[tuple[list[QPointF], tuple[str, ...], QColor]]:
    """Paint the lines. Returns the points, text and colour of each measurement."""
    outlines = []
    for item, lines, is_selected in items:
        colour = SELECTED if is_selected else LINE
        points = [QPointF(*projection.to_point(*at)) for at in measurements_2d.outline(item)]
        outlines.append((points, lines, colour))
        for pen in (QPen(painting.HALO, 3.5), QPen(colour, 1.5)):
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(points))
            if isinstance(item, Length):
                _paint_ticks(painter, points)
        if is_selected:
            _paint_handles(painter, [QPointF(*projection.to_point(*at)) for at in handles(item)])
    return outlines


def words(item: Measurement, pane: PaneAnnotations) -> tuple[str, ...]:
    """The text of a measurement, as lines."""
    if isinstance(item, Length):
        prefix = "AI" if pane.prefix else ""  # a length has no values that could be removed
        return (" ".join(filter(None, (prefix, length_text(item, pane.image)))),)
    values = measurements_2d.statistics(item, pane.image, pane.pixels)
    if values is None:
        return (_tr("no measured pixel"),)
    unit = unit_of(pane.image)
    mean, sd = number(values.mean, 1), number(values.sd, 1)
    first = _tr("mean {}  SD {} {}").format(mean, sd, unit)
    return (
        " ".join(filter(None, (pane.prefix, first))),
        _tr("min {}  max {}").format(number(values.minimum), number(values.maximum)),
        area_text(values, pane.image),
    )


def length_text(line: Length, image: Slice) -> str:
    """The length with its unit, and "at the detector" if it is not a length in the patient."""
    length = measurements_2d.length_of(line, image)
    return f"{number(length, 1)} {_length_unit(image)}{_place(image)}"


def area_text(values: measurements_2d.Statistics, image: Slice) -> str:
    """The area with its unit."""
    unit = _length_unit(image)
    if unit == "px":
        return f"{values.count} px"
    return f"{number(values.area, 1 if values.area < 100 else 0)} {unit}²{_place(image)}"


def unit_of(image: Slice) -> str:
    """The slice's unit in words."""
    return "HU" if image.unit == "HU" else _tr("stored")


def _length_unit(image: Slice) -> str:
    return "px" if image.spacing_source == "missing" else "mm"


def _place(image: Slice) -> str:
    return _tr(" at the detector") if image.spacing_source == "detector" else ""


def _paint_ticks(painter: QPainter, points: list[QPointF]) -> None:
    along = points[1] - points[0]
    length = max((along.x() ** 2 + along.y() ** 2) ** 0.5, 1e-6)
    across = QPointF(-along.y(), along.x()) * (TICK_PX / length)
    for end in points:
        painter.drawLine(end - across, end + across)


def _paint_handles(painter: QPainter, points: list[QPointF]) -> None:
    """Small squares at the handles of the selected measurement."""
    painter.setPen(QPen(painting.HALO, 1))
    for at in points:
        place = QPointF(HANDLE_PX, HANDLE_PX)
        painter.fillRect(QRectF(at - place, at + place), SELECTED)
        painter.drawRect(QRectF(at - place, at + place))


def _paint_held(painter: QPainter, at: QPointF) -> None:
    """A ring around the handle that the arrow keys move."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(painting.HALO, 4), QPen(SELECTED, 2)):
        painter.setPen(pen)
        painter.drawEllipse(at, HELD_PX, HELD_PX)


def _paint_crosshair(painter: QPainter, area: QRect, at: QPointF) -> None:
    """Lines through the whole pane with an open centre, so that the pixel stays visible."""
    x, y, gap = at.x(), at.y(), CROSSHAIR_GAP_PX
    right, bottom = float(area.right()), float(area.bottom())
    for pen in (QPen(painting.HALO, 3), QPen(SELECTED, 1)):
        painter.setPen(pen)
        painter.drawLine(QPointF(0, y), QPointF(x - gap, y))
        painter.drawLine(QPointF(x + gap, y), QPointF(right, y))
        painter.drawLine(QPointF(x, 0), QPointF(x, y - gap))
        painter.drawLine(QPointF(x, y + gap), QPointF(x, bottom))


def _paint_words(
    painter: QPainter,
    area: QRect,
    points: list[QPointF],
    lines: tuple[str, ...],
    colour: QColor,
    taken: Sequence[QRectF],
) -> QRectF:
    """Paint a text right of the rightmost point, or below all points if there is no room, and below
    texts that are already there. Returns its rectangle.
    """
    metrics = QFontMetricsF(painter.font())
    width = max(metrics.horizontalAdvance(line) for line in lines)
    right = max(points, key=lambda point: point.x())
    x = right.x() + 8
    y = right.y() + metrics.ascent() / 2 - metrics.height() * (len(lines) - 1) / 2
    if x + width > area.width() - painting.MARGIN:
        x = area.width() - painting.MARGIN - width
        y = max(point.y() for point in points) + metrics.height()
    place = QRectF(x, y - metrics.ascent(), width, len(lines) * metrics.height())
    while crossed := [one for one in taken if one.intersects(place)]:
        place.moveTop(max(one.bottom() for one in crossed) + 2)
    y = place.top() + metrics.ascent()
    for number_, line in enumerate(lines):
        painting.paint_text(painter, x, y + number_ * metrics.height(), line, colour)
    return place


def _tr(text: str) -> str:
    return QCoreApplication.translate("annotation_painter", text)
