"""How fast a series is played, between a button for slower and one for faster."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from jrviewer.ui.slices.cine import Cine
from jrviewer.ui.state.captions import number

WIDEST = "▶ 29.97 / s (file)"


class RateControl(QWidget):
    """Shows a rate in slices a second, and where it comes from."""

    def __init__(self, slower: QAction, faster: QAction) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        self.label = QLabel()
        self.label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.label.setMinimumWidth(self.label.fontMetrics().horizontalAdvance(WIDEST))
        for part in (_button(slower), self.label, _button(faster)):
            row.addWidget(part)

    def show_rate(self, cine: Cine) -> None:
        """Show what it plays at, or would."""
        sign = "▶ " if cine.plays else ""
        digits = 0 if cine.rate == round(cine.rate) else 2 if cine.rate > 10 else 1
        words = self.tr("{} / s").format(number(cine.rate, digits))
        origin = {"file": self.tr(" (file)"), "user": "", "default": ""}[cine.origin]
        self.label.setText(f"{sign}{words}{origin}")
        meanings = {
            "file": self.tr("The rate that the file states"),
            "user": self.tr("The rate that you have chosen"),
            "default": self.tr("The file states no rate"),
        }
        self.label.setToolTip(meanings[cine.origin])
        self.label.setAccessibleName(self.tr("Slices a second: {}").format(self.label.text()))


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAutoRaise(True)
    button.setAccessibleName(action.text())
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
