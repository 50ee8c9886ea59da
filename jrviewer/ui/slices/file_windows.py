"""A menu with the windows and tables that the file itself brings."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from jrviewer.core.records import Slice
from jrviewer.ui.state.captions import number


class FileWindowsMenu(QMenu):
    """Tells which of them the user wants; filled anew whenever it opens."""

    window_chosen = Signal(object)  # a Window
    lut_chosen = Signal(int)  # which of the slice's VOI LUTs

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Windows of the file"))
        self.triggered.connect(self._choose)

    def show_slice(self, chosen: Slice | None) -> None:
        """List what a slice brings."""
        self.clear()
        if chosen is None or not (chosen.windows or chosen.voi_luts):
            self.addAction(self.tr("The file names none")).setEnabled(False)
            return
        for window in chosen.windows:
            size = f"{number(window.width)} / {number(window.centre)}"
            self.addAction(f"{window.name}  {size}".strip()).setData(window)
        for index, lut in enumerate(chosen.voi_luts):
            text = self.tr("VOI LUT {}").format(index + 1)
            self.addAction(f"{text}  {lut.name}".strip()).setData(index)

    def _choose(self, action: QAction) -> None:
        if isinstance(data := action.data(), int):
            self.lut_chosen.emit(data)
        elif data is not None:
            self.window_chosen.emit(data)
