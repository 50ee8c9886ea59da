"""Frame around a view: a title that says what it shows, with a badge if the model made it."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from jrviewer.ui.widgets import theme
from jrviewer.ui.widgets.elided_label import ElidedLabel


class Header(QWidget):
    """The title line; a double-click on it maximises."""

    maximised = Signal()

    def __init__(self, title: str, badge: str = "") -> None:
        super().__init__()
        self.setObjectName("paneHeader")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.title, self.detail = ElidedLabel(), ElidedLabel(is_whole=True)
        self.title.setText(title)  # a longer title must not change the panes' widths
        self.title.setObjectName("paneTitle")
        self.detail.setObjectName("paneDetail")
        # The title has priority.
        self.detail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.detail.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        self._tools: list[QWidget] = []
        self._giving_way: list[QWidget] = []
        self.badge = QLabel(badge)
        self.badge.setObjectName("badge")
        policy = self.badge.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # or the title would jump when it is hidden
        self.badge.setSizePolicy(policy)
        if badge:
            row.addWidget(self.badge)
        row.addWidget(self.title)
        row.addWidget(self.detail, 1)

    def add_tool(self, tool: QWidget, *, gives_way: bool) -> None:
        """Put a tool at the right end; one that gives way goes where the title would be cut."""
        self._tools.append(tool)
        if gives_way:
            self._giving_way.append(tool)
        if (row := self.layout()) is not None:
            row.addWidget(tool)

    def event(self, event: QEvent) -> bool:
        """Make room for the title whenever a text, the font or the width changes."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._make_room()
        return super().event(event)

    def _make_room(self) -> None:
        row = self.layout()
        if row is None or not self._giving_way:
            return
        margins = row.contentsMargins()
        needed = margins.left() + margins.right() - row.spacing()
        for part in (self.badge, self.title, *self._tools):
            if part is self.badge or part in self._giving_way or not part.isHidden():
                needed += part.sizeHint().width() + row.spacing()
        for tool in self._giving_way:
            tool.setVisible(needed <= self.width())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Maximise or restore."""
        self.maximised.emit()


class Pane(QFrame):
    """A view with an optional title line."""

    maximised = Signal()

    def __init__(self, view: QWidget, header: Header | None = None) -> None:
        super().__init__()
        self.view = view
        self._header = header
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        if header is not None:
            self.setAccessibleName(header.title.text())
            header.maximised.connect(self.maximised)
            column.addWidget(header)
        column.addWidget(view, 1)

    def show_title(self, text: str, *, has_badge: bool) -> None:
        """Set what the view shows, and whether any of it was made by the model."""
        if self._header is not None:
            self._header.title.setText(text)
            self._header.title.setToolTip(text)
            self._header.badge.setVisible(has_badge)
            self.setAccessibleName(text)

    def show_badge(self, text: str) -> None:
        """Set the badge's text."""
        if self._header is not None:
            self._header.badge.setText(text)

    def show_focus(self, *, has_focus: bool) -> None:
        """Underline the title if the pane has the keyboard focus."""
        header = self.findChild(Header)
        if header is None or header.property("focused") == has_focus:
            return
        header.setProperty("focused", has_focus)
        theme.restyle(header)

    def add_tool(self, tool: QWidget, *, gives_way: bool = False) -> None:
        """Put a tool at the right end of the title line; see `Header.add_tool`."""
        if self._header is not None:
            self._header.add_tool(tool, gives_way=gives_way)

    def show_detail(self, text: str) -> None:
        """Set the text right of the title."""
        if self._header is not None:
            self._header.detail.setText(text)


def back_button(text: str) -> QToolButton:
    """A button for the title line that leads back to something; hidden, and no higher than it."""
    button = QToolButton()
    button.setObjectName("backButton")
    button.setText(text)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
    button.hide()
    return button
