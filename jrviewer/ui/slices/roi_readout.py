"""In the status bar: what the model did to a region, and whether it took more than noise."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from jrviewer.core.records import Removed
from jrviewer.imaging.measurements_2d import MAX_SHIFT_HU, Bias
from jrviewer.ui.state.captions import number


class RoiReadout(QLabel):
    """Noise before and after, and how far the mean moved; a sign and a word beyond the limit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bias")
        self.setAccessibleName(self.tr("Region before and after the model"))
        self.setMinimumWidth(1)  # a narrow window must not grow for it
        self.show_bias(None, "")

    def show_bias(self, told: Bias | None, unit: str) -> None:
        """Show a region's numbers; nothing without one."""
        self.setVisible(told is not None)
        if told is None:
            self.setText("")
            return
        sign = "+" if round(told.mean_shift, 1) > 0 else ""
        text = self.tr("ROI SD {} → AI {}   mean {} {}").format(
            number(told.sd_before, 1),
            number(told.sd_after, 1),
            sign + number(told.mean_shift, 1),
            unit,
        )
        if told.is_beyond:
            limit = number(MAX_SHIFT_HU)
            text += "   " + self.tr("▲ BIAS beyond ±{} HU").format(limit)
        self.setText(text)
        self.setToolTip(text)
        self.setProperty("beyond", told.is_beyond)
        self.style().unpolish(self)  # the style depends on the property
        self.style().polish(self)


class ResidualButton(QToolButton):
    """Whether structure may have been removed; pressed, it shows where."""

    requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)
        self.setAccessibleName(self.tr("What the model removed"))
        self.clicked.connect(self.requested)
        self.show_found(None)

    def show_found(self, found: Removed | None, unit: str = "") -> None:
        """Say how many places are marked, or that next to nothing was removed."""
        if found is None:
            self.setText(self.tr("Removed: –"))
        elif found.is_hardly_anything(unit):
            self.setText(self.tr("Removed: hardly anything"))
        elif not found.marks:
            self.setText(self.tr("Removed: ✓ noise"))
        else:
            self.setText(self.tr("Removed: ▲ look ({})").format(len(found.marks)))
        self.setToolTip(self.tr("Show what the model removed, with marked places  (D)"))
