"""Actions for comparing, measuring and playing, and their place in toolbar and menus."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from jrviewer.core.records import Slice
from jrviewer.ui.slices.strength_actions import StrengthActions
from jrviewer.ui.state.captions import number
from jrviewer.ui.state.comparison import Mode
from jrviewer.ui.widgets import theme

BLEND_STEP = 10


class SliceActions(QObject):
    """The actions, as attributes; groups of similar ones have a common signal."""

    compared = Signal(str)  # Mode
    tool_taken = Signal(str)  # Tool
    blend_stepped = Signal(int)  # per cent
    rate_stepped = Signal(int)  # 1: faster, -1: slower

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        tr = self.tr
        self.modes: dict[Mode, QAction] = {
            "side": self._make(tr("Side by side"), tr("Original beside AI"), ""),
            "swipe": self._make(
                tr("Swipe"), tr("Original left of a movable line, AI right of it"), "S"
            ),
            "flicker": self._make(tr("Flicker"), tr("Alternate between original and AI"), "K"),
            "removed": self._make(tr("Difference"), tr("What was removed: original minus AI"), "D"),
        }
        self.tools = {
            "length": self._make(tr("Length"), tr("Measure a length"), "L"),
            "ellipse": self._make(tr("Ellipse"), tr("Measure values in an ellipse"), "O"),
            "rectangle": self._make(
                tr("Rectangle"), tr("Measure values in a rectangle"), "Shift+O"
            ),
        }
        self.marks = self._make(
            tr("Rings"), tr("Show or hide rings where structure may have been removed"), "G"
        )
        self.marks.setCheckable(True)
        self.marks.setChecked(True)
        self.strength = StrengthActions(self)
        self.box = self._make(
            tr("From a region"), tr("Set the window from the values in a rectangle"), "W"
        )
        self.blends = [
            self._make(tr("Less AI"), tr("Blend more of the original in"), "["),
            self._make(tr("More AI"), tr("Blend less of the original in"), "]"),
        ]
        self.delete = self._make(tr("Delete"), tr("Delete the selected measurement"), "Del")
        self.undo = self._make(tr("Undo"), tr("Undo the last measurement or ruler"), "Ctrl+Z")
        self.redo = self._make(tr("Redo"), tr("Redo what was undone"), "Ctrl+Shift+Z")
        self.redo.setShortcuts([QKeySequence("Ctrl+Shift+Z"), QKeySequence("Ctrl+Y")])
        self.play = self._make(tr("Play"), tr("Play the series, or stop"), "C")
        theme.set_icon(self.play, "play")
        self.rate_actions = [
            self._make(tr("Slower"), tr("Play slower"), ","),
            self._make(tr("Faster"), tr("Play faster"), "."),
        ]
        self._group()
        for mode, action in self.modes.items():
            action.setData(mode)
            action.triggered.connect(self._compare)
        for tool, action in (*self.tools.items(), ("window", self.box)):
            action.setData(tool)
            action.setCheckable(True)
            action.triggered.connect(self._take)
        for action, step in zip(self.blends, (-BLEND_STEP, BLEND_STEP), strict=True):
            action.setData(step)
            action.triggered.connect(self._step_blend)
        for action, step in zip(self.rate_actions, (-1, 1), strict=True):
            action.setData(step)
            action.triggered.connect(self._step_rate)
        self.play.setCheckable(True)
        self.undo.setEnabled(False)
        self.redo.setEnabled(False)

    def everything(self) -> list[QAction]:
        """All actions, so that the window can take their keys."""
        own = [action for action in self.children() if isinstance(action, QAction)]
        return [*own, *self.strength.everything()]

    def context_menu(self, menu: QMenu) -> None:
        """Add the actions to the menu of a slice pane."""
        menu.addSeparator()
        self.strength.context_menu(menu)
        for title, actions in (
            (self.tr("Compare"), [*self.modes.values(), *self.blends, self.marks]),
            (self.tr("Measure"), [*self.tools.values(), self.delete, self.undo, self.redo]),
            (self.tr("Play"), [self.play, *self.rate_actions]),
        ):
            menu.addMenu(title).addActions(actions)

    def show_mode(self, mode: Mode) -> None:
        """Check the action of the active mode."""
        self.modes[mode].setChecked(True)

    def show_tool(self, tool: str) -> None:
        """Check the action of the active tool."""
        for action in (*self.tools.values(), self.box):
            action.setChecked(action.data() == tool)

    @Slot(str)
    def show_undo(self, step: str) -> None:
        """Name the step that would be undone."""
        self.undo.setText(self.tr("Undo {}").format(step) if step else self.tr("Undo"))

    @Slot(str)
    def show_redo(self, step: str) -> None:
        """Name the step that would be redone."""
        self.redo.setText(self.tr("Redo {}").format(step) if step else self.tr("Redo"))

    def _group(self) -> None:
        group = QActionGroup(self)
        group.setExclusive(True)
        for action in self.modes.values():
            action.setCheckable(True)
            group.addAction(action)
        self.modes["side"].setChecked(True)

    def _make(self, text: str, hint: str, key: str) -> QAction:
        action = QAction(text, self)
        if key:
            action.setShortcut(QKeySequence(key))
        action.setToolTip(f"{hint}  ({key})" if key else hint)
        return action

    def _compare(self) -> None:
        self.compared.emit(self._sender_data())

    def _take(self) -> None:
        self.tool_taken.emit(self._sender_data())

    def _step_blend(self) -> None:
        self.blend_stepped.emit(self._sender_data())

    def _step_rate(self) -> None:
        self.rate_stepped.emit(self._sender_data())

    def _sender_data(self) -> object:
        sender = self.sender()
        assert isinstance(sender, QAction)
        return sender.data()


class FileWindowsMenu(QMenu):
    """Windows and VOI LUTs of the file; filled whenever it opens."""

    window_chosen = Signal(object)  # a Window
    lut_chosen = Signal(int)  # which of the slice's VOI LUTs

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Windows of the file"))
        self.triggered.connect(self._choose)

    def show_slice(self, chosen: Slice | None) -> None:
        """List the windows and tables of a slice."""
        self.clear()
        if chosen is None or not (chosen.windows or chosen.voi_luts):
            self.addAction(self.tr("The file has none")).setEnabled(False)
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
