"""Every connection between views and state, and from one view to another: to follow a click, look
up its signal here.

Composite widgets connect their own parts, the session its own state. The order of the lines does
not matter: `tests/ui/window/test_connections.py` shuffles them.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QApplication

from jrviewer.ui.window.main_window import MainWindow

Slot = Callable[..., object] | SignalInstance
Connection = tuple[SignalInstance, Slot]


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
    yield from _panes(window)
    yield from _opening(window)
    yield from _viewing(window)
    yield from _comparing(window)
    yield from _measuring(window)
    yield from _cloud(window)
    yield from _rulers(window)
    yield from _first_look(window)
    yield from _exporting(window)
    yield from _application(window)


def _slices(window: MainWindow) -> Iterator[Connection]:
    """What is open and shown, and through which window."""
    session, presenter, slices = window.session, window.presenter, window.slice_controller
    yield session.series_opened, window.show_opened
    yield session.series_opened, window.app_menu.remember_paths
    yield session.series_closed, window.list_series
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


def _panes(window: MainWindow) -> Iterator[Connection]:
    """The mouse on the panes, and the size of each pane."""
    session, presenter, cloud = window.session, window.presenter, window.cloud
    for pane in (window.original, window.denoised):
        yield pane.window_dragged, session.view.drag_window
        yield pane.window_dragged, partial(window.app_menu.tick, "compare")
        yield pane.panned, session.view.pan_by
        yield pane.zoomed, session.view.zoom_by
        yield pane.stepped, session.step
        yield pane.probed, presenter.show_probe
        yield pane.menu_requested, window.show_menu
        yield pane.keys.menu_requested, pane.menu_requested
        yield pane.resized, presenter.share_viewport
    yield window.panes.rearranged, presenter.share_viewport
    yield window.original.maximised, window.original_pane.maximised
    yield window.denoised.maximised, window.denoised_pane.maximised
    yield cloud.maximise_requested, window.cloud_pane.maximised
    yield cloud.point_hovered, presenter.show_hovered_point
    yield cloud.picture_taken, window.ask_picture
    for late in (window.order_tabs, window.watch_cloud, window.first_look.catch_up):
        yield cloud.created, late
    yield cloud.failed, window.messages.show_error


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


def _viewing(window: MainWindow) -> Iterator[Connection]:
    """Another window of values, position or size of both slices."""
    view, actions, slices = window.session.view, window.actions_, window.slice_controller
    yield actions.window_chosen, view.set_preset
    yield actions.auto.triggered, view.set_auto_window
    yield slices.file_windows.aboutToShow, slices.list_file_windows
    yield slices.file_windows.window_chosen, view.set_preset
    yield slices.file_windows.lut_chosen, slices.set_lut
    yield slices.window_named, window.tools.window.show_window
    yield actions.reset.triggered, window.presenter.reset_slices
    yield actions.reset.triggered, window.cloud.reset_view
    yield actions.fit.triggered, view.fit
    yield actions.invert.toggled, view.set_inverted
    yield actions.smooth.toggled, view.set_smooth
    yield actions.patient.toggled, view.show_patient_text
    yield actions.below.toggled, window.panes.put_cloud_below
    yield window.presenter.cloud_missing, window.panes.fold_cloud
    yield actions.full_screen.triggered, window.toggle_full_screen
    yield actions.quit.triggered, window.close


def _comparing(window: MainWindow) -> Iterator[Connection]:
    """Original against AI slice: ways to compare, what was removed, the phantom's ground truth."""
    session, presenter, slices = window.session, window.presenter, window.slice_controller
    yield session.residuals.analysed, slices.refresh
    yield session.residuals.analysed, presenter.show_comparison
    yield session.phantom_scores.analysed, presenter.show_comparison
    yield session.compare.changed, presenter.show_comparison
    yield session.compare.changed, slices.show_comparison
    for pane in (window.original, window.denoised):
        yield pane.mouse.split_moved, session.compare.move_split
    yield slices.blend.valueChanged, session.compare.set_blend
    yield slices.residual_button.requested, slices.toggle_residual
    yield slices.actions_.compared, slices.toggle_mode
    yield slices.actions_.marks.toggled, session.compare.show_marks
    strength = slices.actions_.strength
    yield session.strength.changed, strength.show_strength
    yield session.strength.changed, window.app_menu.keep_strength
    yield strength.chosen, session.strength.choose
    yield strength.custom_requested, window.app_menu.ask_strength
    yield slices.actions_.blend_stepped, slices.step_blend
    yield slices.view_requested, window.panes.bring


def _measuring(window: MainWindow) -> Iterator[Connection]:
    """Lengths, regions and boxes on the slices, by mouse and keyboard."""
    slices, annotations = window.slice_controller, window.session.annotations
    keyboard = window.session.keyboard_annotations
    yield annotations.changed, slices.refresh
    yield annotations.tool_changed, slices.show_tool
    yield annotations.box_drawn, slices.set_box_window
    yield keyboard.changed, slices.show_keyboard
    yield slices.hint_changed, window.status_bar.show_hint
    yield slices.crosshair_moved, window.presenter.show_probe
    for pane in (window.original, window.denoised):
        yield pane.mouse.drawn, slices.draw
        yield pane.mouse.edited, slices.edit
        yield pane.mouse.clicked, annotations.select
        yield pane.keys.moved, keyboard.move
        yield pane.keys.entered, keyboard.enter
        yield pane.keys.stepped, keyboard.step
        yield pane.keys.focus_lost, keyboard.release
    yield slices.actions_.tool_taken, slices.set_tool
    yield slices.actions_.delete.triggered, annotations.delete
    history = window.session.history
    yield slices.actions_.undo.triggered, history.undo
    yield slices.actions_.redo.triggered, history.redo
    yield history.canUndoChanged, slices.actions_.undo.setEnabled
    yield history.canRedoChanged, slices.actions_.redo.setEnabled
    yield history.undoTextChanged, slices.actions_.show_undo
    yield history.redoTextChanged, slices.actions_.show_redo


def _cloud(window: MainWindow) -> Iterator[Connection]:
    """The inferred points, and the measured surface beside them."""
    session, controller = window.session, window.cloud_controller
    surface = session.surface
    for known in (session.predicted, session.unpredicted, surface.changed, surface.compared):
        yield known, controller.refresh
    yield session.slice_distances.compared, controller.locate
    yield window.cloud.dense_requested, session.dense_clouds.analyse
    yield session.dense_clouds.analysed, window.cloud.refresh
    yield session.dense_clouds.analysed, controller.refresh
    yield window.cloud.toolbar.look_chosen, controller.refresh
    yield controller.hint_changed, window.status_bar.show_hint
    yield controller.view_requested, window.panes.bring


def _rulers(window: MainWindow) -> Iterator[Connection]:
    """Rulers on the 3D pane, by mouse and keyboard."""
    session, cloud, controller = window.session, window.cloud, window.cloud_controller
    yield session.predicted, controller.draw_rulers
    yield session.unpredicted, controller.draw_rulers
    yield session.rulers.changed, controller.draw_rulers
    yield session.rulers.crosshair_moved, cloud.crosshair.show_at
    yield cloud.clicked, controller.click
    yield cloud.ruler_gripped, controller.grip
    yield cloud.ruler_dragged, controller.drag
    yield cloud.ruler_dropped, controller.drop
    yield cloud.keys.ruler_requested, controller.run_command
    yield cloud.keys.moved, controller.move
    yield cloud.keys.focus_lost, session.rulers.release
    yield cloud.toolbar.ruler.toggled, controller.activate_ruler
    yield cloud.toolbar.ruler_delete.triggered, controller.delete


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
