"""Segmented control: adjacent buttons, of which exactly one is pressed."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QWidget


class SegmentedControl(QWidget):
    """Shows the checkable actions of one exclusive group side by side, by their short names."""

    def __init__(self, name: str, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        frame = QFrame(self)  # as high as its buttons, whatever the bar's height
        frame.setObjectName("segments")
        around = QHBoxLayout(self)
        around.setContentsMargins(2, 0, 2, 0)
        around.addWidget(frame, 0, Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(frame)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for action in actions:
            button = QToolButton(frame)
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setAccessibleName(f"{name}: {action.text()}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
