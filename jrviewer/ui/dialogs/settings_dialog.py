"""Settings dialog with three pages: display, AI, privacy."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from jrviewer.core.strength import NAMED, parse_strength
from jrviewer.ui.dialogs.preset_table import PresetTable
from jrviewer.ui.state.settings import DEVICES, TEXT_SIZES, THEMES, Settings
from jrviewer.ui.state.strength import strength_name


class SettingsDialog(QDialog):
    """Shows settings, and emits them if they are accepted."""

    chosen = Signal(object)  # Settings
    anew_requested = Signal()  # choose this computer's precision anew, at once

    def __init__(
        self, settings: Settings, graphics: tuple[str, ...] | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Settings"))
        self.theme = QComboBox()
        self.theme.addItems([self.tr("dark"), self.tr("light"), self.tr("as the system")])
        self.theme.setCurrentIndex(THEMES.index(settings.theme))
        self.text_size = QComboBox()
        self.text_size.setAccessibleName(self.tr("Text size"))
        for per_cent in TEXT_SIZES:
            self.text_size.addItem(f"{per_cent} %", per_cent)
        self.text_size.setCurrentIndex(TEXT_SIZES.index(settings.text_size))
        self.smooth = _box(self.tr("Interpolate between pixels"), settings.smooth)
        self.presets = PresetTable(settings.presets)
        self.sample = _box(self.tr("Open the sample at start"), settings.opens_sample)
        words = self.tr("Show AI slice and cloud in motion once, when the first series is opened")
        self.first_look = _box(words, settings.first_look)
        self.device = QComboBox()
        self._found = _note("")
        self._list_devices(settings.device, graphics)
        self.runs_on = QLabel("")
        self.anew = QPushButton(self.tr("Choose precision anew"))
        self.anew.clicked.connect(self._ask_anew)
        self.show_device("")
        self.strength = QComboBox()
        self.strength.setAccessibleName(self.tr("Denoising strength"))
        for text in dict.fromkeys((*NAMED, settings.strength)):
            self.strength.addItem(strength_name(parse_strength(text)), text)
        self.strength.setCurrentIndex(self.strength.findData(settings.strength))
        self.ahead = _box(self.tr("Process neighbouring slices in advance"), settings.prefetches)
        self.patient = _box(self.tr("Show patient text at start"), settings.patient_text)
        self.recent = _box(self.tr("Remember recent files after closing"), settings.keeps_recent)
        self.theme.setAccessibleName(self.tr("Theme"))
        self.device.setAccessibleName(self.tr("Device"))
        self.pages = QTabWidget()
        self.pages.addTab(self._display(), self.tr("Display"))
        self.pages.addTab(self._ai(), self.tr("AI"))
        self.pages.addTab(self._privacy(), self.tr("Privacy"))
        standard = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(standard.Ok | standard.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        rows = QVBoxLayout(self)
        rows.addWidget(self.pages)
        rows.addWidget(self.buttons)
        self.setMinimumWidth(460)

    def accept(self) -> None:
        """Emit the new settings."""
        super().accept()
        self.chosen.emit(
            Settings(
                theme=THEMES[self.theme.currentIndex()],
                text_size=self.text_size.currentData(),
                smooth=self.smooth.isChecked(),
                opens_sample=self.sample.isChecked(),
                first_look=self.first_look.isChecked(),
                device=self.device.currentData(),
                strength=self.strength.currentData(),
                prefetches=self.ahead.isChecked(),
                patient_text=self.patient.isChecked(),
                presets=self.presets.presets(),
                keeps_recent=self.recent.isChecked(),
            )
        )

    def show_graphics(self, names: tuple[str, ...] | None) -> None:
        """List graphics processors; None if they are not known yet."""
        self._list_devices(self.device.currentData(), names)

    def show_device(self, name: str) -> None:
        """Show where the model runs and in which precision; "" if that is not known yet."""
        self.runs_on.setText(name or self.tr("not loaded yet"))
        self.anew.setEnabled(bool(name))

    @Slot()
    def _ask_anew(self) -> None:
        self.show_device("")
        self.runs_on.setText(self.tr("choosing …"))
        self.anew_requested.emit()

    def _list_devices(self, chosen: str, graphics: tuple[str, ...] | None) -> None:
        known = graphics or ()
        words = [self.tr("automatic"), self.tr("processor (CPU)")]
        words += [f"{name}  (cuda:{place})" for place, name in enumerate(known)]
        names = [*DEVICES, *known]
        if chosen not in names:
            names.append(chosen)
            gone = self.tr("{} – not found, using automatic").format(chosen)
            words.append(chosen if graphics is None else gone)
        self.device.clear()
        for word, name in zip(words, names, strict=True):
            self.device.addItem(word, name)
        self.device.setCurrentIndex(names.index(chosen))
        looking = self.tr("Looking for graphics processors…")
        none = self.tr("No CUDA graphics processor was found on this computer.")
        self._found.setText(looking if graphics is None else "" if known else none)

    def _display(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.addRow(self.tr("Theme"), self.theme)
        form.addRow(self.tr("Text size"), self.text_size)
        form.addRow(self.smooth)
        form.addRow(self.sample)
        form.addRow(self.first_look)
        form.addRow(QLabel(self.tr("Presets, for CT in HU")))
        form.addRow(self.presets)
        form.addRow(_note(self.tr("Slices are shown on black in every theme.")))
        return page

    def _ai(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.addRow(self.tr("Device"), self.device)
        form.addRow(self._found)
        form.addRow(
            _note(
                self.tr(
                    "Automatic uses the first CUDA graphics processor if it passes a trial, "
                    "otherwise the CPU. If a graphics processor cannot run the model, or its "
                    "memory is full, the CPU is used instead."
                )
            )
        )
        form.addRow(self.tr("Runs on"), self.runs_on)
        form.addRow("", self.anew)
        form.addRow(
            _note(
                self.tr(
                    "The precision was chosen once for this computer and is kept, so that a slice "
                    "gives the same numbers every day. Results that are there stay as they are."
                )
            )
        )
        form.addRow(self.tr("Denoising strength"), self.strength)
        form.addRow(self.ahead)
        return page

    def _privacy(self) -> QWidget:
        page = QWidget()
        form = QFormLayout(page)
        form.addRow(self.patient)
        form.addRow(self.recent)
        form.addRow(
            _note(
                self.tr(
                    "Names of files and folders may identify a patient: do not remember them on a "
                    "shared computer. JRViewer uses no network, and its crash log contains places "
                    "in the program, but no values."
                )
            )
        )
        return page


def _box(text: str, is_checked: bool) -> QCheckBox:
    box = QCheckBox(text)
    box.setChecked(is_checked)
    return box


def _note(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("note")
    label.setWordWrap(True)
    return label
