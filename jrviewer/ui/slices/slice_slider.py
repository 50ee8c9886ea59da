"""Slider for the position in the series, with a map of it; hidden for a single slice."""

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from jrviewer.core.records import Slice
from jrviewer.ui.slices.slice_map import SliceMap
from jrviewer.ui.state import captions
from jrviewer.ui.state.series.slice_status import next_to_look, statuses
from jrviewer.ui.state.session import Session


class SliceSlider(QWidget):
    """Emits which slice the user chooses."""

    index_chosen = Signal(int)
    missed = Signal(str)  # there is no slice to go to

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(self.tr("Slice"))
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.valueChanged.connect(self.index_chosen)
        self.map = SliceMap()
        self.map.index_chosen.connect(self.index_chosen)
        self._label = QLabel()
        self._label.setMinimumWidth(110)
        places = QVBoxLayout()
        places.setSpacing(1)
        places.addWidget(self.slider)
        places.addWidget(self.map)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 3, 10, 2)
        row.addLayout(places, 1)
        row.addWidget(self._label)
        self.hide()

    def add_tool(self, tool: QWidget) -> None:
        """Put a tool at the right end."""
        if (row := self.layout()) is not None:
            row.addWidget(tool)

    @Slot(object, int, int)
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
        self.setEnabled(count > 1)
        self.setVisible(count > 1 or chosen.simulated_dose is not None)  # or the panes would jump
        self.show_statuses()

    @Slot()
    def show_statuses(self) -> None:
        """Show what is known of every slice."""
        if (series := self._session.series) is not None:
            known = self._session.known_predictions()
            self.map.show_statuses(statuses(series.slices, known))

    @Slot(int)
    def go_to_look(self, step: int) -> None:
        """Go to the next slice with a warning or a mark, or to the one before it (−1)."""
        place = None
        if self.map.found and self._session.series is not None:
            place = next_to_look(self.map.found, self._session.index, step)
        if place is not None:
            self.index_chosen.emit(place)
        elif self._session.series is not None:
            self.missed.emit(
                self.tr("No slice that was processed has a warning or a mark: {}.").format(
                    self.map.summary()
                )
            )
