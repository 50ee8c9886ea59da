"""Actions of the window: texts, keys, icons, and their place in toolbar and menus."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice, Window
from jrviewer.imaging.windowing import PRESETS, presets
from jrviewer.ui.state.view import View
from jrviewer.ui.widgets import theme

STEPS = {"Up": -1, "Down": 1, "PgUp": -10, "PgDown": 10, "Home": -100_000, "End": 100_000}


class Actions(QObject):
    """The actions, as attributes; presets and steps have a common signal each."""

    window_chosen = Signal(object)  # a Window; None: the file's own
    stepped = Signal(int)
    look_requested = Signal(int)  # at the next slice that needs one (1), or the one before it (−1)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        tr = self.tr
        self.open = self._make(tr("Files…"), tr("Open DICOM files"), "open", "Ctrl+O")
        self.open_folder = self._make(
            tr("Folder…"), tr("Open a folder of DICOM files"), "folder", "Ctrl+Shift+O"
        )
        self.series = self._make(
            tr("List of series"), tr("Show or hide the list of series"), "list", "F9"
        )
        self.close_series = self._make(
            tr("Close series"), tr("Close the series that is shown"), "", "Ctrl+W"
        )
        self.auto = self._make(
            tr("Automatic"), tr("Set the window from the slice's values"), "", "0"
        )
        self.own = self._make(tr("As in the file"), tr("Use the file's own window"), "", "1")
        self.own.triggered.connect(self._choose_window)
        self.presets = [self._preset(key) for key in PRESETS]
        self.show_presets(list(PRESETS.values()))
        self.reset = self._make(tr("Reset"), tr("Reset window, zoom and position"), "reset", "R")
        self.fit = self._make(tr("Fit"), tr("Show the whole slice"), "fit", "F")
        self.invert = self._make(tr("Invert"), tr("Swap black and white"), "invert", "I")
        self.smooth = self._make(tr("Smooth"), tr("Interpolate between pixels"), "smooth", "N")
        self.run = self._make(
            tr("Run on this slice"), tr("Denoise and infer 3D"), "run", "Return", "Enter"
        )
        self.cancel = self._make(tr("Stop"), tr("Stop the current work"), "cancel", "Esc")
        self.run_series = self._make(
            tr("Run on the whole series"),
            tr("Run the model on every slice"),
            "series",
            "Ctrl+Return",
        )
        self.demonstrate = self._make(
            tr("Show at 25 % dose (simulated)"),
            tr("Add noise as at a quarter of the dose and denoise that, or return to the scan"),
            "",
            "Ctrl+D",
        )
        self.export = self._make(tr("Export…"), tr("Export results to files"), "export", "Ctrl+E")
        self.copy = self._make(
            tr("Copy picture"), tr("Copy both slices to the clipboard"), "", "Ctrl+C"
        )
        self.patient = self._make(
            tr("Patient text"), tr("Show or hide patient text"), "patient", "Ctrl+H"
        )
        self.below = self._make(
            tr("Cloud below the slices"),
            tr("Put the cloud below the slices or beside them"),
            "",
            "Ctrl+L",
        )
        self.full_screen = self._make(tr("Full screen"), tr("Full screen"), "", "F11")
        self.quit = self._make(tr("Quit"), tr("Close JRViewer"), "", "Ctrl+Q")
        self.steps = [self._step(key, slices) for key, slices in STEPS.items()]
        self.looks = [
            self._look(tr("Next to look at"), tr("Next slice with a warning or a mark"), "M", 1),
            self._look(
                tr("Previous to look at"),
                tr("Previous slice with a warning or a mark"),
                "Shift+M",
                -1,
            ),
        ]
        for action in (self.series, self.invert, self.smooth, self.patient, self.below):
            action.setCheckable(True)
            action.setChecked(action in (self.smooth, self.patient))

    def everything(self) -> list[QAction]:
        """All actions, so that the window can take their keys."""
        return [action for action in self.children() if isinstance(action, QAction)]

    def show_view(self, view: View) -> None:
        """Check the actions that are switched on."""
        self.invert.setChecked(view.is_inverted)
        self.smooth.setChecked(view.is_smooth)
        self.patient.setChecked(view.has_patient_text)

    def context_menu(self, menu: QMenu) -> None:
        """Fill the menu of a slice pane."""
        menu.addActions([self.auto, self.own])
        menu.addSeparator()
        menu.addActions(self.presets)
        menu.addSeparator()
        menu.addActions([self.reset, self.fit, self.invert, self.smooth, self.patient])
        menu.addSeparator()
        menu.addActions([self.run_series, self.export, self.copy])

    def _make(self, text: str, hint: str, icon: str, *keys: str) -> QAction:
        action = QAction(text, self)
        if icon:
            theme.set_icon(action, icon)
        action.setShortcuts([QKeySequence(key) for key in keys])
        action.setToolTip(f"{hint}  ({keys[0]})")
        action.setStatusTip("")
        return action

    def show_presets(self, windows: Sequence[Window]) -> None:
        """Set the presets, in the order of their keys."""
        for action, window in zip(self.presets, windows, strict=True):
            # Width / level, as usual in radiology.
            text = f"{self.tr(window.name)}  {window.width:.0f} / {window.centre:.0f}"
            action.setText(text.replace("-", "−"))
            action.setData(window)

    def allow(self, shown: Slice | None, known: Prediction | None) -> None:
        """Enable what can be done with a slice and its result: a simulated dose is not exported."""
        is_twin = shown is not None and shown.simulated_dose is not None
        for action in (self.export, self.copy):
            action.setEnabled(known is not None and not is_twin)
        is_ct = known is not None and known.is_noise_known and known.slice.unit == "HU"
        self.demonstrate.setEnabled(is_twin or is_ct)
        back, there = self.tr("Back to the scan"), self.tr("Show at 25 % dose (simulated)")
        self.demonstrate.setText(back if is_twin else there)

    @Slot(object, int, int)
    def show_slice(self, chosen: Slice, index: int, count: int) -> None:
        """Enable the presets where they apply: on CT in HU."""
        for action in self.presets:
            action.setEnabled(bool(presets(chosen)))

    def _preset(self, key: str) -> QAction:
        action = self._make("", self.tr(PRESETS[key].name), "", key)
        action.triggered.connect(self._choose_window)
        return action

    def _step(self, key: str, slices: int) -> QAction:
        action = self._make(self.tr("Slice by key"), self.tr("Another slice"), "", key)
        action.setData(slices)
        action.triggered.connect(self._step_by)
        return action

    def _look(self, text: str, hint: str, key: str, step: int) -> QAction:
        action = self._make(text, hint, "", key)
        action.setData(step)
        action.triggered.connect(self._request_look)
        return action

    def _request_look(self) -> None:
        sender = self.sender()
        assert isinstance(sender, QAction)
        self.look_requested.emit(sender.data())

    def _choose_window(self) -> None:
        sender = self.sender()
        assert isinstance(sender, QAction)
        self.window_chosen.emit(sender.data())

    def _step_by(self) -> None:
        sender = self.sender()
        assert isinstance(sender, QAction)
        self.stepped.emit(sender.data())
