"""The frame around each of the three views: a title that says what it shows, and its badge."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from jrviewer.ui.slice_view import SliceView


class _Header(QWidget):
    """The title line; a double-click maximises."""

    maximised = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Maximise or restore."""
        self.maximised.emit()


class Pane(QFrame):
    """A titled view. `badge` marks what a machine has made."""

    maximised = Signal()

    def __init__(self, title: str, view: QWidget, badge: str = "") -> None:
        super().__init__()
        self.view = view
        self.setAccessibleName(title)
        self.setObjectName("pane")
        self._detail = QLabel()
        self._detail.setObjectName("paneDetail")
        header = _Header()
        header.setObjectName("paneHeader")
        header.maximised.connect(self.maximised)
        row = QHBoxLayout(header)
        row.setContentsMargins(8, 3, 8, 3)
        if badge:
            label = QLabel(badge)
            label.setObjectName("badge")
            row.addWidget(label)
        name = QLabel(title)
        name.setObjectName("paneTitle")
        row.addWidget(name)
        row.addStretch()
        row.addWidget(self._detail)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        column.addWidget(view, 1)
        self._detail.setAlignment(Qt.AlignmentFlag.AlignRight)
        if isinstance(view, SliceView):
            view.maximised.connect(self.maximised)

    def show_detail(self, text: str) -> None:
        """Say more, at the right of the title."""
        self._detail.setText(text)
