"""On which device the model runs: loads it there, and says where it ended up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from jrviewer.ui.jobs.backend import Backend
from jrviewer.ui.jobs.foreground import NEVER_CANCELLED, Foreground

if TYPE_CHECKING:
    from jrviewer.model.devices import Device


class ModelDevice(QObject):
    """The device of one window's model. Start-up delays the model until the window is complete."""

    known = Signal(str)  # e.g. "CPU fp32"
    warned = Signal(str)  # why it is another one than was asked for

    def __init__(self, foreground: Foreground, backend: Backend, parent: QObject) -> None:
        super().__init__(parent)
        self._foreground, self._backend = foreground, backend
        self.is_allowed = False  # whether the model may be used yet
        self.name = ""  # where the last result was made, as exports say it

    def choose(self, device: Device) -> None:
        """Switch to another device and load the model there."""
        self._backend.device = device
        if self.is_allowed:
            self.load()

    def load(self) -> None:
        """Load the model."""
        what = self.tr("loading the model")
        self._foreground.start(NEVER_CANCELLED, what, self._backend.ready, self.tell)

    def choose_anew(self) -> None:
        """Choose this computer's precision anew; until somebody asks, it is kept."""
        what = self.tr("choosing the precision")
        self._foreground.start(NEVER_CANCELLED, what, self._backend.choose_anew, self.tell)

    def tell(self, device: str) -> None:
        """Say which device made the last result."""
        self.name = device
        self.known.emit(device)
        if note := self._backend.take_note():
            self.warned.emit(note)
