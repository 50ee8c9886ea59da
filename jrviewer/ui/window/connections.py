"""Every connection between views and state, and from one view to another: to follow a click, look
up its signal here, or in `pane_connections`.

Composite widgets connect their own parts, the session its own state. The order of the lines does
not matter: `tests/ui/window/test_connections.py` shuffles them.
"""

from collections.abc import Iterable, Iterator
from functools import partial

from PySide6.QtWidgets import QApplication

from jrviewer.ui.window.main_window import MainWindow
from jrviewer.ui.window.pane_connections import Connection, connections_of_panes


def connect(window: MainWindow, ties: Iterable[Connection] | None = None) -> None:
    """Connect a window's parts to its session and to each other, then restore the last run's
    settings and layout. `ties` replaces `connections(window)`.
    """
    for signal, slot in connections(window) if ties is None else ties:
        signal.connect(slot)
    window.restore()


def connections(window: MainWindow) -> Iterator[Connection]:
    """Signals with their slots."""
    yield from _slices(window)
    yield from _results(window)
    yield from _opening(window)
    yield from connections_of_panes(window)
    yield from _first_look(window)
    yield from _exporting(window)
    yield from _application(window)


def _slices(window: MainWindow) -> Iterator[Connection]:
    """What is open and shown, and through which window."""
    session, presenter, slices = window.session, window.presenter, window.slice_controller
    yield session.opening.asked, window.message_bar.hide
    yield session.series_opened, window.show_opened
    yield session.series_opened, window.app_menu.remember_paths
    yield session.series_closed, window.list_series
    yield session.opening.part_ended, window.list_series
    yield session.opening.part_ended, presenter.show_part
    yield session.series_chosen, window.series_list.show_chosen
    yield session.series_chosen, presenter.show_chosen
    yield session.series_chosen, slices.cine.choose_series
    yield session.series_chosen, window.messages.series_warnings.show_chosen
    for slot in (
        *(window.show_emptied, presenter.show_emptied, slices.show_emptied, slices.name_window),
        *(window.slider.hide, window.cloud_controller.refresh, window.first_look.end),
    ):
        yield session.emptied, slot
    yield session.shown, presenter.show_slice
    yield session.shown, window.messages.end_reasons
    yield session.shown, window.slider.show_place
    yield session.shown, window.actions_.show_slice
    yield session.shown, slices.show_slice
    yield session.shown, slices.name_window
    yield session.shown, window.update_actions
    yield session.view.changed, presenter.show_view
    yield session.view.changed, window.actions_.show_view
    yield session.view.changed, slices.name_window
    yield session.view.changed, window.show_view


def _results(window: MainWindow) -> Iterator[Connection]:
    """What the model made of a slice, and what the worker does."""
    session, presenter, slices = window.session, window.presenter, window.slice_controller
    yield session.predicted, presenter.show_prediction
    for follow in (slices.refresh, window.update_actions, window.watch_cloud):
        yield session.predicted, follow
    yield session.unpredicted, presenter.show_unpredicted
    yield session.unpredicted, slices.refresh
    yield session.withheld, presenter.show_withheld
    yield session.withheld, slices.refresh
    yield session.withheld, window.update_actions
    yield session.refused, window.messages.show_refused
    yield session.opening.made_room, window.messages.show_warning
    yield session.opening.passed_over, window.messages.show_passed_over
    yield session.failed, window.messages.show_error
    yield session.failed, presenter.show_no_result
    yield session.warned, window.messages.show_warning
    yield session.busy_changed, window.show_busy
    for show in (slices.show_busy, window.tools.run.show_busy, window.update_actions):
        yield session.busy_changed, show
    yield window.tools.run.stop_requested, session.cancel
    yield session.device_known, window.status_bar.show_device
    yield session.device_known, window.app_menu.list_graphics
    for fact in (
        *(session.predicted, session.unpredicted, session.prefetcher.predicted),
        *(session.residuals.analysed, session.marks_ahead.checked, session.series_closed),
    ):
        yield fact, window.slider.show_statuses
    yield session.marks_ahead.checked, slices.refresh
    yield session.prefetcher.series_done, window.messages.show_series_done


def _opening(window: MainWindow) -> Iterator[Connection]:
    """Other files, series and slices; runs of the model."""
    session, actions, slices = window.session, window.actions_, window.slice_controller
    yield window.files_dropped, session.open
    yield window.files_dropped, partial(window.app_menu.tick, "drop")
    yield window.welcome.open_requested, window.ask_files
    yield window.welcome.folder_requested, window.ask_folder
    yield actions.open.triggered, window.ask_files
    yield actions.open_folder.triggered, window.ask_folder
    yield window.app_menu.recent_menu.aboutToShow, window.app_menu.list_recent
    yield actions.series.triggered, window.series_list_visibility.toggle
    yield window.series_list.series_requested, session.choose_series
    yield window.series_list.close_requested, session.close_series
    yield actions.close_series.triggered, window.close_series
    yield window.slider.index_chosen, session.show
    yield actions.stepped, session.step
    yield actions.look_requested, window.slider.go_to_look
    yield window.slider.missed, window.messages.show_note
    yield slices.actions_.play.toggled, slices.cine.play
    yield slices.actions_.rate_stepped, slices.cine.step_rate
    yield slices.cine.changed, slices.show_rate
    yield actions.run.triggered, window.run
    yield actions.run_series.triggered, session.run_series
    yield actions.demonstrate.triggered, session.toggle_demonstration
    yield window.presenter.leave_twin.clicked, session.toggle_demonstration
    yield session.demonstrations.analysed, window.presenter.show_comparison
    yield actions.cancel.triggered, slices.cancel
    yield slices.can_cancel_changed, actions.cancel.setEnabled
    yield window.presenter.offer.clicked, window.run_anyway
    yield window.status_bar.check.clicked, window.messages.show_reasons


def _first_look(window: MainWindow) -> Iterator[Connection]:
    """The slice and the cloud in motion, once."""
    session, look = window.session, window.first_look
    yield window.app_menu.applied, look.apply_settings
    yield session.opening.read, look.await_result
    yield session.predicted, look.begin
    yield session.series_chosen, look.forget
    yield session.surface.changed, look.offer_measured
    yield look.offered, window.messages.offer_measured
    yield window.message_bar.acted, look.reveal


def _exporting(window: MainWindow) -> Iterator[Connection]:
    """Files and the clipboard."""
    menu, export = window.app_menu, window.app_menu.export_controller
    yield window.actions_.export.triggered, menu.ask_export
    yield window.actions_.copy.triggered, export.copy
    yield export.exported, window.messages.show_exported
    yield export.exported, partial(menu.tick, "export")
    yield export.failed, window.session.failed
    yield export.copied, window.messages.show_copied
    yield export.warned, window.messages.show_warning


def _application(window: MainWindow) -> Iterator[Connection]:
    """Settings, help, and events of the desktop."""
    menu = window.app_menu
    yield menu.presets_changed, window.actions_.show_presets
    yield menu.settings_action.triggered, menu.ask_settings
    yield menu.guide.triggered, menu.show_guide
    yield menu.about.triggered, menu.show_about
    yield menu.about_model.triggered, menu.show_model
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    yield application.styleHints().colorSchemeChanged, menu.follow_system
    yield application.focusChanged, window.panes.show_focus
