"""Slider for the position in the series; hidden for a single slice."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from jrviewer.core.records import Slice
from jrviewer.ui.state import captions
from jrviewer.ui.state.session import Session


class SliceSlider(QWidget):
    """Emits which slice the user chooses."""

    index_chosen = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Slice"))
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.valueChanged.connect(self.index_chosen)
        self._label = QLabel()
        self._label.setMinimumWidth(110)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 10, 3)
        row.addWidget(self.slider, 1)
        row.addWidget(self._label)
        self.hide()

    def add_tool(self, tool: QWidget) -> None:
        """Put a tool at the right end."""
        if (row := self.layout()) is not None:
            row.addWidget(tool)

    def show_place(self, chosen: Slice, index: int, count: int) -> None:
        """Show the position of a slice, without a signal."""
        self.slider.blockSignals(True)
        self.slider.setRange(0, count - 1)
        self.slider.setValue(index)
        self.slider.blockSignals(False)
        series = self._session.series
        is_frame = series is not None and captions.is_clip(series)
        words = self.tr("Frame {} of {}") if is_frame else self.tr("Slice {} of {}")
        self._label.setText(words.format(index + 1, count))
        self.setVisible(count > 1)
