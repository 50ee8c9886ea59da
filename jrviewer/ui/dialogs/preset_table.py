"""Table of the presets' widths and levels, for the settings."""

from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSpinBox, QWidget

from jrviewer.imaging.windowing import PRESETS
from jrviewer.ui.state.settings import FACTORY_PRESETS, Presets

WIDTHS_HU, LEVELS_HU = (1, 8000), (-2000, 6000)


class PresetTable(QWidget):
    """A row for each preset: its key, name, width and level in HU."""

    def __init__(self, presets: Presets) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        headings = self.tr("Key"), "", self.tr("Width (HU)"), self.tr("Level (HU)")
        for column, heading in enumerate(headings):
            grid.addWidget(QLabel(heading), 0, column)
        grid.setColumnStretch(1, 1)
        self.rows: list[tuple[QSpinBox, QSpinBox]] = []
        for row, (key, window) in enumerate(PRESETS.items(), start=1):
            name = self.tr(window.name)
            width = _box(self.tr("{}: width").format(name), WIDTHS_HU)
            level = _box(self.tr("{}: level").format(name), LEVELS_HU)
            for column, cell in enumerate((QLabel(key), QLabel(name), width, level)):
                grid.addWidget(cell, row, column)
            self.rows.append((width, level))
        self.reset_button = QPushButton(self.tr("Restore defaults"))
        self.reset_button.setToolTip(self.tr("Restore the presets that JRViewer came with"))
        self.reset_button.clicked.connect(self._restore)
        grid.addWidget(self.reset_button, len(self.rows) + 1, 2, 1, 2)
        self._show(presets)

    def presets(self) -> Presets:
        """Width and level of each preset."""
        return tuple((float(width.value()), float(level.value())) for width, level in self.rows)

    def _show(self, presets: Sequence[tuple[float, float]]) -> None:
        for boxes, values in zip(self.rows, presets, strict=True):
            for box, value in zip(boxes, values, strict=True):
                box.setValue(round(value))

    @Slot()
    def _restore(self) -> None:
        self._show(FACTORY_PRESETS)


def _box(name: str, limits: tuple[int, int]) -> QSpinBox:
    box = QSpinBox()
    box.setRange(*limits)
    box.setSingleStep(10)
    box.setAccessibleName(name)
    return box
