"""Every wire of the window: which fact shows where, which wish goes to whom. From a click in a
view, look its signal up here, and go on at what it is connected to.

Composite widgets tie their own parts together, and the session the jobs that it gives to the
worker; whatever goes from one of the window's parts to another is here and nowhere else. The slots
of one signal run in the order of their lines.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from jrviewer.ui.window.main_window import MainWindow


def connect(window: MainWindow) -> None:
    """Tie the window's parts together, once all of them are there."""
    _slices(window)
    _results(window)
    _panes(window)
    _opening(window)
    _looking(window)
    _comparing(window)
    _measuring(window)
    _measured_surface(window)
    _rulers(window)
    _exporting(window)
    _habits(window)


def _slices(window: MainWindow) -> None:
    """Facts about what is open and shown, and through which window."""
    session, display, actions, reading = (
        window.session,
        window.presenter,
        window.actions_,
        window.slice_controller,
    )
    session.series_opened.connect(display.show_opened)
    session.series_opened.connect(window.show_opened)
    session.series_opened.connect(window.series_list_visibility.show_hint)
    session.series_opened.connect(session.annotations.clear)
    session.series_opened.connect(session.residuals.clear)
    session.series_opened.connect(session.dense_clouds.clear)
    session.series_opened.connect(session.phantom_scores.clear)
    session.series_opened.connect(window.app_menu.remember_paths)
    session.series_chosen.connect(window.series_list.show_chosen)
    session.series_chosen.connect(reading.cine.choose_series)
    session.shown.connect(display.show_slice)
    session.shown.connect(window.slider.show_place)
    session.shown.connect(actions.show_slice)
    session.shown.connect(session.annotations.show)
    session.shown.connect(reading.show_slice)
    session.shown.connect(reading.name_window)
    session.shown.connect(window.app_menu.update_actions)
    session.view.changed.connect(display.show_view)
    session.view.changed.connect(actions.show_view)
    session.view.changed.connect(reading.name_window)
    session.view.changed.connect(window.app_menu.show_view)


def _results(window: MainWindow) -> None:
    """Facts about what the model made of a slice, and what the worker does."""
    session, display, reading, desk = (
        window.session,
        window.presenter,
        window.slice_controller,
        window.app_menu,
    )
    session.predicted.connect(display.show_prediction)
    session.predicted.connect(session.residuals.analyse)
    session.predicted.connect(session.phantom_scores.analyse)
    session.predicted.connect(reading.refresh)
    session.predicted.connect(desk.update_actions)
    session.predicted.connect(desk.watch_cloud)
    session.unpredicted.connect(display.show_unpredicted)
    session.unpredicted.connect(reading.refresh)
    session.withheld.connect(display.show_withheld)
    session.withheld.connect(window.offer_run)
    session.withheld.connect(reading.refresh)
    session.refused.connect(window.show_refused)
    session.failed.connect(window.show_error)
    session.failed.connect(display.show_no_result)
    session.warned.connect(window.show_warning)
    session.busy_changed.connect(window.show_busy)
    session.busy_changed.connect(reading.show_busy)
    session.busy_changed.connect(desk.update_actions)
    session.device_known.connect(window.status_bar.show_device)
    session.device_known.connect(desk.list_graphics)
    session.prefetcher.series_done.connect(desk.show_series_done)


def _panes(window: MainWindow) -> None:
    """The mouse on the panes, and the room that each has."""
    session, view, display, cloud = (
        window.session,
        window.session.view,
        window.presenter,
        window.cloud,
    )
    for pane in (window.original, window.denoised):
        pane.window_dragged.connect(view.drag_window)
        pane.window_dragged.connect(partial(window.app_menu.tick, "compare"))
        pane.panned.connect(view.pan_by)
        pane.zoomed.connect(view.zoom_by)
        pane.stepped.connect(session.step)
        pane.probed.connect(display.show_probe)
        pane.menu_requested.connect(window.show_menu)
        pane.keys.menu_requested.connect(pane.menu_requested)
        pane.resized.connect(display.share_viewport)
    window.panes.rearranged.connect(display.share_viewport)
    window.original.maximised.connect(window.original_pane.maximised)
    window.denoised.maximised.connect(window.denoised_pane.maximised)
    cloud.maximise_requested.connect(window.cloud_pane.maximised)
    cloud.point_hovered.connect(display.show_hovered_point)
    cloud.picture_taken.connect(window.ask_picture)
    cloud.created.connect(window.order_tabs)
    cloud.failed.connect(window.show_error)


