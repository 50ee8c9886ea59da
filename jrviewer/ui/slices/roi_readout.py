"""Status bar: noise and mean of a region before and after the model, and the residual check."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolButton, QWidget

from jrviewer.core.prediction import MOST_MARKS, Removed
from jrviewer.imaging.measurements_2d import MAX_SHIFT_HU, Bias
from jrviewer.ui.state.captions import number
from jrviewer.ui.widgets.elided_label import ElidedLabel


class RoiReadout(ElidedLabel):
    """Noise before and after, and the shift of the mean, with a warning beyond the limit."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("bias")
        self.setAccessibleName(self.tr("Region before and after the model"))
        self.show_bias(None, "")

    def show_bias(self, values: Bias | None, unit: str) -> None:
        """Show a region's values; hidden without one."""
        self.setVisible(values is not None)
        if values is None:
            self.setText("")
            return
        sign = "+" if round(values.mean_shift, 1) > 0 else ""
        text = self.tr("ROI SD {} → AI {}   mean {} {}").format(
            number(values.sd_before, 1),
            number(values.sd_after, 1),
            sign + number(values.mean_shift, 1),
            unit,
        )
        if values.is_beyond:
            limit = number(MAX_SHIFT_HU)
            # First, where it is seen in a narrow window too.
            text = self.tr("▲ BIAS beyond ±{} HU").format(limit) + "   " + text
        self.setText(text)
        self.setToolTip(text)
        self.setProperty("beyond", values.is_beyond)
        self.style().unpolish(self)  # the style sheet uses the property
        self.style().polish(self)


class ResidualButton(QToolButton):
    """Says whether structure may have been removed; a click shows where."""

    requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoRaise(True)
        self.setAccessibleName(self.tr("What the model removed"))
        self.clicked.connect(self.requested)
        self.show_found(None)

    def show_found(self, found: Removed | None, unit: str = "") -> None:
        """Show how many places are marked, or that almost nothing was removed."""
        if found is None:
            self.setText(self.tr("Removed: –"))
        elif found.is_hardly_anything(unit):
            self.setText(self.tr("Removed: almost nothing"))
        elif not found.marks:
            self.setText(self.tr("Removed: ✓ noise"))
        else:
            count = len(found.marks)
            more = "+" if count >= MOST_MARKS else ""
            self.setText(self.tr("Removed: ▲ check ({})").format(f"{count}{more}"))
        self.setToolTip(self.tr("Show what the model removed, with marked places  (D)"))
