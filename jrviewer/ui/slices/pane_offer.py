"""A button below the message of a pane: what can be done about it, where it is said."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QPushButton

from jrviewer.ui.slices import overlay
from jrviewer.ui.slices.slice_view import SliceView

GAP_PX = 10


class PaneOffer(QPushButton):
    """Hidden until there is something to offer."""

    def __init__(self, pane: SliceView) -> None:
        super().__init__(pane)
        self._pane = pane
        self.setAccessibleName(self.tr("What can be done about it"))
        pane.installEventFilter(self)
        self.hide()

    def offer(self, text: str) -> None:
        """Offer something below the message; "" hides the button."""
        self.setText(text)
        self.setAccessibleName(text or self.tr("What can be done about it"))
        self.setVisible(bool(text))
        self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the pane's size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        self.adjustSize()
        area = self._pane.rect()
        metrics = QFontMetricsF(overlay.font_for(self._pane.font(), area))
        message = overlay.message_bounds(metrics, area, self._pane.message)
        left = (self._pane.width() - self.width()) / 2
        top = min(message.bottom() + GAP_PX, self._pane.height() - self.height() - GAP_PX)
        self.move(round(left), round(top))
