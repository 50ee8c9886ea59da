"""Status bar: value under the pointer, hint, progress, input check, device, notice."""

from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from jrviewer import NOTICE
from jrviewer.ui.state.session import Busy
from jrviewer.ui.widgets.elided_label import ElidedLabel
from jrviewer.ui.widgets.paced import Paced

MINUTES_FROM_S = 100.0  # the time that is left is told in minutes


class StatusBar(QStatusBar):
    """Shows the state; its button requests the reasons of the input check."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.probe = ElidedLabel()
        self.probe.setObjectName("probe")
        self.probe.setAccessibleName(self.tr("Value under the pointer"))
        self.hint = ElidedLabel()
        self.hint.setAccessibleName(self.tr("What the keys do now"))
        self.check = QToolButton()
        self.check.setAutoRaise(True)
        self.check.setAccessibleName(self.tr("Input check"))
        self.noise = ElidedLabel(is_whole=True)  # half of a number would be another one
        self.noise.setAccessibleName(self.tr("Noise before and after"))
        self._what = ElidedLabel()
        self._bar = QProgressBar()
        self._bar.setMinimumWidth(24)  # beside the largest texts on a small screen
        self._bar.setMaximumWidth(110)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress"))
        self.device = ElidedLabel()
        self.device.setObjectName("device")
        self.device.setAccessibleName(self.tr("Computing device"))
        self.notice = QLabel(NOTICE)
        self.notice.setObjectName("notice")
        self.addWidget(self.probe, 1)
        self.addWidget(self.hint)
        for widget in (self._what, self._bar, self.noise, self.check, self.device, self.notice):
            self.addPermanentWidget(widget)
        self._busy: Busy | None = None
        self._paced = Paced(self._paint_busy, self)
        self._paint_busy(None)
        self.show_hint("")
        self.show_noise("", "")
        self.show_device("")

    @property
    def busy_text(self) -> str:
        """What is being done; "" if idle."""
        return "" if self._busy is None else self._words(self._busy)

    def show_busy(self, busy: Busy | None) -> None:
        """Show the progress, or hide it."""
        self._busy = busy
        if busy is None:
            self._paced.show_now(None)
        else:
            self._paced.give(busy)

    def _paint_busy(self, busy: Busy | None) -> None:
        self._what.setText(self.busy_text)
        self._bar.setVisible(busy is not None)
        if busy is not None:
            self._bar.setUpdatesEnabled(False)  # or a new value is painted by itself, at once
            self._bar.setRange(0, 100 if busy.fraction > 0 else 0)  # 0, 0: unknown duration
            self._bar.setValue(int(busy.fraction * 100))
            self._bar.setUpdatesEnabled(True)

    def show_device(self, device: str) -> None:
        """Show the device of the model."""
        self.device.setText(device or self.tr("model not loaded yet"))
        self.device.setToolTip(self.device.text())

    def show_hint(self, text: str) -> None:
        """Show what the keys do now; "" hides it."""
        self.hint.setText(text)
        self.hint.setToolTip(text)
        self.hint.setVisible(bool(text))

    def show_noise(self, text: str, meaning: str) -> None:
        """Show the noise before and after, with an explanation as tooltip; "" hides it."""
        self.noise.setText(text)
        self.noise.setToolTip(f"{text}. {meaning}" if text else "")
        self.noise.setVisible(bool(text))

    def show_check(self, text: str, reasons: str) -> None:
        """Show the result of the input check, with its reasons as tooltip."""
        self.check.setText(text)
        self.check.setToolTip(reasons or self.tr("No warnings."))

    def _left(self, seconds: float) -> str:
        if seconds < MINUTES_FROM_S:
            return self.tr("about {} s left").format(max(round(seconds), 1))
        return self.tr("about {} min left").format(round(seconds / 60))

    def _words(self, busy: Busy) -> str:
        """What is being done, elapsed and remaining time."""
        words = [f"{busy.what}…"]
        if busy.elapsed_s >= 1:
            words.append(self.tr("{} s").format(round(busy.elapsed_s)))
        if busy.left_s is not None:
            words.append(self._left(busy.left_s))
        return ", ".join(words)
