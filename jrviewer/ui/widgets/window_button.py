"""Toolbar button that shows the name of the current window and opens a menu of windows."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from jrviewer.ui.widgets import theme
from jrviewer.ui.widgets.elided_label import elided

# Longer names, e.g. of a file's window, are elided to the width of these.
LONGEST, LONGEST_NARROW = "Mediastinum", "Abdomen"
ROUNDING_PX = 2  # or the longest name itself would be elided

Style = Qt.ToolButtonStyle


class WindowButton(QToolButton):
    """A menu button of constant width, so that the tools beside it do not jump."""

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
        """Show a window's name, with its size in the tooltip."""
        self._shown = name, size
        meaning = self.tr("Window: {}").format(name)
        self.setAccessibleName(meaning)
        self.setToolTip(f"{meaning}  {size}".strip())
        width_px = self.fontMetrics().horizontalAdvance(self._longest) + ROUNDING_PX
        self.setText(elided(name, self.fontMetrics(), width_px))

    @Slot(Style)
    def follow(self, style: Style) -> None:
        """Keep the name beside the icon where the other tools show only icons."""
        has_words = style == Style.ToolButtonTextUnderIcon
        self.setToolButtonStyle(style if has_words else Style.ToolButtonTextBesideIcon)
        self._longest = LONGEST if has_words else LONGEST_NARROW
        self.setText(self._longest)
        self.ensurePolished()
        self.setFixedWidth(self.sizeHint().width())
        self.show_window(*self._shown)
