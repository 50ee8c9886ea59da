"""Whether the list of series has its place beside the panes: as the user likes it where there is
room for both, and in narrow windows only once it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from jrviewer.ui.window.panes import NARROW_PX
from jrviewer.ui.window.series_list import WIDTH_PX

if TYPE_CHECKING:
    from jrviewer.ui.window.main_window import MainWindow

REMEMBERED = "window/series list"


class SeriesListVisibility(QObject):
    """Shows and hides the list of one window, and remembers the user's liking."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._was_wide: bool | None = None

    def update_for_width(self) -> None:
        """The window has another width: give the list its place, or take it."""
        is_wide = self._window.width() >= NARROW_PX + WIDTH_PX
        if is_wide != self._was_wide:
            self._was_wide = is_wide
            self._show(is_shown=is_wide and bool(self._window.preferences.get(REMEMBERED, True)))

    @Slot(object)
    def show_hint(self, series: tuple[object, ...]) -> None:
        """Say how to come by other series where the list has no place."""
        if len(series) > 1 and not self._window.actions_.series.isChecked():
            words = self.tr("{} series are open: F9 lists them.").format(len(series))
            self._window.message_bar.show_message("note", words)

    @Slot(bool)
    def toggle(self, is_shown: bool) -> None:
        """The user wants it, or does not; in a narrow window that is for now only."""
        if self._was_wide:
            self._window.preferences.put(REMEMBERED, is_shown)
        self._show(is_shown=is_shown)

    def _show(self, *, is_shown: bool) -> None:
        self._window.actions_.series.setChecked(is_shown)
        self._window.series_list.setVisible(is_shown)
