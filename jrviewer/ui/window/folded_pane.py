"""What is left of a pane that has nothing to show: a narrow tab with the reason."""

from typing import cast

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from jrviewer.ui.widgets.elided_label import elided
from jrviewer.ui.widgets.keys import is_enter

TAB_PX = 24


class FoldedPane(QAbstractButton):
    """A tab of 24 points along the edge; a click, Enter or Space unfolds the pane."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setObjectName("foldedPane")
        self._reason = ""
        self.show_reason("")
        self.set_upright(is_upright=True)
        self.hide()

    @property
    def reason(self) -> str:
        """Why the pane is folded."""
        return self._reason

    def show_reason(self, reason: str) -> None:
        """Set why the pane is folded."""
        self._reason = reason
        self.setAccessibleName(reason or self.tr("The pane has something to show"))
        self.setToolTip(self.tr("{}\nClick to show the pane.").format(reason))
        self.update()

    def set_upright(self, *, is_upright: bool) -> None:
        """Stand at the side, or lie below."""
        self._is_upright = is_upright
        fixed, free = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding
        self.setSizePolicy(*((fixed, free) if is_upright else (free, fixed)))
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Narrow, and as long as the panes."""
        return QSize(TAB_PX, 100) if self._is_upright else QSize(100, TAB_PX)

    def minimumSizeHint(self) -> QSize:
        """No longer than there is room."""
        return QSize(TAB_PX, TAB_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the reason along the tab."""
        painter = QPainter(self)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.button())
        painter.setPen(palette.highlight().color() if self.hasFocus() else palette.mid().color())
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.setPen(palette.buttonText().color())
        length = self.height() if self._is_upright else self.width()
        metrics = painter.fontMetrics()
        text = elided(self._reason, metrics, length - 2 * TAB_PX)
        if self._is_upright:
            painter.translate(QPointF(self.width(), 0))
            painter.rotate(90)
        base = (TAB_PX + metrics.ascent() - metrics.descent()) / 2
        start = (length - metrics.horizontalAdvance(text)) / 2
        painter.drawText(QPointF(start, base), text)
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Take Enter before the window's shortcut does."""
        is_key = event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if is_key and is_enter(cast("QKeyEvent", event)):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Unfold by Enter, as by Space."""
        self.click() if is_enter(event) else super().keyPressEvent(event)
