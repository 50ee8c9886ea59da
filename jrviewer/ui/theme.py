"""Colours and icons: the dark theme is the default."""

from PySide6.QtGui import QColor, QIcon, QPalette
from PySide6.QtWidgets import QApplication

from jrviewer.resources import resource

_DARK = {
    QPalette.ColorRole.Window: "#1b2025",
    QPalette.ColorRole.WindowText: "#d6dee4",
    QPalette.ColorRole.Base: "#14181c",
    QPalette.ColorRole.AlternateBase: "#1f252b",
    QPalette.ColorRole.Text: "#d6dee4",
    QPalette.ColorRole.Button: "#262d34",
    QPalette.ColorRole.ButtonText: "#d6dee4",
    QPalette.ColorRole.ToolTipBase: "#2b333b",
    QPalette.ColorRole.ToolTipText: "#e6edf2",
    QPalette.ColorRole.Highlight: "#2f7f95",
    QPalette.ColorRole.HighlightedText: "#ffffff",
    QPalette.ColorRole.PlaceholderText: "#8492a0",
    QPalette.ColorRole.Link: "#78d7eb",
}


def apply_dark(application: QApplication) -> None:
    """Fusion with a dark palette and the style sheet of resources/style."""
    application.setStyle("Fusion")
    palette = QPalette()
    for role, colour in _DARK.items():
        palette.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#66727d"))
    application.setPalette(palette)
    application.setStyleSheet(resource("style/dark.qss").read_text(encoding="utf-8"))


def icon(name: str) -> QIcon:
    """A bundled icon, e.g. "open"."""
    return QIcon(str(resource(f"icons/{name}.svg")))
