"""The parts that a session's state is made of, connected where they need only each other."""

from PySide6.QtCore import QObject

from jrviewer.ui.jobs.backend import Backend
from jrviewer.ui.jobs.foreground import Foreground
from jrviewer.ui.jobs.prefetch import Prefetcher
from jrviewer.ui.jobs.worker_thread import WorkerThread
from jrviewer.ui.state.analyses import DenseClouds, PhantomScores, ResidualAnalysis
from jrviewer.ui.state.annotations import Annotations
from jrviewer.ui.state.comparison import CompareState
from jrviewer.ui.state.demonstration import Demonstrations
from jrviewer.ui.state.keyboard_annotations import KeyboardAnnotations
from jrviewer.ui.state.model_device import ModelDevice
from jrviewer.ui.state.rulers import Rulers
from jrviewer.ui.state.series.open_series import OpenSeries
from jrviewer.ui.state.strength import StrengthState
from jrviewer.ui.state.surface import SurfaceState
from jrviewer.ui.state.undo_history import UndoHistory
from jrviewer.ui.state.view import ViewState


class SessionParts(QObject):
    """The parts, as attributes."""

    def __init__(self, backend: Backend, parent: QObject | None) -> None:
        super().__init__(parent)
        self.backend = backend
        self.worker_thread = WorkerThread(self)
        self.foreground = Foreground(self.worker_thread, self)
        self.prefetcher = Prefetcher(self.worker_thread, backend.predict_all, self)
        self.model_device = ModelDevice(self.foreground, backend, self)
        self.opening = OpenSeries(self.foreground, backend, self)
        backend.series_of = self.opening.shelf.series_of
        self.view = ViewState(self)
        self.compare = CompareState(self)
        self.strength = StrengthState(self)
        self.history = UndoHistory(self)
        self.annotations = Annotations(self.history, self)
        self.keyboard_annotations = KeyboardAnnotations(self.annotations)
        self.rulers = Rulers(self.history, self)
        self.residuals = ResidualAnalysis(self.worker_thread, self)
        self.dense_clouds = DenseClouds(self.worker_thread, self)
        self.phantom_scores = PhantomScores(self.worker_thread, self)
        self.surface = SurfaceState(self.worker_thread, self)
        self.demonstrations = Demonstrations(self.worker_thread, self.foreground, backend, self)
        self.prefetcher.progressed.connect(self.foreground.check_idle)
        self.foreground.busy.connect(self.surface.pause)
        self.foreground.idle.connect(self.surface.resume)
        analyses = (
            *(self.residuals, self.dense_clouds),
            *(self.phantom_scores, self.demonstrations),
        )
        for part in (self.history, self.annotations, self.rulers, *analyses):
            self.opening.slices_closed.connect(part.forget)
        self.opening.closed.connect(self.surface.forget)
