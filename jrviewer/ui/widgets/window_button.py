"""The toolbar's button for the window of values: it bears the name of the one in force."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from jrviewer.ui.widgets import theme

# The width of a longer name, which a file may bring, is cut to this one's.
LONGEST, LONGEST_NARROW = "Mediastinum", "Abdomen"
ROUNDING_PX = 2  # or the longest name itself would be cut

Style = Qt.ToolButtonStyle


class WindowButton(QToolButton):
    """Opens a menu of windows; never changes its width, or the tools beside it would jump."""

    def __init__(self, bar: QToolBar, actions: Sequence[QAction]) -> None:
        super().__init__(bar)
        self._shown, self._longest = (self.tr("Window"), ""), LONGEST
        self.choices = QMenu(bar)
        self.choices.addActions(actions)
        self.setMenu(self.choices)
        theme.set_icon(self, "window")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.follow(bar.toolButtonStyle())
        bar.toolButtonStyleChanged.connect(self.follow)

    def show_window(self, name: str, size: str) -> None:
        """Bear a window's name; its size, in words, is the hint's."""
        self._shown = name, size
        meaning = self.tr("Window: {}").format(name)
        self.setAccessibleName(meaning)
        self.setToolTip(f"{meaning}  {size}".strip())
        room = self.fontMetrics().horizontalAdvance(self._longest) + ROUNDING_PX
        self.setText(self.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, room))

    @Slot(Style)
    def follow(self, style: Style) -> None:
        """Keep the name where the bar's other tools show icons alone."""
        has_words = style == Style.ToolButtonTextUnderIcon
        self.setToolButtonStyle(style if has_words else Style.ToolButtonTextBesideIcon)
        self._longest = LONGEST if has_words else LONGEST_NARROW
        self.setText(self._longest)
        self.ensurePolished()
        self.setFixedWidth(self.sizeHint().width())
        self.show_window(*self._shown)
