"""Application menu: recent files, export, settings, help, first steps, crash reports.

Dialogs are imported when they are opened: start-up need not wait for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QMainWindow,
    QMenu,
)

from jrviewer.core.records import Structure
from jrviewer.core.strength import Strength, parse_strength
from jrviewer.imaging.structures import may_show_face, shows_face
from jrviewer.imaging.windowing import PRESETS
from jrviewer.ui.dialogs.export_controller import ExportController
from jrviewer.ui.state import captions, settings
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.recent_files import RecentFiles
from jrviewer.ui.state.session import Session
from jrviewer.ui.state.settings import Settings
from jrviewer.ui.state.strength import strength_name
from jrviewer.ui.state.view import shade_of
from jrviewer.ui.widgets import theme
from jrviewer.ui.window.bars.first_run import Hints, NoticeBar
from jrviewer.ui.window.messages import Messages

if TYPE_CHECKING:
    from jrviewer.export.writer import ExportRequest
    from jrviewer.ui.crash_log import CrashLog
    from jrviewer.ui.dialogs.export_choices import ExportSource


class AppMenu(QObject):
    """Menus and dialogs that are not about the slice itself."""

    presets_changed = Signal(object)  # Sequence[Window]
    applied = Signal(object)  # Settings

    def __init__(
        self,
        session: Session,
        preferences: Preferences,
        messages: Messages,
        parent: QMainWindow,
    ) -> None:
        super().__init__(parent)
        self._session, self._preferences = session, preferences
        self._messages, self._window = messages, parent
        self.settings = settings.load(preferences)
        self.recent_files = RecentFiles(preferences, keeps=self.settings.keeps_recent)
        self.export_controller = ExportController(session, self)
        self.notice, self.steps = NoticeBar(), Hints(self)
        if preferences.get("first run/notice read", False):
            self.notice.end()
        if preferences.get("first run/steps ended", False):
            self.steps.end()
        self.notice.ticked.connect(partial(preferences.put, "first run/notice read", True))
        self.steps.ended.connect(partial(preferences.put, "first run/steps ended", True))
        self.shown_structures: Callable[[], frozenset[Structure]] = lambda: frozenset(Structure)
        self.dialog: QDialog | None = None  # the one that is open
        self._strength = ""  # of the settings that were applied last
        self._folder = str(Path.home())  # of the last export; a path, so for this run only
        self.settings_action = self._action(self.tr("Settings"), "settings", "Ctrl+,")
        self.guide = self._action(self.tr("Guide and keys"), "", "F1")
        self.about_model = self._action(self.tr("About the model"), "", "")
        self.about = self._action(self.tr("About JRViewer"), "", "")
        self.recent_menu = QMenu(self.tr("Recent"), parent)

    def attach_crash_log(self, crash_log: CrashLog) -> None:
        """Offer the details of every bug that the log records."""
        crash_log.recorded.connect(self._messages.show_crash)
        self._session.foreground.crashed.connect(
            lambda lane: self._messages.show_crash(crash_log.last)
        )

    def close_dialogs(self) -> None:
        """Close every dialog: none may outlive the main window."""
        for dialog in self._window.findChildren(QDialog):
            dialog.close()

    def everything(self) -> list[QAction]:
        """All actions, so that the window can take their keys."""
        return [self.settings_action, self.guide, self.about_model, self.about]

    @Slot()
    def apply_settings(self) -> None:
        """Apply the settings."""
        session, now = self._session, self.settings
        session.prefetches = now.prefetches
        session.backend.device = now.device
        session.view.change(is_smooth=now.smooth, has_patient_text=now.patient_text)
        chosen = zip(PRESETS.values(), now.presets, strict=True)
        self.presets_changed.emit(
            [replace(one, width=width, centre=level) for one, (width, level) in chosen]
        )
        self._apply_theme(now.theme)
        self.applied.emit(now)
        if now.strength != self._strength:  # else keep what was chosen on the toolbar
            self._strength = now.strength
            session.strength.choose(parse_strength(now.strength))

    def tick(self, step: str, *_: object) -> None:
        """Tick one of the first steps."""
        self.steps.tick(step)

    @Slot(object)
    def remember_paths(self, _: object) -> None:
        """Add what was opened to the recent files."""
        self.recent_files.add(self._session.opening.paths)

    @Slot()
    def list_recent(self) -> None:
        """Fill the menu of recent files."""
        self.recent_menu.clear()
        for paths in self.recent_files.paths:
            caption = self.recent_files.caption(paths).replace("&", "&&")  # no key to press
            action = self.recent_menu.addAction(caption)
            action.triggered.connect(partial(self._session.open, paths))
        if not self.recent_files.paths:
            self.recent_menu.addAction(self.tr("none yet")).setEnabled(False)
            return
        self.recent_menu.addSeparator()
        self.recent_menu.addAction(self.tr("Forget all")).triggered.connect(self.recent_files.clear)

    @Slot()
    def ask_export(self) -> None:
        """Open the export dialog."""
        from jrviewer.ui.dialogs.export_choices import ExportSource, Subject
        from jrviewer.ui.dialogs.export_dialog import ExportDialog

        session = self._session
        if (known := session.prediction) is None or session.series is None:
            return
        source = ExportSource(session.series, known, session.surface.mesh)
        reason = "" if known.cloud is not None else known.no_cloud_reason
        subject = Subject(
            slices=len(session.series),
            place=captions.position_text(known.slice, session.series),
            no_cloud_reason=reason,
            window=shade_of(session.view.now, known.slice),
            face=may_show_face(known),
            strength=strength_name(known.strength),
            blend=session.compare.now.blend,
            hidden=frozenset(Structure) - self.shown_structures(),
            no_skin_by_default=shows_face(known),
            has_surface=source.measured is not None,
        )
        dialog = ExportDialog(subject, self._preferences, self._folder, self._window)
        dialog.folder_wanted.connect(self.export_controller.show_afterwards)
        dialog.requested.connect(partial(self._export, source))
        self._open(dialog)

    def _export(self, source: ExportSource, request: ExportRequest, whole_series: bool) -> None:
        self._folder = str(request.folder)
        self.export_controller.write(source, request, whole_series=whole_series)

    @Slot()
    def ask_settings(self) -> None:
        """Open the settings dialog."""
        from jrviewer.ui.dialogs.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self.settings, self._session.backend.graphics, self._window)
        dialog.chosen.connect(self._take_settings)
        dialog.anew_requested.connect(self._session.model_device.choose_anew)
        dialog.show_device(self._session.model_device.name)
        self._open(dialog)

    @Slot()
    def ask_strength(self) -> None:
        """Open the dialog for a strength of one's own."""
        from jrviewer.ui.dialogs.strength_dialog import StrengthDialog

        session = self._session
        dialog = StrengthDialog(session.strength.now, session.prediction, self._window)
        dialog.chosen.connect(session.strength.choose)
        session.predicted.connect(dialog.show_prediction)
        session.unpredicted.connect(dialog.show_unknown)
        self._open(dialog)

    @Slot(object)
    def keep_strength(self, strength: Strength) -> None:
        """The strength chosen on the toolbar is that of the next start, too."""
        self._strength = str(strength)
        self.settings = replace(self.settings, strength=self._strength)
        settings.save(self._preferences, self.settings)

    @Slot()
    def list_graphics(self) -> None:
        """Tell an open settings dialog of the graphics processors and of where the model runs."""
        from jrviewer.ui.dialogs.settings_dialog import SettingsDialog

        if isinstance(self.dialog, SettingsDialog):
            self.dialog.show_graphics(self._session.backend.graphics)
            self.dialog.show_device(self._session.model_device.name)

    @Slot(object)
    def _take_settings(self, new: Settings) -> None:
        before, self.settings = self.settings, new
        settings.save(self._preferences, new)
        self.recent_files.keep(keeps=new.keeps_recent)
        if new.device != before.device:
            self._session.model_device.choose(new.device)
        self.apply_settings()

    def _apply_theme(self, name: str) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, name, self.settings.text_size)
        theme.refresh(self._window)

    @Slot()
    def follow_system(self) -> None:
        """Follow the system when it switches between dark and light."""
        if self.settings.theme == "system":
            self._apply_theme("system")

    @Slot()
    def show_guide(self) -> None:
        """Show the guide and the keys."""
        from jrviewer.ui.dialogs import help as pages

        self._open(pages.guide(self._window.actions(), self._window), modal=False)

    @Slot()
    def show_about(self) -> None:
        """Show versions and licence."""
        from jrviewer.ui.dialogs import help as pages

        self._open(pages.about(self._session.model_device.name, self._window), modal=False)

    @Slot()
    def show_model(self) -> None:
        """Show the model card."""
        from jrviewer.ui.dialogs import help as pages

        self._open(pages.about_model(self._window), modal=False)

    def _open(self, dialog: QDialog, *, modal: bool = True) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.finished.connect(self._forget_dialog)
        self.dialog = dialog
        if modal:
            dialog.open()
        else:
            dialog.show()

    @Slot()
    def _forget_dialog(self) -> None:
        self.dialog = None

    def _action(self, text: str, icon: str, key: str) -> QAction:
        action = QAction(text, self)
        if icon:
            theme.set_icon(action, icon)
        if key:
            action.setShortcut(QKeySequence(key))
        action.setToolTip(f"{text}  ({key})" if key else text)
        return action
