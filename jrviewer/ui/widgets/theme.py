"""Colours and icons: dark (default), light, or as the system.

There is one style sheet, the dark one; the light theme replaces its colours, so that both have the
same rules.
"""

import re
from functools import lru_cache, partial

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from jrviewer.core.resources import resource

Iconed = QAction | QToolButton

_FONT_SIZE = re.compile(r"font-size: (\d+)px")
ICON_NAME = "icon_name"  # property with the name of a widget's icon
ICON_SIZES = (20, 24, 40, 48)  # pixels, for up to two device pixels per point
_STROKE = "#d6dee4"

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

LIGHT = {
    "#1b2025": "#f1f3f5",
    "#0e1114": "#c3cad0",
    "#343d46": "#c3cad0",
    "#d6dee4": "#20282f",
    "#2b333b": "#e2e7eb",
    "#24424d": "#cfe6ec",
    "#3f8ea3": "#2f7f95",
    "#78d7eb": "#176b80",
    "#66727d": "#8d979f",
    "#4a545e": "#c3cad0",
    "#3d4853": "#b6bfc6",
    "#343e48": "#d5dce1",
    "#232a31": "#e8ecef",
    "#2f7f95": "#2f7f95",
    "#ffffff": "#0b2a33",
    "#e6edf2": "#161d23",
    "#96a2ac": "#515c66",
    "#6a4fb0": "#d9cdf5",
    "#3a2024": "#f8dde0",
    "#e0707a": "#b83643",
    "#382d1a": "#fbeccb",
    "#ebaa3c": "#a86a00",
    "#ebcf78": "#7a5600",
    "#14181c": "#ffffff",
    "#1f252b": "#f5f7f8",
    "#262d34": "#e8ecef",
    "#8492a0": "#69747e",
    "#82e696": "#1b7a34",
    "#ff8a8a": "#b32626",
}


def apply(application: QApplication, name: str, text_size: int = 100) -> None:
    """Apply the Fusion style with a theme: "dark", "light" or "system"; `text_size` in per cent."""
    if name == "system":
        scheme = application.styleHints().colorScheme()
        name = "light" if scheme == Qt.ColorScheme.Light else "dark"
    if application.property("theme") == (applied := f"{name} {text_size}"):
        return
    application.setProperty("theme", applied)
    is_light = name == "light"
    application.setStyle("Fusion")
    palette = QPalette()
    for role, colour in _DARK.items():
        palette.setColor(role, QColor(_shade(colour, is_light=is_light)))
    if is_light:
        palette.setColor(QPalette.ColorRole.HighlightedText, QColor("#ffffff"))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        faint = QColor(_shade("#66727d", is_light=is_light))
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    application.setPalette(palette)
    sheet = resource("style/dark.qss").read_text(encoding="utf-8")
    if is_light:
        sheet = re.sub(r"#[0-9a-f]{6}\b", lambda found: _shade(found[0], is_light=True), sheet)
    application.setStyleSheet(_FONT_SIZE.sub(partial(_scaled, text_size), sheet))


def apply_dark(application: QApplication) -> None:
    """Apply the default theme."""
    apply(application, "dark")


def icon(name: str) -> QIcon:
    """A bundled icon, e.g. "open", in the colours of the current theme."""
    return _icon(name, QApplication.palette().color(QPalette.ColorRole.ButtonText).name())


def set_icon(target: Iconed, name: str) -> None:
    """Set an icon, and its name for `refresh`."""
    target.setProperty(ICON_NAME, name)
    target.setIcon(icon(name))


def refresh(window: QWidget) -> None:
    """Update the icons of a window after the theme has changed."""
    targets: list[Iconed] = [*window.findChildren(QAction), *window.findChildren(QToolButton)]
    for target in targets:
        if name := target.property(ICON_NAME):
            target.setIcon(icon(name))


def restyle(widget: QWidget) -> None:
    """Apply the style sheet again, after a property has changed."""
    for one in (widget, *widget.findChildren(QWidget)):
        one.style().unpolish(one)
        one.style().polish(one)


def _scaled(per_cent: int, size: re.Match[str]) -> str:
    return f"font-size: {round(int(size[1]) * per_cent / 100)}px"


def _shade(colour: str, *, is_light: bool) -> str:
    return LIGHT.get(colour, colour) if is_light else colour


@lru_cache(maxsize=64)
def _icon(name: str, colour: str) -> QIcon:
    path = resource(f"icons/{name}.svg")
    if colour == _STROKE:
        return QIcon(str(path))
    drawing = path.read_text(encoding="utf-8").replace(_STROKE, colour)
    made = QIcon()
    for size in ICON_SIZES:
        sized = drawing.replace('width="24" height="24"', f'width="{size}" height="{size}"')
        pixmap = QPixmap()
        pixmap.loadFromData(QByteArray(sized.encode()), "SVG")
        made.addPixmap(pixmap)
    return made
