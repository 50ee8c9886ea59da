"""Dialog for a denoising strength of one's own: per cent, or the noise that shall be left."""

from PySide6.QtCore import QSignalBlocker, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from jrviewer.core.prediction import Prediction
from jrviewer.core.strength import Strength, strength_for

NEARLY = 0.02  # share of the noise by which a target may be missed without a word


class StrengthDialog(QDialog):
    """Emits every strength as it is set, so that the slice follows; Cancel emits the first again.

    Where the model takes less from the shown slice than a strength asks for, the dialog says what
    is left. It follows when another slice is shown, as one is when files have been read.
    """

    chosen = Signal(object)  # Strength

    def __init__(self, strength: Strength, known: Prediction | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._first = self._now = strength
        self.setWindowTitle(self.tr("Denoising strength"))
        self.percent = QSpinBox()
        self.percent.setRange(0, 100)
        self.percent.setSuffix(" %")
        self.percent.setAccessibleName(self.tr("Share of the noise to remove"))
        self.target = QDoubleSpinBox()
        self.target.setDecimals(1)
        self.target.setSingleStep(0.5)
        self.target.setAccessibleName(self.tr("Noise to leave in this slice"))
        self._words = QLabel()
        self._words.setObjectName("note")
        self._words.setWordWrap(True)
        self.reached = QLabel()
        self.reached.setObjectName("note")
        self.reached.setWordWrap(True)
        self.show_prediction(known)
        self.percent.valueChanged.connect(self._take_percent)
        self.target.valueChanged.connect(self._take_target)
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()

    def reject(self) -> None:
        """Return to the strength that there was."""
        super().reject()
        self.chosen.emit(self._first)

    @Slot(object)
    def show_prediction(self, known: Prediction | None) -> None:
        """Tell the noise of the slice that is shown; None while that is not known."""
        self._noise = None if known is None or not known.is_noise_known else known.noise
        self._unit = "HU" if known is not None and known.slice.unit == "HU" else ""
        self._before = before = None if self._noise is None else self._noise.before
        blocked = QSignalBlocker(self.target)  # a smaller range is no request
        self.target.setRange(0.0, before or 0.0)
        self.target.setSuffix(f" {self._unit}")
        self.target.setEnabled(before is not None)
        blocked.unblock()
        words = self.tr("The noise of this slice could not be measured: no target can be named.")
        if known is None:
            words = self.tr("The noise of this slice is not known yet.")
        if before is not None:
            words = self.tr("This slice's noise is {} {}. Every other slice loses the same share.")
            words = words.format(f"{before:.1f}", self._unit)
        self._words.setText(words)
        self._show(self._now)

    @Slot()
    def show_unknown(self) -> None:
        """Another slice is shown, of which nothing is known yet."""
        self.show_prediction(None)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow(self.tr("Remove"), self.percent)
        form.addRow(self.tr("Leave noise of"), self.target)
        rows = QVBoxLayout(self)
        rows.addLayout(form)
        rows.addWidget(self._words)
        rows.addWidget(self.reached)
        rows.addWidget(self.buttons)
        self.setMinimumWidth(360)

    def _show(self, strength: Strength) -> None:
        """Show a strength in both fields."""
        blocked = QSignalBlocker(self.percent), QSignalBlocker(self.target)
        self.percent.setValue(round(100 * strength.reduction))
        if self._before is not None:
            self.target.setValue((1 - strength.reduction) * self._before)
        for blocker in blocked:
            blocker.unblock()
        self.reached.setText(self._shortfall(strength))

    def _shortfall(self, strength: Strength) -> str:
        """What is left where a strength cannot be reached, "" where it can."""
        if self._noise is None:
            return ""
        wanted = (1 - strength.reduction) * self._noise.before
        left = self._noise.after(self._noise.shares(strength))
        if left <= wanted + NEARLY * self._noise.before:
            return ""
        words = self.tr("▲ Not reached in this slice: the model leaves noise of {}.")
        return words.format(f"{left:.1f} {self._unit}".strip())

    @Slot(int)
    def _take_percent(self, percent: int) -> None:
        self._take(Strength(percent / 100))

    @Slot(float)
    def _take_target(self, wanted: float) -> None:
        assert self._before is not None
        self._take(strength_for(self._before, wanted))

    def _take(self, strength: Strength) -> None:
        self._now = strength
        self._show(strength)
        self.chosen.emit(strength)
