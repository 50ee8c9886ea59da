"""Warnings of the series shown, in the message bar, where they are read without hovering."""

from collections import Counter

from PySide6.QtCore import QCoreApplication, QObject, Slot

from jrviewer.core.records import Series
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.bars.message_bar import MessageBar


class SeriesWarnings(QObject):
    """Shows the warnings of a series when it is chosen."""

    def __init__(self, session: Session, message_bar: MessageBar) -> None:
        super().__init__(message_bar)
        self._session, self._message_bar = session, message_bar
        self._shown = ""

    @property
    def is_shown(self) -> bool:
        """Whether the message bar shows warnings of the series."""
        return bool(self._shown) and self._message_bar.text.startswith(self._shown)

    @Slot(int)
    def show_chosen(self, index: int) -> None:
        """Show the warnings of a series; those of the one before it go."""
        self._message_bar.take_back(self._shown)
        series = self._session.all_series[index]
        # A simulated dose is written on every pane.
        is_said = self._session.is_partial or series[0].simulated_dose is not None
        self._shown = "" if is_said else warnings_of(series)
        if self._shown:
            self._message_bar.show_message("warning", self._shown, is_brief=True)

    def add_to_refused(self) -> None:
        """Repeat them below what was said of refused files."""
        if self._shown:
            self._message_bar.add_line(self._shown)


def warnings_of(series: Series) -> str:
    """The warnings of a series and of its slices, a line each."""
    counts = Counter(sentence for one in series for sentence in one.warnings)
    total = len(series)
    partly = _tr("{} ({} of {} slices)")
    of_slices = [
        one if count == total else partly.format(one, count, total) for one, count in counts.items()
    ]
    return "\n".join((*series.warnings, *of_slices))


def _tr(text: str) -> str:
    return QCoreApplication.translate("series_warnings", text)
