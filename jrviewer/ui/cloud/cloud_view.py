"""The 3D pane: the inferred cloud of one prediction, drawn with VTK inside Qt.

Until `create`, and without OpenGL, it shows a message; `prepare` imports pyvista in a worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy.typing as npt
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QStackedWidget, QVBoxLayout, QWidget

from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, UInt8Array, VoiLut, Window
from jrviewer.imaging.windowing import default_window, to_grey
from jrviewer.rendering.look import MeasuredReference, View, shown_cloud
from jrviewer.ui.cloud.coronal_strip import CoronalStrip
from jrviewer.ui.cloud.crosshair import CloudCrosshair
from jrviewer.ui.cloud.input import CloudKeys, CloudMouse
from jrviewer.ui.cloud.opengl import opengl, prepare, widget_class
from jrviewer.ui.cloud.picture import take_picture
from jrviewer.ui.cloud.stale_overlay import Hatching, StaleOverlay
from jrviewer.ui.cloud.toolbar import CloudToolbar
from jrviewer.ui.widgets.pane import Header

if TYPE_CHECKING:  # `prepare` imports them
    from jrviewer.rendering.scene import Scene
    from jrviewer.ui.cloud.interactor import CloudInteractor

WINDOW_DELAY_MS = 60  # for a software renderer a new texture takes longer than a mouse move


class CloudView(QWidget):
    """Shows predictions as clouds, and emits what the mouse points at."""

    dense_requested = Signal(object)  # of a Prediction that has no dense cloud yet
    point_hovered = Signal(object)  # index into the shown cloud, or None
    maximise_requested = Signal()
    picture_taken = Signal(object)  # a ScenePicture
    clicked = Signal(float, float)  # in the scene's pixels
    ruler_gripped = Signal(object)  # a Grip
    ruler_dragged = Signal(float, float)  # pixels to the right and up since then
    ruler_dropped = Signal()
    failed = Signal(str)
    created = Signal()  # the 3D view is there

    prepare = staticmethod(prepare)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cloud_view")
        self.setAccessibleName(self.tr("Inferred 3D, not measured"))
        self.interactor: CloudInteractor | None = None
        self.scene: Scene | None = None
        self.prediction: Prediction | None = None
        self._window: Window | VoiLut | None = None
        self._grey: UInt8Array | None = None
        self._is_series_of_head = False
        self._peeking, self._failure, self._beside = False, "", MeasuredReference()
        self._mouse: CloudMouse | None = None
        self.keys = CloudKeys(self)
        self.keys.view_requested.connect(self.show_view)
        self.keys.peeked.connect(self._peek)
        self.header = Header(self.tr("INFERRED 3D – NOT MEASURED"), badge=self.tr("AI"))
        self.header.maximised.connect(self.maximise_requested)
        self.title, self.note = self.header.title, self.header.detail
        self.message = QLabel(self.tr("The 3D view is starting …"), self)
        self.stack = QStackedWidget(self)
        self.hatching, self.stale_overlay = Hatching(self.stack), StaleOverlay(self.stack)
        self.crosshair, self.toolbar = CloudCrosshair(self.stack), CloudToolbar(self)
        self.coronal = CoronalStrip(self.stack)
        self.toolbar.legend.float_notes(self.stack)
        self.stack.currentChanged.connect(self._lift)
        self.keys.menu_requested.connect(self.toolbar.pop_up)
        self.toolbar.look_chosen.connect(self.refresh)
        self.toolbar.view_requested.connect(self.show_view)
        self.toolbar.picture_requested.connect(self._take_picture)
        self._repaint = QTimer(self, singleShot=True, interval=WINDOW_DELAY_MS)
        self._repaint.timeout.connect(self.refresh)
        self._lay_out()

    @Slot()
    def _lift(self) -> None:
        """Put what floats over the picture in front again: Qt raises every page that it shows."""
        for over in (self.hatching, self.coronal, self.toolbar.legend.notes, self.stale_overlay):
            over.raise_()

    @Slot()
    def create(self) -> None:  # type: ignore[override]  # Qt's own is not virtual
        """Create the 3D view on the GUI thread, after `prepare`; without OpenGL show the reason."""
        if self.interactor is not None:
            return
        offered = opengl()
        try:
            made = widget_class(offered)
        except JRViewerError as error:
            self.show_failure(str(error))
            return
        from jrviewer.rendering.scene import Scene

        self.interactor = interactor = made(
            self.stack, auto_update=False, multi_samples=0 if offered.is_software else 4
        )
        interactor.setAcceptDrops(False)  # or it would read them itself instead of the window
        interactor.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        interactor.setAccessibleName(self.accessibleName())
        interactor.iren.clear_key_event_callbacks()
        self.scene = interactor.scene = Scene(interactor, interactor.moved, interactor.marked)
        self._mouse = mouse = CloudMouse(interactor, self.scene, self.keys)
        mouse.clicked.connect(self.clicked)
        mouse.gripped.connect(self.ruler_gripped)
        mouse.dragged.connect(self.ruler_dragged)
        mouse.dropped.connect(self.ruler_dropped)
        mouse.hovered.connect(self._hover)
        mouse.maximise_requested.connect(self.maximise_requested)
        mouse.menu_requested.connect(self.toolbar.pop_up)
        self.stack.addWidget(interactor)
        if self.prediction is None:
            self.show_message(self.tr("No slice has been through the model yet."))
        self.refresh()
        self.created.emit()

    def show_prediction(self, prediction: Prediction | None) -> None:
        """Show a prediction's cloud, or none."""
        self.stale_overlay.hide()
        if prediction is None:
            self.clear(self.tr("No slice has been through the model yet."))
            return
        if self.prediction is None or self.prediction.slice is not prediction.slice:
            self._grey = None
        self.prediction = prediction
        self.toolbar.legend.name_bone(prediction.contrast)
        self.toolbar.guard_face(prediction, is_series_of_head=self._is_series_of_head)
        self.refresh()

    def show_series_of_head(self, *, is_head: bool) -> None:
        """Say whether the series' surface may show a face, though a slice, of a neck, does not."""
        self._is_series_of_head, known = is_head, self.prediction
        if known is not None and self.toolbar.guard_face(known, is_series_of_head=is_head):
            self.refresh()

    def clear(self, text: str) -> None:
        """Show only a message. The next head starts without skin again."""
        self.prediction = self._grey = None
        self.toolbar.forget_face()
        self.toolbar.legend.show_beside("")
        self.title.setText(self.tr("INFERRED 3D – NOT MEASURED"))
        if self.scene is not None:
            self.scene.clear()
        self.show_message(text)

    def show_message(self, text: str) -> None:
        """Show a message instead of the cloud, until the next prediction."""
        self.message.setText(self._failure or text)
        self.stack.setCurrentWidget(self.message)
        self.toolbar.setEnabled(False)
        self.note.clear()

    def show_failure(self, text: str) -> None:
        """Show permanently why there is no 3D view."""
        self._failure = text
        self.show_message(text)
        self.failed.emit(text)

    def set_stale(self, stale: bool, text: str = "") -> None:
        """Dim the cloud and say of which slice it is, while another one is shown in 2D."""
        overlay = self.stale_overlay
        overlay.show_text(text) if stale and self.prediction is not None else overlay.hide()

    def set_slice_window(self, window: Window | VoiLut | None) -> None:
        """Set the window of the slice inside the cloud; None is the file's own."""
        if window == self._window:
            return
        self._window, self._grey = window, None
        if self.prediction is not None and not self._repaint.isActive():
            self._repaint.start()

    def show_beside(self, beside: MeasuredReference, title: str, words: str) -> None:
        """Show measured data beside the cloud, with a title that distinguishes the two."""
        self.title.setText(title)
        self.toolbar.legend.show_beside(words)
        if beside is not self._beside:
            self._beside = beside
            self.refresh()

    @Slot(str)
    def show_view(self, view: View) -> None:
        """Look from one side of the patient; "oblique" is the initial view."""
        if self.scene is not None and self.prediction is not None:
            self.scene.view(view)

    @Slot()
    def reset_view(self) -> None:
        """Return to the initial view: from the patient's front, left and above."""
        self.show_view("oblique")

    def set_ruler_active(self, *, is_active: bool) -> None:
        """Use clicks and keys for the ruler, or no longer."""
        if self._mouse is None or self.interactor is None or self._mouse.has_tool == is_active:
            return
        self._mouse.has_tool = is_active
        shape = Qt.CursorShape.CrossCursor if is_active else Qt.CursorShape.ArrowCursor
        self.interactor.setCursor(shape)
        if is_active:
            self.interactor.setFocus()  # for arrow keys, Enter and Esc

    @property
    def cloud(self) -> Cloud | None:
        """The displayed cloud, to which indices of points refer."""
        return None if self.scene is None else self.scene.cloud

    def light_points(self, indices: npt.ArrayLike) -> None:
        """Highlight points by their index into the displayed cloud; an empty list removes it."""
        if self.scene is not None and self.prediction is not None:
            self.scene.light_points(indices)

    def show_probe(self, point_mm: FloatArray | None) -> None:
        """Mark a position (3,) in patient millimetres; None removes the mark."""
        if self.scene is not None and self.prediction is not None:
            self.scene.show_probe(point_mm)

    def close_interactor(self) -> None:
        """Free the 3D view when the window closes; may be called again."""
        self._repaint.stop()
        interactor = self.interactor
        self.interactor = self.scene = self._mouse = None
        if interactor is None:
            return
        self.show_message("")
        self.stack.removeWidget(interactor)
        interactor.scene = None
        interactor.close()
        interactor.setParent(None)
        interactor.deleteLater()

    @Slot()
    def refresh(self) -> None:
        """Draw the prediction with the current look and everything known of it."""
        prediction = self.prediction
        if prediction is None:
            return
        if self.scene is None:
            if prediction.cloud is not None:
                self.show_message(self.tr("The 3D view is starting …"))
            return
        look = self.toolbar.look()
        if look.dense and prediction.dense_cloud is None and prediction.cloud is not None:
            self.dense_requested.emit(prediction)
        cloud = shown_cloud(prediction, look)
        if cloud is None:
            self.show_message(prediction.no_cloud_reason)
            return
        if self._grey is None:
            chosen = self._window or default_window(prediction.slice)
            self._grey = to_grey(prediction.slice, prediction.slice.pixels, chosen)
        self.note.setText("" if cloud.unit == "mm" else self.tr("no millimetres"))
        self.toolbar.legend.show_scale(look.colouring, cloud)
        self.toolbar.setEnabled(True)
        if self.interactor is not None:
            self.stack.setCurrentWidget(self.interactor)
        drawn = look.at_pixel_ratio(self.devicePixelRatioF())
        self.scene.show(prediction, self._grey, drawn, self._beside)

    @Slot(object)
    def _hover(self, index: int | None) -> None:
        self.light_points([] if index is None else [index])
        self.point_hovered.emit(index)

    @Slot(bool)
    def _peek(self, hidden: bool) -> None:
        """Hide the slice plane while Space is held."""
        if hidden == self._peeking or (hidden and not self.toolbar.plane.isChecked()):
            return
        self._peeking = hidden
        self.toolbar.plane.setChecked(not hidden)

    @Slot()
    def _take_picture(self) -> None:
        if self.scene is not None and self.prediction is not None:
            words = self.toolbar.legend.words()
            taken = take_picture(self.scene, self.prediction, self.title.text(), words)
            self.picture_taken.emit(taken)

    def _lay_out(self) -> None:
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setMargin(16)
        self.stack.addWidget(self.message)
        self.toolbar.setEnabled(False)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.header)
        rows.addWidget(self.stack, 1)
        rows.addWidget(self.toolbar)
