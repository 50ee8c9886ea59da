"""A toolbar button that opens a menu."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from jrviewer.ui.widgets import theme


def menu_button(bar: QToolBar, text: str, icon: str, actions: Sequence[QAction]) -> QToolButton:
    """A toolbar button that opens a menu."""
    menu = QMenu(bar)
    menu.addActions(actions)
    button = QToolButton(bar)
    button.setText(text)
    theme.set_icon(button, icon)
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setToolButtonStyle(bar.toolButtonStyle())
    bar.toolButtonStyleChanged.connect(button.setToolButtonStyle)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(menu)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
