"""A map of the series below its slider: which slices are done, doubted, or marked."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from jrviewer.ui.slices.residual_painter import MARK
from jrviewer.ui.state.series.slice_status import SliceStatus
from jrviewer.ui.widgets.paced import Paced
from jrviewer.ui.widgets.painting import AMBER

HEIGHT_PX = 13
DONE_PX, DOUBTED_PX = 4.0, 9.0  # heights of the bars: nothing is told by colour alone
DOT_PX = 2.5  # radius of a mark's dot, above the bar
END_PX = 6.0  # half of the slider's handle, which the map lies below


class SliceMap(QWidget):
    """A bar for each slice with a result, a high one where its input check is not green, and a dot
    where structure may have been removed. A click goes there.
    """

    index_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Map of the series"))
        self.found: tuple[SliceStatus, ...] = ()
        self._paced: Paced[tuple[SliceStatus, ...]] = Paced(lambda _: self.update(), self)

    def show_statuses(self, found: Sequence[SliceStatus]) -> None:
        """Show what is known of each slice."""
        if tuple(found) != self.found:
            self.found = tuple(found)
            self.setAccessibleDescription(self.summary())
            self._paced.give(self.found)

    def sizeHint(self) -> QSize:
        """As wide as it gets."""
        return QSize(200, HEIGHT_PX)

    def summary(self) -> str:
        """How many slices are done, doubted and marked."""
        done = sum(one.is_done for one in self.found)
        words = [self.tr("{} of {} done").format(done, len(self.found))]
        if doubted := sum(one.is_doubted for one in self.found):
            words.append(self.tr("{} with a warning").format(doubted))
        if marked := sum(one.marks > 0 for one in self.found):
            words.append(self.tr("{} marked").format(marked))
        return ", ".join(words)

    def place_of(self, index: int) -> float:
        """X of the middle of a slice's bar."""
        last = max(len(self.found) - 1, 1)
        return END_PX + index * (self.width() - 2 * END_PX) / last

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint bars and dots."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        done = self.palette().color(QPalette.ColorRole.Highlight)
        wide = min(max((self.width() - 2 * END_PX) / max(len(self.found), 1) - 1, 1.5), 8)
        for index, one in enumerate(self.found):
            if not one.is_done:
                continue
            x, high = self.place_of(index), DOUBTED_PX if one.is_doubted else DONE_PX
            bar = QRectF(x - wide / 2, HEIGHT_PX - high, wide, high)
            painter.fillRect(bar, AMBER if one.is_doubted else done)
            if one.marks:
                painter.setBrush(MARK)
                painter.drawEllipse(QPointF(x, DOT_PX + 0.5), DOT_PX, DOT_PX)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the slice under the pointer."""
        if event.button() == Qt.MouseButton.LeftButton and self.found:
            self.index_chosen.emit(self._index_at(event.position().x()))

    def event(self, event: QEvent) -> bool:
        """Say what the bar under the pointer means."""
        if isinstance(event, QHelpEvent) and self.found:
            index = self._index_at(event.x())
            QToolTip.showText(event.globalPos(), self.words(index), self)
            return True
        return super().event(event)

    def words(self, index: int) -> str:
        """What is known of a slice, and of the series."""
        one = self.found[index]
        parts = [self.tr("done") if one.is_done else self.tr("not processed yet")]
        if one.is_doubted:
            parts.append(self.tr("input check: warning"))
        if one.marks:
            parts.append(self.tr("structure may have been removed"))
        words = self.tr("Slice {}: {}").format(index + 1, ", ".join(parts))
        return f"{words}\n{self.summary()}"

    def _index_at(self, x: float) -> int:
        last = len(self.found) - 1
        share = (x - END_PX) / max(self.width() - 2 * END_PX, 1)
        return min(max(round(share * last), 0), last)
