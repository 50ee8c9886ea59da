"""The reveal: one slider from the inferred cloud to the surface measured from the series."""

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

HALFWAY = 50  # per cent: points and surface together
STEPS = 100


_OWN_KEYS = frozenset(
    {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down}
    | {Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Home, Qt.Key.Key_End}
)


class Reveal(QWidget):
    """A slider between two words."""

    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = _Slider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, STEPS)
        self.slider.setPageStep(10)
        self.slider.setAccessibleName(self.tr("From the inferred cloud to the measured surface"))
        self.slider.setToolTip(
            self.tr("Left: what the model infers from this slice. Right: what the series measured.")
        )
        self.inferred, self.measured = QLabel(self.tr("Inferred")), QLabel(self.tr("Measured"))
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.addWidget(self.inferred)
        row.addWidget(self.slider, 1)
        row.addWidget(self.measured)
        self.slider.valueChanged.connect(self.moved)

    @property
    def value(self) -> float:
        """0 the cloud alone … 1 the measured surface alone."""
        return self.slider.value() / STEPS

    def set_value(self, value: float) -> None:
        """Go there, as if the slider was moved."""
        self.slider.setValue(round(STEPS * value))

    @Slot(bool)
    def switch(self, is_on: bool) -> None:
        """Go halfway, or back to the cloud; without a signal."""
        if is_on != (self.slider.value() > 0):
            with QSignalBlocker(self.slider):
                self.slider.setValue(HALFWAY if is_on else 0)


class _Slider(QSlider):
    """Has its own keys while it has the focus: else the window's shortcuts would change slices."""

    def event(self, event: QEvent) -> bool:
        is_shortcut = event.type() == QEvent.Type.ShortcutOverride
        if is_shortcut and isinstance(event, QKeyEvent) and event.key() in _OWN_KEYS:
            event.accept()
            return True
        return super().event(event)
