"""Toolbar button with the ways to run the model, which becomes Stop while something runs."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from jrviewer.ui.state.session import Busy
from jrviewer.ui.widgets import theme

DELAY_MS = 600  # what is done sooner, such as the next slice, does not make the button blink

Mode = QToolButton.ToolButtonPopupMode


class RunButton(QToolButton):
    """A menu button; while work goes on, a plain one that stops it. Its width never changes."""

    stop_requested = Signal()

    def __init__(self, bar: QToolBar, actions: Sequence[QAction]) -> None:
        super().__init__(bar)
        self.choices = QMenu(bar)
        self.choices.addActions(actions)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._click)
        self.stops = False
        self._delay = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._delay.timeout.connect(self.become_stop)
        self._show()
        self.follow(bar.toolButtonStyle())
        bar.toolButtonStyleChanged.connect(self.follow)

    @Slot(object)
    def show_busy(self, busy: Busy | None) -> None:
        """Offer to stop what takes a while."""
        if busy is None:
            self._delay.stop()
            self.stops = False
            self._show()
        elif not self.stops and not self._delay.isActive():
            self._delay.start()

    @Slot()
    def become_stop(self) -> None:
        """Offer to stop, for it takes a while."""
        self.stops = True
        self._show()

    @Slot(Qt.ToolButtonStyle)
    def follow(self, style: Qt.ToolButtonStyle) -> None:
        """Be as wide as the longer of both words needs."""
        self.setToolButtonStyle(style)
        self.ensurePolished()
        self.setMinimumWidth(0)
        widths = []
        for word in (self.tr("Run"), self.tr("Stop")):
            self.setText(word)
            widths.append(self.sizeHint().width())
        self.setFixedWidth(max(widths))
        self._show()

    def _show(self) -> None:
        word = self.tr("Stop") if self.stops else self.tr("Run")
        hint = self.tr("Stop the current work  (Esc)") if self.stops else self.tr("Run the model")
        self.setText(word)
        self.setAccessibleName(word)
        self.setToolTip(hint)
        self.setMenu(None if self.stops else self.choices)  # type: ignore[arg-type]  # Qt takes none
        self.setPopupMode(Mode.DelayedPopup if self.stops else Mode.InstantPopup)
        theme.set_icon(self, "cancel" if self.stops else "run")

    @Slot()
    def _click(self) -> None:
        if self.stops:
            self.stop_requested.emit()
