"""Controller of the two slice panes: comparing, measuring, and what is painted over the slices."""

from functools import partial

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QSlider, QWidget

from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.imaging import measurements_2d
from jrviewer.imaging.measurements_2d import Hold, Position, Region, handles
from jrviewer.ui.slices import annotation_painter, residual_painter
from jrviewer.ui.slices.actions import FileWindowsMenu, SliceActions
from jrviewer.ui.slices.annotation_painter import KeyboardTarget, PaneAnnotations
from jrviewer.ui.slices.cine import Cine, RateControl
from jrviewer.ui.slices.roi_readout import ResidualButton, RoiReadout
from jrviewer.ui.slices.slice_view import Layer, SliceView
from jrviewer.ui.state import captions
from jrviewer.ui.state.annotations import Tool
from jrviewer.ui.state.comparison import Comparison, Content, Mode, blend_title, content
from jrviewer.ui.state.session import Busy, Session

BLEND_WIDTH_PX, BLEND_HEIGHT_PX = (
    58,
    14,
)  # not higher than the title, or the panes would differ in height


class SliceController(QObject):
    """Controls two slice panes: the original and the AI slice."""

    hint_changed = Signal(str)  # what the keys do now
    can_cancel_changed = Signal(bool)
    crosshair_moved = Signal(object)  # (row, column)
    view_requested = Signal(QWidget)  # a SliceView that must be visible
    window_named = Signal(str, str)  # name and size of the current window

    def __init__(
        self, session: Session, original: SliceView, denoised: SliceView, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._session, self._original, self._denoised = session, original, denoised
        self._compare, self._annotations = session.compare, session.annotations
        self._keyboard = session.keyboard_annotations
        self._is_busy = False
        self.actions_ = SliceActions(self)
        self.cine = Cine(session, self)
        self.rate_control = RateControl(self.actions_.play, self.actions_.rate_actions)
        self.roi_readout, self.residual_button = RoiReadout(), ResidualButton()
        self.blend = self._blend_slider()
        self.file_windows = FileWindowsMenu(parent)
        self.actions_.play.setEnabled(False)

    def context_menu(self, menu: QMenu, after: QAction) -> None:
        """Add to the menu of a slice pane; entries about windows go behind the action `after`."""
        entries = menu.actions()
        following = entries[entries.index(after) + 1]
        menu.insertMenu(following, self.file_windows)
        menu.insertAction(following, self.actions_.box)
        self.actions_.context_menu(menu)

    def _blend_slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, 100)
        slider.setValue(100)
        slider.setFixedSize(BLEND_WIDTH_PX, BLEND_HEIGHT_PX)
        slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        slider.setAccessibleName(self.tr("Blend: share of the AI slice"))
        slider.setToolTip(self.tr("Blend original and AI slice  ([ and ])"))
        return slider

    @Slot()
    def refresh(self) -> None:
        """Update marks, legend and measurements over both slices."""
        chosen, known = self._session.slice, self._session.prediction
        unit = "" if chosen is None else annotation_painter.unit_of(chosen)
        self.roi_readout.show_bias(self._bias(chosen, known), unit)
        self.residual_button.show_found(None if known is None else known.removed, unit)
        for pane in (self._original, self._denoised):
            pane.mouse.items = self._annotations.items
            pane.keys.available_keys = self._keyboard.available_keys
        if chosen is None:
            for pane in (self._original, self._denoised):
                pane.show_layers(())
            return
        marks = self._marks(known, chosen)
        beside = marks if self._compare.now.mode == "removed" else ()
        self._original.show_layers((*beside, self._measured(chosen, None)))
        if known is None:
            self._denoised.show_layers(())
            return
        what = content(known, self._compare.now)
        layers = [*marks] if what.kind != "original" else []
        self._denoised.show_layers(
            (*layers, *self._explained(known, what), self._measured(chosen, what))
        )

    def _bias(self, chosen: Slice | None, known: Prediction | None) -> measurements_2d.Bias | None:
        region = self._annotations.region
        if region is None or chosen is None or known is None:
            return None
        return measurements_2d.bias(region, chosen, known.denoised)

    def _marks(self, known: Prediction | None, chosen: Slice) -> tuple[Layer, ...]:
        found = None if known is None else known.removed
        if found is None or not self._compare.now.shows_marks:
            return ()
        unit = annotation_painter.unit_of(chosen)
        return (partial(residual_painter.paint_marks, found.marks, unit),)

    def _explained(self, known: Prediction, what: Content) -> tuple[Layer, ...]:
        """The legend of the residual, or the line of a swipe."""
        how = self._compare.now
        if what.kind == "removed":
            unit = annotation_painter.unit_of(known.slice)
            return (partial(residual_painter.paint_legend, what.scale, unit),)
        if what.under is not None:
            return (partial(residual_painter.paint_split, how.split, blend_title(how.blend)),)
        return ()

    def _measured(self, chosen: Slice, what: Content | None) -> Layer:
        """The measurements on the original (None) or on what the AI pane shows."""
        annotations = PaneAnnotations(
            chosen,
            chosen.pixels if what is None else what.pixels,
            self._prefix(chosen, what),
            self._annotations.shown,
            self._annotations.selected,
        )
        hold = self._keyboard.hold
        held = None if hold is None or hold.handle is None else handles(hold.item)[hold.handle]
        target = KeyboardTarget(self._keyboard.crosshair, held)
        return partial(annotation_painter.paint, annotation_painter.labelled(annotations), target)

    def _prefix(self, chosen: Slice, what: Content | None) -> str:
        """What a measurement's values are of."""
        blend = self._compare.now.blend
        words = {
            "original": self.tr("simulated") if chosen.simulated_dose is not None else "",
            "AI": "AI" if blend == 100 else self.tr("AI {} %").format(blend),
            "removed": self.tr("removed by AI"),
        }
        return words["original" if what is None else what.kind]

    @Slot(object)
    def show_comparison(self, how: Comparison) -> None:
        """Show which way of comparing is chosen."""
        self.actions_.show_mode(how.mode)
        self.actions_.marks.setChecked(how.shows_marks)
        self.blend.setValue(how.blend)
        self.blend.setEnabled(how.mode != "removed")
        self.refresh()

    @Slot(object, int, int)
    def show_slice(self, chosen: Slice, index: int, count: int) -> None:
        """Another slice is shown."""
        self.actions_.play.setEnabled(count > 1)
        if count == 1:
            self.actions_.play.setChecked(False)
        self.refresh()

    @Slot()
    def show_emptied(self) -> None:
        """Nothing is open any more."""
        self.actions_.play.setChecked(False)
        self.actions_.play.setEnabled(False)
        self.refresh()

    @Slot(str)
    def show_tool(self, tool: str) -> None:
        """Another tool is active, or none."""
        self.actions_.show_tool(tool)
        for pane in (self._original, self._denoised):
            pane.mouse.has_tool = bool(tool)
            pane.setCursor(Qt.CursorShape.CrossCursor if tool else Qt.CursorShape.ArrowCursor)
        self._keyboard.set_crosshair(self._session.view.now.centre if tool else None)
        if tool and not (self._original.hasFocus() or self._denoised.hasFocus()):
            if not self._denoised.isVisible():
                self.view_requested.emit(self._original)
            pane = self._original if self._original.isVisible() else self._denoised
            pane.setFocus()  # the arrow keys move the crosshair

    @Slot()
    def show_keyboard(self) -> None:
        """Keep the crosshair visible, show the value under it, and what the keys do now."""
        self.can_cancel_changed.emit(self._can_cancel())
        self.hint_changed.emit(captions.key_hint(self._keyboard, self._annotations.tool))
        if (at := self._keyboard.crosshair) is not None:
            self._session.view.keep_in_sight(at, self._original.projection)
            self.crosshair_moved.emit(at)
        self.refresh()

    def _can_cancel(self) -> bool:
        annotations = self._annotations
        return self._is_busy or bool(annotations.tool) or self._keyboard.hold is not None

    @Slot(object)
    def show_busy(self, busy: Busy | None) -> None:
        """Enable Esc while something is being done."""
        self._is_busy = busy is not None
        self.can_cancel_changed.emit(self._can_cancel())

    @Slot(str)
    def toggle_mode(self, mode: Mode) -> None:
        """Switch to a mode, or back to side by side."""
        self._compare.toggle(mode)
        if self._compare.now.mode != "side":
            self.view_requested.emit(self._denoised)
        self.actions_.show_mode(self._compare.now.mode)

    @Slot()
    def toggle_residual(self) -> None:
        """Show what was removed, or go back to side by side."""
        self._compare.toggle("removed")

    @Slot(int)
    def step_blend(self, per_cent: int) -> None:
        """Change the share of the AI slice."""
        self._compare.set_blend(min(max(self._compare.now.blend + per_cent, 0), 100))

    @Slot(str)
    def set_tool(self, tool: Tool) -> None:
        """Activate a tool, or deactivate it."""
        self._annotations.set_tool(tool)

    @Slot()
    def cancel(self) -> None:
        """Release what is held, else deactivate the tool, else cancel the work."""
        if self._keyboard.hold is not None:
            self._keyboard.release()
        elif self._annotations.tool:
            self._annotations.set_tool("")
        else:
            self._session.cancel()

    @Slot(object, object, bool)
    def draw(self, start: Position, end: Position, is_finished: bool) -> None:
        """Draw with the active tool."""
        self._keyboard.set_crosshair(None)  # the mouse draws
        self._annotations.draw(start, end, is_finished=is_finished)

    @Slot(object, object, object, bool)
    def edit(self, hold: Hold, start: Position, end: Position, is_finished: bool) -> None:
        """Change a measurement."""
        self._annotations.edit(hold, start, end, is_finished=is_finished)

    @Slot(object)
    def set_box_window(self, box: Region) -> None:
        """Set the window from the values in a region."""
        chosen = self._session.slice
        window = None if chosen is None else measurements_2d.box_window(box, chosen, chosen.pixels)
        if window is not None:
            self._session.view.set_preset(window)

    @Slot()
    def list_file_windows(self) -> None:
        """List the windows of the slice's file."""
        self.file_windows.show_slice(self._session.slice)

    @Slot()
    def show_rate(self) -> None:
        """Show the rate at which the series is played."""
        self.rate_control.show_rate(self.cine)

    @Slot()
    def name_window(self) -> None:
        """Show the current window's name in the toolbar."""
        view = self._session.view.now
        name = captions.window_name(view, self._session.slice)
        self.window_named.emit(name, captions.window_size(view))

    @Slot(int)
    def set_lut(self, index: int) -> None:
        """Use one of the file's VOI LUTs."""
        self._session.view.change(voi_lut=index)
