"""First run: the notice with a check box, and four steps that are ticked when done."""

from typing import cast

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from jrviewer import NOTICE
from jrviewer.ui.widgets.elided_label import ElidedLabel

STEPS = ("drop", "compare", "turn", "export")


class NoticeBar(QFrame):
    """The notice, shown until it is ticked. Never modal."""

    ticked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setProperty("kind", "warning")
        self.setAccessibleName(self.tr("Notice"))
        text = QLabel(
            self.tr(
                "{} What the AI shows may be wrong: it can remove structures and invent anatomy. "
                "Look at the original first. Everything stays on this computer."
            ).format(NOTICE)
        )
        text.setWordWrap(True)
        self.tick = QCheckBox(self.tr("I have read this"))
        self.tick.toggled.connect(self._end)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 12, 5)
        row.addWidget(QLabel("▲"))
        row.addWidget(text, 1)
        row.addWidget(self.tick)

    @Slot(bool)
    def _end(self, is_ticked: bool) -> None:
        if is_ticked:
            self.hide()
            self.ticked.emit()


class StepsBar(QFrame):
    """Four things to try; each is ticked once it was done."""

    ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setProperty("kind", "note")
        self.setAccessibleName(self.tr("First steps"))
        self._texts = {
            "drop": self.tr("Drop your own CT or MR slice on the window"),
            "compare": self.tr("Compare: hold Space, drag to set the window"),
            "turn": self.tr("Turn the cloud with the left mouse button"),
            "export": self.tr("Export with Ctrl+E"),
        }
        self._labels = {step: ElidedLabel() for step in STEPS}
        self.done: set[str] = set()
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setAccessibleName(self.tr("Dismiss the first steps"))
        close.setToolTip(close.accessibleName())
        close.clicked.connect(self._end)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 6, 4)
        row.setSpacing(18)
        for label in self._labels.values():
            row.addWidget(label)
        row.addStretch()
        row.addWidget(close)
        self._show()

    def tick(self, step: str) -> None:
        """Tick a step; after the last one the bar is hidden."""
        self.done.add(step)
        self._show()
        if len(self.done) == len(STEPS):
            self._end()

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

    def _show(self) -> None:
        for number, (step, label) in enumerate(self._labels.items(), start=1):
            sign = "✓" if step in self.done else f"{number}."
            label.setText(f"{sign} {self._texts[step]}")
            label.setToolTip(self._texts[step])
            label.setEnabled(step not in self.done)

    @Slot()
    def _end(self) -> None:
        self.hide()
        self.ended.emit()
