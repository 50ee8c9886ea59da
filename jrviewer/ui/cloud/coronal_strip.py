"""A small coronal picture in the corner of the 3D pane: where the slice lies, how far the cloud
claims to reach, and how far off each slice's cloud was, as far as that is known.
"""

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from jrviewer.core.geometry import FloatArray
from jrviewer.imaging.coronal import CoronalPicture
from jrviewer.rendering.look import FARTHEST_MM, colour_map
from jrviewer.ui.state import captions

WIDTH, MARGIN, BARS = 96, 10, 10  # points on screen; the bars of the distances are beside the body
NUMBERS = "+000 mm"  # as wide as what is beside the bars
TALLEST = 0.34  # of the pane
MOST_REACH = (2, 98)  # percentiles: a stray point is no claim
SLICE, REACH = QColor(255, 200, 60), QColor(150, 120, 230, 90)
LETTERS, PLATE = QColor(232, 236, 240), QColor(0, 0, 0, 150)


class CoronalStrip(QWidget):
    """Lies over the upper left corner of another widget; transparent to the mouse."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self._covered = covered
        self._coronal: CoronalPicture | None = None
        self._height = 0.0
        self._reach: tuple[float, float] | None = None
        self._medians: Mapping[float, float] = {}
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        covered.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the covered widget."""
        if event.type() == QEvent.Type.Resize and watched is self._covered:
            self._place()
        return super().eventFilter(watched, event)

    def show_nothing(self) -> None:
        """Hide it: there is no picture of the series."""
        self._coronal = None
        self.hide()

    def show_series(
        self,
        coronal: CoronalPicture,
        height: float,
        reach: FloatArray | None,
        medians: Mapping[float, float],
    ) -> None:
        """Show a slice's height, the heights (N,) of its cloud's points, and median distances to
        the measured surface by the heights of their slices, all in millimetres.
        """
        self._coronal, self._height, self._medians = coronal, height, medians
        self._reach = None
        if reach is not None and len(reach):
            low, high = np.percentile(reach, MOST_REACH)
            self._reach = float(low), float(high)
        self.setAccessibleName(self.words)
        self._place()
        self.show()
        self.raise_()
        self.update()

    @property
    def words(self) -> str:
        """The same in words."""
        if self._coronal is None:
            return ""
        words = self.tr("The slice lies {} mm above the lowest.").format(
            captions.number(self._height - self._coronal.heights_mm[0])
        )
        if self._reach is not None:
            down, up = (abs(end - self._height) for end in self._reach)
            words += " " + self.tr("Its cloud reaches {} mm down and {} mm up.").format(
                captions.number(down), captions.number(up)
            )
        return words

    def y_of(self, height: float) -> float:
        """Where a height in millimetres is drawn, in points from the top."""
        assert self._coronal is not None
        low, high = self._coronal.heights_mm[[0, -1]]
        share = (height - low) / max(high - low, 1e-6)
        return float(self.height() - 1 - share * (self.height() - 1))

    def _place(self) -> None:
        if self._coronal is None:
            return
        tall = float(np.ptp(self._coronal.heights_mm)) / self._coronal.width_mm * (WIDTH - BARS)
        most = TALLEST * self._covered.height()
        letters = self.fontMetrics()
        height = max(2 * letters.height(), round(min(tall, most)))  # both letters, both numbers
        self.setGeometry(MARGIN, MARGIN, WIDTH + letters.horizontalAdvance(NUMBERS) + 4, height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint body, reach, slice and distances."""
        if self._coronal is None:
            return
        painter = QPainter(self)
        body = QRectF(0, 0, WIDTH - BARS, self.height())
        painter.drawImage(body, self._image())
        if self._reach is not None:
            top, bottom = (self.y_of(end) for end in reversed(self._reach))
            painter.fillRect(QRectF(0, top, body.width(), bottom - top), REACH)
        painter.setPen(QPen(SLICE, 1.5))
        y = self.y_of(self._height)
        painter.drawLine(QPointF(0, y), QPointF(body.width(), y))
        self._paint_reach(painter)
        for height, median in self._medians.items():
            colour = colour_map("measured", np.array([min(median / FARTHEST_MM, 1.0)]))[0].tolist()
            painter.fillRect(
                QRectF(body.width() + 2, self.y_of(height) - 1, BARS - 2, 2), QColor(*colour)
            )
        tall = painter.fontMetrics().height()
        self._write(painter, 0, 0, self._top)
        self._write(painter, 0, self.height() - tall, self._coronal.bottom)
        painter.end()

    def _paint_reach(self, painter: QPainter) -> None:
        """How far the cloud claims to reach, in numbers beside its ends."""
        if self._reach is None:
            return
        tall, low, high = painter.fontMetrics().height(), *self._reach
        last = self.height() - tall
        up = min(max(0.0, self.y_of(high) - tall / 2), last - tall)
        down = min(max(up + tall, self.y_of(low) - tall / 2), last)
        for y, end, sign in ((up, high, "+"), (down, low, captions.MINUS)):
            words = f"{sign}{captions.number(abs(end - self._height))} mm"
            self._write(painter, WIDTH + 2, y, words)

    def _write(self, painter: QPainter, x: float, y: float, words: str) -> None:
        """Words on a plate, their upper left corner there."""
        letters = painter.fontMetrics()
        box = QRectF(x, y, letters.horizontalAdvance(words) + 4, letters.height())
        painter.fillRect(box, PLATE)
        painter.setPen(LETTERS)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)

    @property
    def _top(self) -> str:
        return "" if self._coronal is None else self._coronal.top

    def _image(self) -> QImage:
        """Heights evenly, the highest on top."""
        assert self._coronal is not None
        coronal = self._coronal
        heights = np.linspace(coronal.heights_mm[-1], coronal.heights_mm[0], max(self.height(), 2))
        nearest = np.abs(coronal.heights_mm[None] - heights[:, None]).argmin(axis=1)
        grey = np.ascontiguousarray(coronal.grey[nearest])
        rows, columns = grey.shape
        made = QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8)
        return made.copy()
