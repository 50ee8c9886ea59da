"""What lies around the viewing: recent files, exports, settings, help, first steps, crash notes.

The session knows nothing of them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog, QMenu, QSizePolicy, QToolBar, QWidget

from jrviewer.imaging.structures import may_show_face
from jrviewer.imaging.windowing import PRESETS
from jrviewer.ui.dialogs import help as pages
from jrviewer.ui.dialogs.export_controller import ExportController
from jrviewer.ui.dialogs.export_dialog import ExportDialog, Subject
from jrviewer.ui.dialogs.settings_dialog import SettingsDialog
from jrviewer.ui.state import settings
from jrviewer.ui.state.recent_files import RecentFiles
from jrviewer.ui.state.settings import Settings
from jrviewer.ui.state.view import View, shade_of
from jrviewer.ui.widgets import theme
from jrviewer.ui.window.actions import menu_button
from jrviewer.ui.window.first_run import NoticeBar, StepsBar
from jrviewer.ui.window.saved_layout import restore_layout, save_layout

if TYPE_CHECKING:
    from jrviewer.batch import Wish
    from jrviewer.ui.crash_log import CrashLog
    from jrviewer.ui.window.main_window import MainWindow


class AppMenu(QObject):
    """The habits of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._session, self._preferences = window, window.session, window.preferences
        self.settings = settings.load(self._preferences)
        self.recent_files = RecentFiles(self._preferences, keeps=self.settings.keeps_recent)
        self.export_controller = ExportController(self._session, self)
        self.notice, self.steps = NoticeBar(), StepsBar()
        self.dialog: QDialog | None = None  # the one that is open
        self._folder = str(Path.home())  # of the last export; a path, so for this run only
        self.settings_action = self._action(self.tr("Settings"), "settings", "Ctrl+,")
        self.guide = self._action(self.tr("Guide and keys"), "", "F1")
        self.about_model = self._action(self.tr("About the model"), "", "")
        self.about = self._action(self.tr("About JRViewer"), "", "")
        self.recent_menu = QMenu(window)
        self._fill(window.bar)

    def attach_crash_log(self, crash_log: CrashLog) -> None:
        """Offer the details of every bug that the log takes."""
        crash_log.recorded.connect(self._show_crash)
        self._session.foreground.crashed.connect(lambda lane: self._show_crash(crash_log.last))

    def close_dialogs(self) -> None:
        """Remember where things were; no window of ours outlives the main one."""
        save_layout(self._window, self._preferences)
        for dialog in self._window.findChildren(QDialog):
            dialog.close()

    def _fill(self, bar: QToolBar) -> None:
        actions = self._window.actions_
        first = actions.open_folder
        after = bar.actions()[bar.actions().index(first) + 1]
        self.recent_button = menu_button(bar, self.tr("Recent"), "recent", ())
        self.recent_button.setMenu(self.recent_menu)
        bar.insertWidget(after, self.recent_button)
        room = QWidget()
        room.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        bar.addWidget(room)
        bar.addAction(self.settings_action)
        help_actions = [self.guide, self.about_model, self.about]
        bar.addWidget(menu_button(bar, self.tr("Help"), "help", help_actions))

    def begin(self) -> None:
        """Settings, the window's place, and the strips of a first run until each is put away."""
        self._apply(self.settings)
        self._window.message_rows.insertWidget(0, self.steps)
        self._window.message_rows.insertWidget(0, self.notice)
        self.notice.setVisible(not self._preferences.get("first run/notice read", False))
        self.steps.setVisible(not self._preferences.get("first run/steps ended", False))
        self.update_actions()
        restore_layout(self._window, self._preferences)

    def tick(self, step: str, *_: object) -> None:
        """A first step is done."""
        self.steps.tick(step)

    @Slot(object)
    def watch_cloud(self, _: object) -> None:
        """See when the cloud is turned for the first time."""
        if self._window.cloud.interactor is not None and "turn" not in self.steps.done:
            self.steps.watch(self._window.cloud.interactor)

    @Slot()
    def update_actions(self) -> None:
        """Offer what there is something for."""
        actions, has_result = self._window.actions_, self._session.prediction is not None
        actions.export.setEnabled(has_result)
        actions.copy.setEnabled(has_result)
        series = self._session.series
        actions.run_series.setEnabled(series is not None and len(series) > 1)

    @Slot(object)
    def show_view(self, view: View) -> None:
        """Show or hide names that may be a patient's."""
        self._window.series_list.show_names(shown=view.has_patient_text)
        self._window.message_bar.show_names(shown=view.has_patient_text)

    @Slot(object)
    def remember_paths(self, _: object) -> None:
        """Add what was opened to the recent files."""
        self.recent_files.add(self._session.paths)

    @Slot()
    def list_recent(self) -> None:
        """Fill the menu of recent files."""
        self.recent_menu.clear()
        for paths in self.recent_files.paths:
            action = self.recent_menu.addAction(self.recent_files.caption(paths))
            action.triggered.connect(partial(self._session.open, paths))
        if not self.recent_files.paths:
            self.recent_menu.addAction(self.tr("nothing yet")).setEnabled(False)
            return
        self.recent_menu.addSeparator()
        self.recent_menu.addAction(self.tr("Forget all")).triggered.connect(self.recent_files.clear)

    @Slot()
    def ask_export(self) -> None:
        """Ask what to export."""
        session = self._session
        if (known := session.prediction) is None or session.series is None:
            return
        reason = "" if known.cloud is not None else known.no_cloud_reason
        subject = Subject(
            slices=len(session.series),
            no_cloud_reason=reason,
            window=shade_of(session.view.now, known.slice),
            face=may_show_face(known),
            blend=session.compare.now.blend,
        )
        dialog = ExportDialog(subject, self._preferences, self._folder, self._window)
        dialog.requested.connect(self._export)
        self._open(dialog)

    @Slot(object, bool)
    def _export(self, request: Wish, whole_series: bool) -> None:
        self._folder = str(request.out)
        self.export_controller.write(request, whole_series=whole_series)

    @Slot()
    def ask_settings(self) -> None:
        """Ask for other settings."""
        dialog = SettingsDialog(self.settings, self._session.backend.graphics, self._window)
        dialog.chosen.connect(self._take_settings)
        self._open(dialog)

    @Slot()
    def list_graphics(self) -> None:
        """They are known once torch is there, which may be while the settings are open."""
        if isinstance(self.dialog, SettingsDialog):
            self.dialog.show_graphics(self._session.backend.graphics)

    @Slot(object)
    def _take_settings(self, new: Settings) -> None:
        before, self.settings = self.settings, new
        settings.save(self._preferences, new)
        self.recent_files.keep(keeps=new.keeps_recent)
        if new.device != before.device:
            self._session.choose_device(new.device)
        self._apply(new)

    def _apply(self, now: Settings) -> None:
        session = self._session
        session.prefetches = now.prefetches
        session.backend.device = now.device
        session.view.change(is_smooth=now.smooth, has_patient_text=now.patient_text)
        chosen = zip(PRESETS.values(), now.presets, strict=True)
        self._window.actions_.show_presets(
            [replace(one, width=width, centre=level) for one, (width, level) in chosen]
        )
        self._apply_theme(now.theme)

    def _apply_theme(self, name: str) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        theme.apply(application, name)
        theme.refresh(self._window)

    @Slot()
    def follow_system(self) -> None:
        """The system has turned dark or light."""
        if self.settings.theme == "system":
            self._apply_theme("system")

    @Slot()
    def show_guide(self) -> None:
        """Show the guide and the keys."""
        ours = [self.settings_action, self.guide]
        reading = self._window.slice_controller.actions_.everything()
        ruler = self._window.cloud.toolbar.ruler
        everything = [*self._window.actions_.everything(), *reading, ruler, *ours]
        self._open(pages.guide(everything, self._window), modal=False)

    @Slot()
    def show_about(self) -> None:
        """Show what JRViewer is."""
        self._open(pages.about(self._window), modal=False)

    @Slot()
    def show_model(self) -> None:
        """Show what is known of the model."""
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

    @Slot(int, int)
    def show_series_done(self, done: int, refused: int) -> None:
        """Say how the whole series went."""
        words = self.tr("Whole series: {} slices processed.").format(done)
        if refused:
            words += " " + self.tr("{} were refused by the input check.").format(refused)
        self._window.message_bar.show_message("warning" if refused else "note", words)

    @Slot()
    def show_copied(self) -> None:
        """Say what is on the clipboard."""
        words = self.tr("Both slices are on the clipboard, with the notice and no patient text.")
        self._window.message_bar.show_message("note", words)

    @Slot(str)
    def _show_crash(self, details: str) -> None:
        words = self.tr("JRViewer met a fault of its own; what was open stays open. Try again.")
        self._window.message_bar.show_message("error", words, details=details)

    def _action(self, text: str, icon: str, key: str) -> QAction:
        action = QAction(text, self)
        if icon:
            theme.set_icon(action, icon)
        if key:
            action.setShortcut(QKeySequence(key))
        action.setToolTip(f"{text}  ({key})" if key else text)
        self._window.addAction(action)
        return action
