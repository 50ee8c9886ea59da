"""What the window says in passing, in its message bar: errors, warnings, and what was done."""

from PySide6.QtCore import QObject, Slot

from jrviewer.ui.crash_log import versions
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.bars.message_bar import MessageBar
from jrviewer.ui.window.bars.status_bar import StatusBar
from jrviewer.ui.window.series.series_warnings import SeriesWarnings


class Messages(QObject):
    """Puts what happened into sentences on the message bar."""

    def __init__(self, session: Session, bar: MessageBar, status_bar: StatusBar) -> None:
        super().__init__(bar)
        self._session, self._bar, self._status_bar = session, bar, status_bar
        self.series_warnings = SeriesWarnings(session, bar)
        self._reasons = ""  # of the input check, if they are shown

    @Slot(str)
    def show_error(self, sentence: str) -> None:
        """Show an error."""
        self._bar.show_message("error", sentence)

    @Slot(str, str)
    def show_refused(self, sentence: str, reasons: str) -> None:
        """Show which files were not opened, and why."""
        details = f"{versions()}\n{reasons}"
        self._bar.show_message("error", sentence, details=details, nameless=reasons)
        self.series_warnings.add_to_refused()

    @Slot(str, str)
    def show_passed_over(self, sentence: str, reasons: str) -> None:
        """Say in passing which files are no images; warnings of the series come first."""
        if self.series_warnings.is_shown:
            self._bar.add_line(sentence.split("\n")[0])
            return
        details = f"{versions()}\n{reasons}"
        self._bar.show_message("note", sentence, details=details, is_brief=True)

    @Slot(str)
    def show_warning(self, sentence: str) -> None:
        """Show a warning."""
        self._bar.show_message("warning", sentence)

    @Slot(str)
    def show_note(self, sentence: str) -> None:
        """Show something that is neither wrong nor doubtful."""
        self._bar.show_message("note", sentence)

    @Slot()
    def offer_measured(self) -> None:
        """Offer what was measured beside what was inferred."""
        words = self.tr("The series shows what really lies around this slice.")
        self._bar.show_message("note", words, self.tr("Compare the cloud with it"))

    @Slot(str)
    def show_exported(self, name: str) -> None:
        """Show which files were written."""
        self._bar.show_message("note", self.tr("Exported: {}").format(name))

    @Slot()
    def show_reasons(self) -> None:
        """Show the reasons of the input check."""
        self._reasons = self._status_bar.check.toolTip()
        self._bar.show_message("warning", self._reasons)

    @Slot()
    def end_reasons(self) -> None:
        """Another slice is shown, or this one anew: the reasons were not of that."""
        self._bar.take_back(self._reasons)
        self._reasons = ""

    @Slot(int, int)
    def show_series_done(self, done: int, refused: int) -> None:
        """Show how many slices of the series have a result, and how many of these are new."""
        known = self._session.prefetcher.known
        words = self.tr("Whole series: {} of {} slices done, {} new.").format(
            known + done, known + done + refused, done
        )
        if refused:
            words += " " + self.tr("{} were refused by the input check.").format(refused)
        self._bar.show_message("warning" if refused else "note", words)

    @Slot()
    def show_copied(self) -> None:
        """Show what was copied to the clipboard."""
        words = self.tr(
            "Both slices were copied to the clipboard, with the notice and without patient text."
        )
        self._bar.show_message("note", words)

    @Slot(str)
    def show_crash(self, details: str) -> None:
        """Show that something unforeseen happened, with details to copy."""
        words = self.tr("Internal error. Your open series is not affected. Please try again.")
        self._bar.show_message("error", words, details=details)
