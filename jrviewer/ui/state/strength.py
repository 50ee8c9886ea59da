"""How much of the noise is gone in what is shown: the denoising strength of a window."""

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from jrviewer.core.prediction import Prediction
from jrviewer.core.strength import NAMED, STANDARD, Strength


class StrengthState(QObject):
    """The strength of every AI slice that a window shows and exports."""

    changed = Signal(object)  # Strength

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.now = STANDARD

    @Slot(object)
    def choose(self, strength: Strength) -> None:
        """Use a strength, by its name where it has one; emits `changed` only if it is another."""
        named = (one for one in NAMED.values() if one.reduction == strength.reduction)
        strength = next(named, strength)
        if strength != self.now:
            self.now = strength
            self.changed.emit(strength)


def strength_name(strength: Strength) -> str:
    """Low, Standard, High, or per cent."""
    words = {"low": _tr("Low"), "standard": _tr("Standard"), "high": _tr("High")}
    return words.get(strength.name, str(strength))


def noise_text(prediction: Prediction) -> tuple[str, str]:
    """What became of a slice's noise, and an explanation."""
    meaning = _tr(
        "Standard deviation of the noise where this slice's soft tissue is calmest, original → AI. "
        "Denoising strength: {}"
    )
    return prediction.noise_sentence, meaning.format(strength_name(prediction.strength))


def _tr(text: str) -> str:
    return QCoreApplication.translate("strength", text)
