"""Actions that choose the denoising strength, and the toolbar button that names it."""

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar

from jrviewer.core.strength import HIGH, LOW, NAMED, STANDARD, Strength
from jrviewer.ui.state.strength import strength_name
from jrviewer.ui.widgets.menu_button import menu_button

KEYS = "Alt+{}"


class StrengthActions(QObject):
    """Low, Standard, High, and a strength of one's own."""

    chosen = Signal(object)  # Strength
    custom_requested = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.group = QActionGroup(self)
        self.named = {
            one.name: self._make(number, f"{strength_name(one)}  −{100 * one.reduction:.0f} %")
            for number, one in enumerate((LOW, STANDARD, HIGH), start=1)
        }
        self.custom = self._make(len(self.named) + 1, self.tr("Custom…"))
        self.custom.setToolTip(self._hint(self.tr("Choose another denoising strength"), 4))
        for number, (name, action) in enumerate(self.named.items(), start=1):
            words = self.tr("Denoising strength: {}").format(strength_name(NAMED[name]))
            action.setToolTip(self._hint(words, number))
            action.setData(name)
            action.triggered.connect(self._choose)
        self.custom.triggered.connect(self._ask)

    def everything(self) -> list[QAction]:
        """All actions, so that the window can take their keys."""
        return [*self.named.values(), self.custom]

    def fill(self, bar: QToolBar) -> None:
        """Put the button on the toolbar."""
        self.button = menu_button(bar, strength_name(STANDARD), "strength", self.everything())
        bar.addWidget(self.button)
        bar.toolButtonStyleChanged.connect(self._keep_width)
        self._keep_width()
        self.show_strength(STANDARD)

    def context_menu(self, menu: QMenu) -> None:
        """Add the actions to the menu of a slice pane."""
        menu.addMenu(self.tr("Denoising strength")).addActions(self.everything())

    @Slot(object)
    def show_strength(self, strength: Strength) -> None:
        """Name the strength on the button and check its action."""
        self.named.get(strength.name, self.custom).setChecked(True)
        self._shown, name = strength, strength_name(strength)
        meaning = self.tr("Denoising strength: {}").format(name)
        self.button.setText(name)
        self.button.setAccessibleName(meaning)
        self.button.setToolTip(meaning)

    @Slot()
    def _keep_width(self) -> None:
        """Be as wide as the longest name needs, so that the tools beside it do not jump."""
        shown = self.button.text()
        self.button.ensurePolished()
        widths = []
        for one in NAMED.values():
            self.button.setText(strength_name(one))
            widths.append(self.button.sizeHint().width())
        self.button.setText(shown)
        self.button.setFixedWidth(max(widths))

    def _make(self, number: int, text: str) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(KEYS.format(number)))
        action.setCheckable(True)
        self.group.addAction(action)
        return action

    def _hint(self, words: str, number: int) -> str:
        return f"{words}  ({KEYS.format(number)})"

    def _ask(self) -> None:
        """Ask for another strength; until then, the action of the current one stays checked."""
        self.show_strength(self._shown)
        self.custom_requested.emit()

    def _choose(self) -> None:
        sender = self.sender()
        assert isinstance(sender, QAction)
        self.chosen.emit(NAMED[sender.data()])
