"""Presents the session's state on the three views, so that titles and content always belong to the
same slice.
"""

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Slice
from jrviewer.rendering.picking import nearest_points
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.slices.pane_offer import PaneOffer
from jrviewer.ui.slices.slice_view import SliceView
from jrviewer.ui.state import captions
from jrviewer.ui.state.captions import SeriesPosition
from jrviewer.ui.state.comparison import content
from jrviewer.ui.state.corners import Corners
from jrviewer.ui.state.demonstration import dose_name
from jrviewer.ui.state.session import Session
from jrviewer.ui.state.strength import noise_text, strength_name
from jrviewer.ui.state.view import View
from jrviewer.ui.widgets import painting
from jrviewer.ui.widgets.pane import Pane, back_button
from jrviewer.ui.window.bars.status_bar import StatusBar
from jrviewer.ui.window.compared_corners import compared_corners


class Presenter(QObject):
    """Original, denoised and cloud of one session."""

    cloud_missing = Signal(str)  # why this kind of slice has no cloud; "" where it has one

    def __init__(
        self, session: Session, panes: tuple[Pane, Pane, Pane], status: StatusBar, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._original_pane, self._denoised_pane, _ = panes
        original, denoised, cloud = (pane.view for pane in panes)
        assert isinstance(original, SliceView)
        assert isinstance(denoised, SliceView)
        assert isinstance(cloud, CloudView)
        self._original, self._denoised, self._cloud = original, denoised, cloud
        self._status = status
        self.offer = PaneOffer(denoised)
        self.leave_twin = back_button(self.tr("Back to the scan"))
        self._original_pane.add_tool(self.leave_twin)
        self._shown: Prediction | None = None  # what the AI panes show, of this slice or another
        self._scale = 0.0  # of the colours of what was removed
        self._withheld = ""  # why the model did not run on the slice that is shown
        self._probed: tuple[float, float] | None = None

    @Slot(int)
    def show_chosen(self, index: int) -> None:
        """Show no result and no patient's text of another series than the one shown."""
        self._shown = None
        painting.forget_texts()
        self._cloud.clear(self.tr("Working on this slice…"))  # skin is switched off again

    @Slot()
    def show_emptied(self) -> None:
        """Nothing is open any more."""
        self.show_chosen(0)
        self.offer.offer("")
        for pane in (self._original, self._denoised):
            pane.show_nothing("")
            pane.show_corners(Corners())
        for frame in (self._original_pane, self._denoised_pane):
            frame.show_detail("")
        self._denoised.set_hatched(False)
        self._status.show_check(*captions.check_text(None))
        self._status.show_noise("", "")
        self.show_probe(None)

    @Slot(object, int, int)
    def show_slice(self, chosen: Slice, index: int, count: int) -> None:
        """Show another slice."""
        self._original.show_slice(chosen, chosen.pixels)
        dose = dose_name(chosen)
        self._original_pane.show_title(dose or self.tr("ORIGINAL"), has_badge=False)
        self._original_pane.show_detail(self._position_text(chosen))
        self.leave_twin.setVisible(bool(dose))
        self._refresh_corners()
        self.show_probe(self._probed)

    @Slot()
    def show_part(self) -> None:
        """Say that the others of the first slice's series were not read."""
        if self._session.slice is not None:
            self._original_pane.show_detail(self._position_text(self._session.slice))

    @Slot(object)
    def show_prediction(self, prediction: Prediction) -> None:
        """Show the result of the slice that is shown."""
        self._shown = prediction
        self.offer.offer("")
        self._denoised.show_slice(prediction.slice, prediction.denoised)
        self._paint_denoised()
        self._denoised.set_hatched(is_doubted := prediction.level != "green")
        self._cloud.set_stale(False, "")
        self._cloud.show_prediction(prediction)
        # A slice of a CT without a cloud lies beside others that have one: nothing is to jump.
        is_ever = prediction.cloud is not None or prediction.slice.unit == "HU"
        self.cloud_missing.emit("" if is_ever else prediction.no_cloud_reason)
        if prediction.cloud is None:
            self._cloud.show_message(prediction.no_cloud_reason)
        # After the cloud, which Qt raises.
        self._cloud.hatching.mark(is_doubted=is_doubted and prediction.cloud is not None)
        self._cloud.set_slice_window(self._session.view.now.window)
        self._status.show_check(*captions.check_text(prediction))
        self._status.show_noise(*noise_text(prediction))
        self._refresh_corners()
        self.show_probe(self._probed)

    @Slot(object)
    def show_unpredicted(self, chosen: Slice) -> None:
        """Say of which slice the last result is; without one, what is being done."""
        self._withheld = ""
        if chosen.unit == "HU":
            self.cloud_missing.emit("")  # why the slice before it had none
        self._status.show_check(*captions.check_text(None))
        self._status.show_noise("", "")
        is_partial = self._session.is_partial
        waits = self.tr("Reading the other slices first…")
        self._show_sentence(waits if is_partial else self.tr("Working on this slice…"))

    @Slot(str)
    def show_withheld(self, reason: str) -> None:
        """Show why the model did not run on this slice."""
        self._shown, self._withheld = None, reason
        self._status.show_check(self.tr("Input check: ■ not run"), reason)
        self._status.show_noise("", "")
        self._show_sentence(reason)
        self._cloud.show_message(self.tr("No cloud: the model was not run."))  # said beside it
        self.offer.offer(self.tr("Run anyway"))

    @Slot(str)
    def show_no_result(self, reason: str) -> None:
        """Show that there is no result and none is being computed."""
        session = self._session
        is_awaited = session.foreground.is_running("predict")  # something else has failed
        if session.slice is None or session.prediction is not None or is_awaited:
            return
        if self._withheld:
            self.show_withheld(self._withheld)
        else:
            self._show_sentence(reason)

    def _show_sentence(self, sentence: str) -> None:
        self.offer.offer("")
        if self._shown is None:
            self._denoised.show_nothing(sentence)
            self._denoised_pane.show_detail("")
            self._denoised.set_hatched(False)
            self._cloud.hatching.mark(is_doubted=False)
            self._cloud.show_prediction(None)
            self._cloud.show_message(sentence)
            return
        words = self.tr("Result of {}").format(self._position_text(self._shown.slice))
        self._denoised.set_stale(f"{words}\n{sentence}")
        self._cloud.set_stale(True, words)

    @Slot(object)
    def show_view(self, view: View) -> None:
        """Apply a view to both slices and to the plane in the cloud."""
        self._original.show_view(view)
        self._denoised.show_view(view)
        if self._session.slice is not None:
            self._cloud.set_slice_window(view.window)
        self._refresh_corners()

    @Slot()
    def reset_slices(self) -> None:
        """Reset the slices' view, unless the 3D view has the keyboard or is alone on screen."""
        focus = QApplication.focusWidget()
        is_seen = self._original.isVisible() or self._denoised.isVisible()
        if is_seen and not (focus is not None and self._cloud.isAncestorOf(focus)):
            self._session.view.reset()

    @Slot()
    def share_viewport(self) -> None:
        """Scale both panes to the smaller visible one, so that the same zoom is the same size."""
        seen = [pane for pane in (self._original, self._denoised) if not pane.isHidden()]
        visible = [pane for pane in seen if pane.isVisible()] or seen
        width = min(pane.width() for pane in visible)
        height = min(pane.height() for pane in visible)
        self._session.view.change(viewport=(max(width, 1), max(height, 1)))
        self._refresh_corners()

    @Slot(object)
    def show_hovered_point(self, index: int | None) -> None:
        """Mark the pixel below a point of the cloud, along the slice's normal."""
        shown = self._shown
        cloud = self._cloud.cloud
        if shown is None or cloud is None or index is None or cloud.unit != "mm":
            self._mark(None)
            return
        place = shown.slice.plane.to_pixel(cloud.points[index : index + 1])[0]
        self._mark((float(place[0]), float(place[1])))

    @Slot(object)
    def show_probe(self, position: tuple[float, float] | None) -> None:
        """Mark a pixel position on all panes and show its values."""
        self._probed = position
        self._mark(position)
        session = self._session
        if session.slice is not None:
            at = None if position is None else np.array([position])
            place = None if at is None else session.slice.plane.to_patient(at)[0]
            self._cloud.show_probe(place)
            self._light_nearest(place)
        self._status.probe.setText(captions.probe_text(session.slice, session.prediction, position))

    def _light_nearest(self, place: FloatArray | None) -> None:
        """Highlight the points of the current result near a position of the patient."""
        shown = self._shown
        if place is None or shown is None or shown is not self._session.prediction:
            self._cloud.light_points([])
            return
        structures = self._cloud.toolbar.look().structures
        self._cloud.light_points(nearest_points(self._cloud.cloud, structures, place))

    def _mark(self, position: tuple[float, float] | None) -> None:
        self._original.show_mark(position)
        self._denoised.show_mark(position)

    @Slot()
    def show_comparison(self) -> None:
        """Update the AI pane: another comparison, or a new result of an analysis."""
        if self._shown is not None:
            self._paint_denoised()
            self._refresh_corners()

    def _paint_denoised(self) -> None:
        shown = self._shown
        assert shown is not None
        what = content(shown, self._session.compare.now)
        self._scale = what.scale
        self._denoised.show_pixels(what.pixels, under=what.under, scale=what.scale)
        self._denoised.show_split(self._session.compare.now.split)
        dose = dose_name(shown.slice)
        title = f"{what.title} – {dose}" if dose else what.title  # its end may be cut
        self._denoised_pane.show_title(title, has_badge=what.kind != "original")
        self._denoised_pane.show_badge(strength_name(shown.strength))  # the title says AI
        self._denoised_pane.show_detail(what.detail or self._position_text(shown.slice))

    def _position_text(self, chosen: Slice) -> str:
        """Position of the slice in its series."""
        if self._session.is_partial:
            return self.tr("first slice, more are being read")
        series = self._session.series
        if series is not None and self._session.opening.shelf.is_torn(series):
            return self.tr("first slice, others not read")
        return captions.position_text(chosen, series)

    def _refresh_corners(self) -> None:
        session, view = self._session, self._session.view.now
        projection = self._original.projection
        if session.slice is None or session.series is None or projection is None:
            return
        is_frame = captions.is_clip(session.series)
        place = SeriesPosition(session.index, len(session.series), is_frame)
        pixels = projection.scale * projection.spacing_mm[1] * self._original.devicePixelRatio()
        title, dose = session.series.title, dose_name(session.slice)
        corners = captions.original_corners(session.slice, title, place, view, pixels)
        self._original.show_corners(corners.under(dose))
        known = session.prediction
        if known is None:
            self._denoised.show_corners(Corners())
        else:
            corners = compared_corners(session, known, place, view, pixels, self._scale)
            self._denoised.show_corners(corners.under(dose))
