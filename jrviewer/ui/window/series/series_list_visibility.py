"""Whether the series list is visible: as the user prefers in wide windows, and only on request in
narrow ones.
"""

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QAction

from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.window.bars.message_bar import MessageBar
from jrviewer.ui.window.series.series_list import WIDTH_PX, SeriesList

REMEMBERED = "window/series list"


class SeriesListVisibility(QObject):
    """Shows and hides the series list, and remembers the user's preference."""

    def __init__(
        self,
        series_list: SeriesList,
        toggle_action: QAction,
        message_bar: MessageBar,
        preferences: Preferences,
    ) -> None:
        super().__init__(series_list)
        self._series_list, self._toggle_action = series_list, toggle_action
        self._message_bar, self._preferences = message_bar, preferences
        self._was_wide: bool | None = None

    def update_for_width(self, window_px: int, narrow_px: int) -> None:
        """Show or hide the list when the window becomes wide or narrow; `narrow_px`: for panes."""
        is_wide = window_px >= narrow_px + WIDTH_PX
        if is_wide != self._was_wide:
            self._was_wide = is_wide
            self._show(is_shown=is_wide and bool(self._preferences.get(REMEMBERED, True)))

    def show_hint(self, count: int) -> None:
        """Say which key lists the series where several are open and the list is hidden."""
        if count > 1 and not self._toggle_action.isChecked():
            words = self.tr("{} series are open: F9 lists them.").format(count)
            self._message_bar.show_message("note", words)

    @Slot(bool)
    def toggle(self, is_shown: bool) -> None:
        """Show or hide the list; remembered for wide windows only."""
        if self._was_wide:
            self._preferences.put(REMEMBERED, is_shown)
        self._show(is_shown=is_shown)

    def _show(self, *, is_shown: bool) -> None:
        self._toggle_action.setChecked(is_shown)
        self._series_list.setVisible(is_shown)
