"""First run: the notice with a check box, and hints inside the panes that go once they were done.
Both float: nothing jumps when they go.
"""

from typing import cast

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from jrviewer import NOTICE
from jrviewer.ui.widgets.floating import Floating
from jrviewer.ui.window.bars.message_bar import WIDEST_PX, MessageBar

STEPS = ("drop", "compare", "turn", "export")
HINT_TOP_PX = 118  # below the corner texts
HINT_WIDEST_PX = 320


class NoticeBar(QFrame):
    """The notice, shown until it is ticked, and never together with a message. Never modal."""

    ticked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setProperty("kind", "warning")
        self.setAccessibleName(self.tr("Notice"))
        self._text = QLabel(
            self.tr(
                "{} What the AI shows may be wrong: it can remove structures and invent anatomy. "
                "Look at the original first. Everything stays on this computer."
            ).format(NOTICE)
        )
        self._text.setWordWrap(True)
        self.tick = QCheckBox(self.tr("I have read this"))
        self.tick.toggled.connect(self._end)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 7, 12, 7)
        row.addWidget(QLabel("▲"))
        row.addWidget(self._text, 1)
        row.addWidget(self.tick)

    def give_way_to(self, messages: MessageBar) -> None:
        """Be hidden while there is a message: both lie in the same place."""
        messages.installEventFilter(self)
        self.setVisible(not self.tick.isChecked())

    def sizeHint(self) -> QSize:
        """As wide as it may be: a wrapping label would ask for less."""
        return QSize(WIDEST_PX, super().sizeHint().height())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give way to a message, and come back after it."""
        if event.type() == QEvent.Type.ShowToParent:
            self.hide()
        elif event.type() == QEvent.Type.HideToParent and not self.tick.isChecked():
            self.show()
        return False

    @Slot()
    def end(self) -> None:
        """It was read in an earlier run."""
        self.tick.setChecked(True)

    @Slot(bool)
    def _end(self, is_ticked: bool) -> None:
        if is_ticked:
            self.hide()
            self.ticked.emit()


class _Hint(QFrame):
    """One thing to try, over a pane."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("hint")
        self.label = QLabel()
        self.label.setWordWrap(True)
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setAccessibleName(self.tr("Dismiss the hints"))
        close.setToolTip(close.accessibleName())
        close.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        close.clicked.connect(self.closed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 5, 5)
        row.addWidget(self.label, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def sizeHint(self) -> QSize:
        """As wide as its text in one line."""
        wide = self.label.fontMetrics().horizontalAdvance(self.label.text())
        return QSize(wide + 60, super().sizeHint().height())

    def show_text(self, text: str) -> None:
        """Show a text; "" hides the hint."""
        self.label.setText(text)
        self.setAccessibleName(text)
        self.setVisible(bool(text))
        self.updateGeometry()


class Hints(QObject):
    """Four things to try, each in the pane that it is about, until it was done once."""

    ended = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._texts = {
            "drop": self.tr("Drop your own CT or MR slice anywhere on the window"),
            "compare": self.tr("Hold Space to see the original here, or drag to set the window"),
            "turn": self.tr("Drag to turn the cloud"),
            "export": self.tr("Ctrl+E exports"),
        }
        self.done: set[str] = set()
        self.is_ended = False
        self.hints: dict[tuple[str, ...], _Hint] = {}

    def float_over(self, original: QWidget, denoised: QWidget, cloud: QStackedWidget) -> None:
        """Lie over the panes, and over what the 3D pane shows later."""
        panes = {("drop",): original, ("compare", "export"): denoised, ("turn",): cloud}
        for steps, pane in panes.items():
            self.hints[steps] = hint = _Hint()
            hint.closed.connect(self.end)
            Floating(hint, pane, top_px=HINT_TOP_PX, widest_px=HINT_WIDEST_PX)
        cloud.currentChanged.connect(self.hints["turn",].raise_)
        self._show()

    def tick(self, step: str) -> None:
        """A step was done; after the last one no hint is left."""
        self.done.add(step)
        if len(self.done) == len(STEPS):
            self.end()
        self._show()

    def watch(self, canvas: QObject) -> None:
        """Tick "turn" when the cloud is turned."""
        canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Detect a drag with the left button."""
        is_move = isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove
        if is_move and cast("QMouseEvent", event).buttons() & Qt.MouseButton.LeftButton:
            watched.removeEventFilter(self)
            self.tick("turn")
        return False

    @Slot()
    def end(self) -> None:
        """No more hints."""
        if not self.is_ended:
            self.is_ended = True
            self._show()
            self.ended.emit()

    def _show(self) -> None:
        for steps, hint in self.hints.items():
            left = [] if self.is_ended else [one for one in steps if one not in self.done]
            hint.show_text(self._texts[left[0]] if left else "")
