"""Message bar over the panes, for errors, warnings and notes. Never modal; it moves no picture."""

from typing import Literal

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

Kind = Literal["error", "warning", "note"]
SIGNS = {"error": "!", "warning": "▲", "note": "i"}
RANKS = {"error": 2, "warning": 1, "note": 0}
WIDEST_PX = 760
SPACING_PX = 10
NOTE_MS = 15_000  # errors and warnings stay


class MessageBar(QFrame):
    """A message with a sign, an optional action, and a button to dismiss it. What is less grave
    than a message that was not dismissed stands below that for a while.
    """

    acted = Signal()
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageBar")
        self.setAccessibleName(self.tr("Message"))
        self._sign = QLabel()
        self._sign.setObjectName("messageSign")
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.action = QPushButton()
        self.action.clicked.connect(self._act)
        self._details = self._named = self._nameless = self._below = ""
        self._kind: Kind = "note"
        self._names_shown = True
        self._is_brief = self._has_more = False  # only the first line is shown; others can be
        self.copy = QPushButton(self.tr("Copy details"))
        self.copy.clicked.connect(self._copy_details)
        self.more = QPushButton()
        self.more.clicked.connect(self._toggle_lines)
        close = QToolButton()
        close.setText("✕")
        close.setAutoRaise(True)
        close.setAccessibleName(self.tr("Dismiss the message"))
        close.setToolTip(close.accessibleName())
        close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.setSpacing(SPACING_PX)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._text, 1)
        row.addWidget(self.more)
        row.addWidget(self.action)
        row.addWidget(self.copy)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._leave = QTimer(self, singleShot=True, interval=NOTE_MS)
        self._leave.timeout.connect(self._leave_unless_used)
        self.hide()

    @property
    def text(self) -> str:
        """The whole message; "" if hidden."""
        return "" if self.isHidden() else self._text.accessibleDescription()

    def sizeHint(self) -> QSize:
        """As wide as the longest line and the buttons need; a wrapping label would ask for less."""
        lines = self._text.text().split("\n")
        width = max(self._text.fontMetrics().horizontalAdvance(line) for line in lines)
        others = [part for part in self.findChildren(QAbstractButton) if not part.isHidden()]
        beside = sum(part.sizeHint().width() + SPACING_PX for part in others)
        return QSize(width + beside + 4 * SPACING_PX, super().sizeHint().height())

    def show_names(self, *, shown: bool) -> None:
        """Show or hide file names, which may identify a patient."""
        self._names_shown = shown
        self._put_text()

    def show_message(
        self,
        kind: Kind,
        text: str,
        action: str = "",
        details: str = "",
        nameless: str = "",
        *,
        is_brief: bool = False,
    ) -> None:
        """Show a message. `action` is the text of a button that emits `acted`; `details`, free of
        patient data, get a button that copies them; `nameless` is the message without file names.
        `is_brief` shows the first line, and a button that shows the others.
        """
        if not self.isHidden() and RANKS[kind] < RANKS[self._kind]:
            self._put_below("" if action else text)
            return
        self._is_brief = self._has_more = is_brief
        self._kind, self._details, self._below = kind, details, ""
        self._named, self._nameless = text, nameless or text
        self.copy.setVisible(bool(details))
        self.setProperty("kind", kind)
        self.style().unpolish(self)  # the style sheet uses the kind
        self.style().polish(self)
        self._sign.setText(SIGNS[kind])
        self._put_text()
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.show()
        self._leave.start() if kind == "note" and not action else self._leave.stop()

    def add_line(self, text: str) -> None:
        """Add a line, free of names, to the message shown."""
        self._named += f"\n{text}"
        self._nameless += f"\n{text}"
        self._put_text()

    def take_back(self, text: str) -> None:
        """Show a message, free of names, no more: it is true no longer."""
        if not text or self.isHidden():
            return
        if self._named == text:
            self.hide()
            return
        if self._below == text:
            self._below = ""
        self._named = self._named.replace(f"\n{text}", "")
        self._nameless = self._nameless.replace(f"\n{text}", "")
        self._put_text()

    def _put_below(self, text: str) -> None:
        if text:
            self._below = text
            self._put_text()
            self._leave.start()

    def _put_text(self) -> None:
        text = self._named if self._names_shown else self._nameless
        first, *others = text.split("\n")
        below = [self._below] if self._below else []
        self.more.setVisible(self._has_more and bool(others))
        self.more.setText(
            self.tr("{} more").format(len(others)) if self._is_brief else self.tr("Less")
        )
        self._text.setText("\n".join([first if self._is_brief else text, *below]))
        self._text.setAccessibleDescription("\n".join([text, *below]))
        self.updateGeometry()

    @Slot()
    def _toggle_lines(self) -> None:
        self._is_brief = not self._is_brief
        self._put_text()

    @Slot()
    def _leave_unless_used(self) -> None:
        """A note goes by itself, but not while the pointer or the keyboard is on it."""
        focus = QApplication.focusWidget()
        if self.underMouse() or (focus is not None and self.isAncestorOf(focus)):
            self._leave.start()
        elif self._below:
            self._below = ""
            self._put_text()
        else:
            self.dismiss()

    def dismiss(self) -> None:
        """Hide the message."""
        self.hide()
        self.dismissed.emit()

    @Slot()
    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(self._details)

    def _act(self) -> None:
        self.hide()
        self.acted.emit()
