"""Connections of what is shown: how it is viewed, compared and measured, in two and three
dimensions. See `connections`.
"""

from collections.abc import Callable, Iterator
from functools import partial

from PySide6.QtCore import SignalInstance

from jrviewer.ui.window.main_window import MainWindow

Slot = Callable[..., object] | SignalInstance
Connection = tuple[SignalInstance, Slot]


def connections_of_panes(window: MainWindow) -> Iterator[Connection]:
    """Signals with their slots."""
    yield from _panes(window)
    yield from _viewing(window)
    yield from _comparing(window)
    yield from _measuring(window)
    yield from _cloud(window)
    yield from _rulers(window)


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
