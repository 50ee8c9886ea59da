"""What stands on the toolbar, in which order: eleven controls, everything else in their menus."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from jrviewer.ui.slices.actions import SliceActions
from jrviewer.ui.widgets.menu_button import menu_button
from jrviewer.ui.widgets.segmented_control import SegmentedControl
from jrviewer.ui.widgets.window_button import WindowButton
from jrviewer.ui.window.actions import Actions
from jrviewer.ui.window.bars.run_button import RunButton


@dataclass(frozen=True, slots=True)
class Tools:
    """The controls that others connect or fill."""

    open: QToolButton
    window: WindowButton
    run: RunButton
    more: QToolButton


def fill(
    bar: QToolBar,
    actions: Actions,
    slices: SliceActions,
    recent: QMenu,
    others: Sequence[QAction],
) -> Tools:
    """Fill the toolbar. `recent` lists recent files; `others` end the last menu."""
    opening = menu_button(bar, bar.tr("Open"), "open", [actions.open, actions.open_folder])
    opening.menu().addMenu(recent)
    _add(opening.menu(), actions.close_series)
    bar.addWidget(opening)
    bar.addSeparator()
    window = WindowButton(bar, [actions.auto, actions.own, *actions.presets])
    bar.addWidget(window)
    bar.addWidget(SegmentedControl(bar.tr("Compare"), list(slices.modes.values()), bar))
    slices.strength.fill(bar)
    measured = [*slices.tools.values(), slices.delete, slices.undo, slices.redo]
    bar.addWidget(menu_button(bar, bar.tr("Measure"), "measure", measured))
    bar.addSeparator()
    run = RunButton(bar, [actions.run, actions.run_series])
    _add(run.choices, actions.demonstrate)
    bar.addWidget(run)
    bar.addAction(actions.export)
    spacer = QWidget()
    spacer.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    bar.addWidget(spacer)
    shown = [actions.series, actions.below, slices.marks, actions.patient, actions.full_screen]
    more = menu_button(bar, bar.tr("More"), "overflow", shown)
    _add(more.menu(), *others)
    _add(more.menu(), actions.quit)
    more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    bar.addWidget(more)
    return Tools(opening, window, run, more)


def fill_window_menu(
    window: WindowButton, actions: Actions, slices: SliceActions, file_windows: QMenu
) -> None:
    """The rest of the window's menu: the file's own windows, and how the slices are shown."""
    choices = window.choices
    choices.addSeparator()
    choices.addMenu(file_windows)
    choices.addAction(slices.box)
    _add(choices, actions.invert, actions.smooth)
    _add(choices, actions.reset, actions.fit)


def _add(menu: QMenu, *actions: QAction) -> None:
    menu.addSeparator()
    menu.addActions(list(actions))