def _opening(window: MainWindow) -> None:
    """Wishes for other files, series and slices, and for the model."""
    session, actions = window.session, window.actions_
    window.files_dropped.connect(session.open)
    window.files_dropped.connect(partial(window.app_menu.tick, "drop"))
    window.welcome.open_requested.connect(window.ask_files)
    window.welcome.folder_requested.connect(window.ask_folder)
    actions.open.triggered.connect(window.ask_files)
    actions.open_folder.triggered.connect(window.ask_folder)
    window.app_menu.recent_menu.aboutToShow.connect(window.app_menu.list_recent)
    actions.series.triggered.connect(window.series_list_visibility.toggle)
    window.series_list.series_requested.connect(session.choose_series)
    window.slider.index_chosen.connect(session.show)
    actions.stepped.connect(session.step)
    window.slice_controller.actions_.play.toggled.connect(window.slice_controller.cine.play)
    window.slice_controller.actions_.rate_stepped.connect(window.slice_controller.cine.step_rate)
    window.slice_controller.cine.changed.connect(window.slice_controller.show_rate)
    actions.run.triggered.connect(window.run)
    actions.run_series.triggered.connect(session.run_series)
    actions.cancel.triggered.connect(window.slice_controller.cancel)
    window.message_bar.acted.connect(window.run_anyway)
    window.status_bar.check.clicked.connect(window.show_reasons)


def _looking(window: MainWindow) -> None:
    """Wishes for another window of values, place or size of both slices."""
    session, actions, files = window.session, window.actions_, window.slice_controller.file_windows
    actions.window_chosen.connect(session.set_preset)
    actions.auto.triggered.connect(session.set_auto_window)
    files.aboutToShow.connect(window.slice_controller.list_file_windows)
    files.window_chosen.connect(session.set_preset)
    files.lut_chosen.connect(window.slice_controller.set_lut)
    actions.reset.triggered.connect(session.reset_view)
    actions.reset.triggered.connect(window.cloud.reset_view)
    actions.fit.triggered.connect(session.fit)
    actions.invert.toggled.connect(session.view.set_inverted)
    actions.smooth.toggled.connect(session.view.set_smooth)
    actions.patient.toggled.connect(session.view.show_patient_text)
    actions.full_screen.triggered.connect(window.toggle_full_screen)
    actions.quit.triggered.connect(window.close)


def _comparing(window: MainWindow) -> None:
    """Original against AI slice: ways to compare, what was removed, the phantom's truth."""
    session, display, reading = window.session, window.presenter, window.slice_controller
    session.residuals.analysed.connect(reading.refresh)
    session.residuals.analysed.connect(display.show_comparison)
    session.phantom_scores.analysed.connect(display.show_comparison)
    session.compare.changed.connect(display.show_comparison)
    session.compare.changed.connect(reading.show_comparison)
    for pane in (window.original, window.denoised):
        pane.mouse.split_moved.connect(session.compare.move_split)
    reading.blend.valueChanged.connect(session.compare.set_blend)
    reading.residual_button.requested.connect(reading.toggle_residual)
    reading.actions_.compared.connect(reading.toggle_mode)
    reading.actions_.blend_stepped.connect(reading.step_blend)


