"""The first look at what was opened: the swipe line goes over the slice once, the cloud rises and
turns a little, and then the measured surface is offered. Any key or click ends it.
"""

from PySide6.QtCore import (
    QAbstractAnimation,
    QEasingCurve,
    QEvent,
    QObject,
    QVariantAnimation,
    Signal,
    Slot,
)
from PySide6.QtWidgets import QApplication

from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.state.session import Session
from jrviewer.ui.state.settings import Settings
from jrviewer.ui.widgets.motion import wants_less_motion

SWEEP_MS, RISE_MS = 1800, 1600
TURN_DEGREES, RISE_DEGREES = 20.0, 22.0
INPUT = (
    *(QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride),  # a shortcut's key is pressed for nobody
    *(QEvent.Type.MouseButtonPress, QEvent.Type.Wheel),
)


class FirstLook(QObject):
    """Once a run, on the first series that the user opens, and on the sample while it is new."""

    offered = Signal()  # the series has a measured surface to compare with

    def __init__(self, session: Session, cloud: CloudView, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._cloud = session, cloud
        self.is_allowed = True  # by the settings
        self.takes_sample = False  # the first steps have not been taken yet
        self._is_due = self._is_done = self._is_rise_due = self._offers = False
        self._camera: tuple[tuple[float, ...], ...] = ()  # where it was before, and ends
        self.sweep = self._animation(SWEEP_MS)
        self.sweep.valueChanged.connect(self._sweep)
        self.sweep.finished.connect(self._begin_rise)
        self.rise = self._animation(RISE_MS)
        self.rise.valueChanged.connect(self._rise)
        self.rise.finished.connect(self._offer)

    def _animation(self, duration_ms: int) -> QVariantAnimation:
        animation = QVariantAnimation(self)
        animation.setStartValue(0.0)
        animation.setEndValue(1.0)
        animation.setDuration(duration_ms)
        animation.setEasingCurve(QEasingCurve.Type.InOutSine)
        return animation

    @Slot(object)
    def apply_settings(self, settings: Settings) -> None:
        """Whether it is wanted at all."""
        self.is_allowed = settings.first_look

    @Slot(object)
    def await_result(self, series: object) -> None:
        """Something was read: its first result is worth a look."""
        opening = self._session.opening
        is_wanted = not opening.is_passing or self.takes_sample
        is_new = self._session.prediction is None and not opening.is_partial
        self._is_due = is_wanted and is_new and not self._is_done

    @Slot(object)
    def begin(self, prediction: object) -> None:
        """Start with the first result of what was opened."""
        is_due, self._is_due = self._is_due, False
        if not is_due or self._session.compare.now.mode != "side":
            return
        if not self.is_allowed or wants_less_motion():
            return
        self._is_done = not self._session.opening.is_passing
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        self._session.compare.change(mode="swipe", split=1.0)
        self.sweep.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End with the first key or click, which does what it always does."""
        if event.type() in INPUT:
            self.end()
        return False

    @Slot()
    def end(self) -> None:
        """Show everything as it is without a first look."""
        running = QAbstractAnimation.State.Stopped
        if self.sweep.state() != running:
            self.sweep.stop()
            self._session.compare.change(mode="side", split=0.5)
        if self.rise.state() != running:
            self.rise.stop()
            self._rise(1.0)
        self._leave()

    def _leave(self) -> None:
        self._camera, self._is_rise_due = (), False
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)

    @Slot(object)
    def _sweep(self, share: float) -> None:
        """From the original alone to the AI slice alone."""
        if self.sweep.state() == QAbstractAnimation.State.Running:
            self._session.compare.change(split=1.0 - share)

    @Slot()
    def _begin_rise(self) -> None:
        self._session.compare.change(mode="side", split=0.5)
        view = self._cloud
        self._is_rise_due = view.interactor is None  # at start the slice comes before the 3D view
        if view.interactor is None:
            return
        if view.cloud is None or not view.isVisible():
            self._offer()
            return
        camera = view.interactor.camera
        self._camera = tuple(camera.position), tuple(camera.focal_point), tuple(camera.up)
        self._rise(0.0)
        self.rise.start()

    @Slot()
    def catch_up(self) -> None:
        """The 3D view is there now."""
        if self._is_rise_due:
            self._begin_rise()

    @Slot(object)
    def _rise(self, share: float) -> None:
        """Up from the slice's edge, and round by a little, to where the camera was."""
        interactor = self._cloud.interactor
        if not self._camera or interactor is None:
            return
        camera, (position, focus, up) = interactor.camera, self._camera
        camera.SetPosition(*position)
        camera.SetFocalPoint(*focus)
        camera.SetViewUp(*up)
        if share < 1:
            camera.Azimuth(-TURN_DEGREES * (1 - share))
            camera.Elevation(-RISE_DEGREES * (1 - share))
        interactor.renderer.ResetCameraClippingRange()
        interactor.update()

    @Slot()
    def _offer(self) -> None:
        self._leave()
        self._offers = True
        self.offer_measured()

    @Slot()
    def offer_measured(self) -> None:
        """Offer the measured surface, once it is there."""
        if self._offers and self._session.surface.mesh is not None:
            self._offers = False
            self.offered.emit()

    @Slot(int)
    def forget(self, _: int) -> None:
        """Another series is shown: nothing is left to offer."""
        self.end()
        self._offers = False

    @Slot()
    def reveal(self) -> None:
        """Show the measured surface around the cloud."""
        self._cloud.toolbar.measured.setChecked(True)
