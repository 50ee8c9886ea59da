"""Exports from the window: files of a slice or a whole series, an image for the clipboard."""

import itertools
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication, QImage

from jrviewer.ui.dialogs.export_choices import ExportSource
from jrviewer.ui.jobs import backend
from jrviewer.ui.jobs.surface_export import evidence_of, with_surface
from jrviewer.ui.state.session import Session
from jrviewer.ui.state.view import shade_of

if TYPE_CHECKING:
    from jrviewer.export.writer import ExportRequest

LANE = "export"
NAMED = 4  # files that are named; the rest is counted


class ExportController(QObject):
    """Lets the worker write results of the session."""

    exported = Signal(str)  # the written files
    failed = Signal(str)
    copied = Signal()
    folder_shown = Signal(str)
    warned = Signal(str)  # it was written, but may show the patient's name

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._folder = ""  # of the next export, to be shown afterwards
        self._numbers = itertools.count()
        session.foreground.cancelled.connect(self._show_cancelled)

    def write(self, source: ExportSource, request: "ExportRequest", *, whole_series: bool) -> None:
        """Write files; slices of a series without a result are predicted first."""
        session, shown = self._session, source.prediction
        slices = source.series.slices if whole_series else (shown.slice,)
        known = {**session.known_predictions(), shown.slice: shown}
        request = replace(request, evidence=partial(evidence_of, session.surface.distances_of))
        write = partial(
            session.backend.export, source.series, slices, known, request, shown.strength
        )
        job = partial(with_surface, write, source.measured, shown, request)
        folder, self._folder = self._folder, ""
        # A lane of its own: one export takes no other's place.
        lane = f"{LANE} {next(self._numbers)}"
        handler = partial(self._show_written, folder)
        session.foreground.start(lane, self.tr("exporting"), job, handler)

    def copy(self) -> None:
        """Copy both slices, side by side with the notice, to the clipboard."""
        session = self._session
        if (known := session.prediction) is None:
            self.failed.emit(self.tr("There is no result to copy yet. Run the model first."))
            return
        shade = shade_of(session.view.now, known.slice)
        job = partial(backend.picture, known, shade, session.compare.now.blend)
        shows_text = known.slice.acquisition.burned_in_text == "yes"
        taker = partial(self._put_on_clipboard, shows_text)
        session.foreground.start("copy", self.tr("copying"), job, taker)

    @Slot(str)
    def show_afterwards(self, folder: str) -> None:
        """Show this folder once the files of the next export are written."""
        self._folder = folder

    @Slot(str)
    def _show_cancelled(self, lane: str) -> None:
        if lane.startswith(LANE):
            self.warned.emit(
                self.tr("The export was stopped. Files that were written before are complete.")
            )

    def _show_written(self, folder: str, written: backend.Written) -> None:
        """Show one message, so that failures are not overlooked."""
        if folder and written.names:
            self.folder_shown.emit(folder)
            QDesktopServices.openUrl(QUrl.fromLocalFile(folder))
        names = list(written.names[:NAMED])
        if more := len(written.names) - len(names):
            names.append(self.tr("{} more files").format(more))
        if written.failures:
            reasons = " ".join(dict.fromkeys(written.failures))
            count = len(written.failures)
            words = self.tr("{} files written, {} slices incomplete: {}")
            self.failed.emit(words.format(len(written.names), count, reasons))
        else:
            self.exported.emit(", ".join(names))
        if written.warnings:
            self.warned.emit(" ".join(written.warnings))

    def _put_on_clipboard(self, shows_text: bool, png: bytes) -> None:
        QGuiApplication.clipboard().setImage(QImage.fromData(png))
        self.copied.emit()
        if shows_text:
            from jrviewer.export.writer import SHOWS_TEXT

            self.warned.emit(SHOWS_TEXT)