def _measuring(window: MainWindow) -> None:
    """Lengths, regions and boxes on the slices, by mouse and by keys."""
    annotations, reading, actions = (
        window.session.annotations,
        window.slice_controller,
        window.slice_controller.actions_,
    )
    keyboard = annotations.keyboard
    annotations.changed.connect(reading.refresh)
    annotations.tool_changed.connect(reading.show_tool)
    annotations.box_drawn.connect(reading.set_box_window)
    keyboard.changed.connect(reading.show_by_keys)
    for pane in (window.original, window.denoised):
        pane.mouse.drawn.connect(reading.draw)
        pane.mouse.edited.connect(reading.edit)
        pane.mouse.clicked.connect(annotations.select)
        pane.keys.moved.connect(keyboard.move)
        pane.keys.entered.connect(keyboard.enter)
        pane.keys.stepped.connect(keyboard.step)
        pane.keys.focus_lost.connect(keyboard.release)
    actions.tool_taken.connect(reading.set_tool)
    actions.delete.triggered.connect(annotations.delete)
    actions.undo.triggered.connect(annotations.undo)


def _measured_surface(window: MainWindow) -> None:
    """What was measured beside what is inferred; it makes room for what the user waits for."""
    session, measured, solid = window.session, window.session.surface, window.cloud_controller
    session.series_opened.connect(solid.clear_surface)
    session.series_chosen.connect(solid.choose_series)
    session.foreground.busy.connect(measured.pause)
    session.foreground.idle.connect(measured.resume)
    session.predicted.connect(solid.refresh)
    session.unpredicted.connect(solid.refresh)
    measured.changed.connect(solid.refresh)
    measured.compared.connect(solid.refresh)
    window.cloud.dense_requested.connect(session.dense_clouds.analyse)
    session.dense_clouds.analysed.connect(window.cloud.refresh)
    session.dense_clouds.analysed.connect(solid.refresh)
    window.cloud.toolbar.look_chosen.connect(solid.refresh)


def _rulers(window: MainWindow) -> None:
    """Rulers in the 3D picture, by mouse and by keys."""
    session, rulers, cloud, solid = (
        window.session,
        window.session.rulers,
        window.cloud,
        window.cloud_controller,
    )
    session.series_opened.connect(rulers.clear)
    session.shown.connect(solid.show_slice)
    session.predicted.connect(solid.draw_rulers)
    session.unpredicted.connect(solid.draw_rulers)
    rulers.changed.connect(solid.draw_rulers)
    rulers.crosshair_moved.connect(cloud.crosshair.show_at)
    rulers.refused.connect(session.warned)
    cloud.clicked.connect(solid.click)
    cloud.ruler_gripped.connect(solid.grip)
    cloud.ruler_dragged.connect(solid.drag)
    cloud.ruler_dropped.connect(solid.drop)
    cloud.keys.ruler_requested.connect(solid.run_command)
    cloud.keys.moved.connect(solid.move)
    cloud.keys.focus_lost.connect(rulers.release)
    cloud.toolbar.ruler.toggled.connect(solid.activate_ruler)
    cloud.toolbar.ruler_delete.triggered.connect(solid.delete)
    cloud.toolbar.ruler_undo.triggered.connect(solid.undo)


def _exporting(window: MainWindow) -> None:
    """Files and the clipboard."""
    actions, desk, exports = window.actions_, window.app_menu, window.app_menu.export_controller
    actions.export.triggered.connect(desk.ask_export)
    actions.copy.triggered.connect(exports.copy)
    exports.exported.connect(window.show_exported)
    exports.exported.connect(partial(desk.tick, "export"))
    exports.failed.connect(window.session.failed)
    exports.copied.connect(desk.show_copied)


def _habits(window: MainWindow) -> None:
    """Settings, help, first steps, and what the system tells."""
    desk, preferences = window.app_menu, window.preferences
    desk.settings_action.triggered.connect(desk.ask_settings)
    desk.guide.triggered.connect(desk.show_guide)
    desk.about.triggered.connect(desk.show_about)
    desk.about_model.triggered.connect(desk.show_model)
    desk.notice.ticked.connect(partial(preferences.put, "first run/notice read", True))
    desk.steps.ended.connect(partial(preferences.put, "first run/steps ended", True))
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.styleHints().colorSchemeChanged.connect(desk.follow_system)
    application.focusChanged.connect(window.panes.show_focus)
