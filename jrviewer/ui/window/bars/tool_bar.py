"""The toolbar, which shows icons only in windows too narrow for its texts."""

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtWidgets import QToolBar, QToolButton

from jrviewer.ui.widgets import theme

WITH_TEXT = Qt.ToolButtonStyle.ToolButtonTextUnderIcon
ICONS_ONLY = Qt.ToolButtonStyle.ToolButtonIconOnly


class ToolBar(QToolBar):
    """A fixed toolbar."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.setMovable(False)
        self.setToolButtonStyle(WITH_TEXT)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self._with_text_px = 0  # width with texts, known once it was shown with them
        self._refit = QTimer(self, singleShot=True, interval=0)
        self._refit.timeout.connect(self._fit_texts)
        self._name_extension()

    def changeEvent(self, event: QEvent) -> None:
        """Fit the tools to texts of another size, once all of them have it."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._refit.start()

    @Slot()
    def _fit_texts(self) -> None:
        self.toolButtonStyleChanged.emit(self.toolButtonStyle())  # widths follow it
        self.update_for_width(self.window().width())

    def update_for_width(self, window_px: int) -> None:
        """Drop the texts where they would push tools out of sight."""
        if self.toolButtonStyle() == WITH_TEXT:
            self._with_text_px = self.sizeHint().width()
        style = WITH_TEXT if window_px >= self._with_text_px else ICONS_ONLY
        if style != self.toolButtonStyle():
            self.setProperty("narrow", style == ICONS_ONLY)  # used by the style sheet
            theme.restyle(self)
            self.setToolButtonStyle(style)  # after the style sheet: the layout reads sizes now

    def _name_extension(self) -> None:
        """Give Qt's own button for tools that do not fit an icon, a name and the Tab key."""
        button = self.findChild(QToolButton, "qt_toolbar_ext_button")
        assert button is not None
        theme.set_icon(button, "more")
        button.setToolTip(self.tr("More tools"))
        button.setAccessibleName(self.tr("More tools"))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
