"""VTK's view inside Qt, drawn once a frame; while it moves, in as much detail as there is time for.
Imports pyvistaqt: see `opengl.widget_class`.
"""

import time
import weakref
from contextlib import nullcontext
from typing import Any

from PySide6.QtCore import QTimer, Slot
from pyvistaqt import QtInteractor

from jrviewer.rendering.frame import FINE, Detail
from jrviewer.rendering.scene import Scene
from jrviewer.ui.cloud.pace import Pace

SETTLING_MS = 150  # after the last movement


class CloudInteractor(QtInteractor):
    """VTK asks for a frame when the mouse moves; Qt paints one when it is next idle, so several
    moves share one, and none is drawn twice.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - pyvistaqt's
        self.scene: Scene | None = None
        self.pace = Pace()
        self._moves = False  # since the last frame
        self._painting: tuple[float, Detail] | None = None  # since when
        super().__init__(*arguments, **options)
        # A software renderer takes longer for a frame than for both slices: paint those first.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.update)
        self._settling = QTimer(self, singleShot=True, interval=SETTLING_MS)
        self._settling.timeout.connect(self.update)
        self.frameSwapped.connect(self._learn)
        own = weakref.ref(self)  # VTK would keep a bound method, and this with it, for ever

        def asked(*_: object) -> None:
            this = own()
            if this is not None and not this._in_paint:
                this._moves = True
                this.update()

        self._vtk = self.iren.interactor
        self._vtk.EnableRenderOff()
        self._vtk.AddObserver("RenderEvent", asked)

    def moved(self) -> None:
        """Draw what is shown now soon, as a movement; a finer frame follows when it is over."""
        self._moves = True
        self._soon.start()

    def marked(self) -> None:
        """Draw a mark soon, and everything else as it was."""
        self._soon.start()

    def resizeGL(self, width: int, height: int) -> None:
        """A pane that is being resized moves."""
        self._moves = True
        super().resizeGL(width, height)  # type: ignore[no-untyped-call]  # pyvistaqt's omission

    def paintGL(self) -> None:
        """Draw one frame."""
        detail = self.pace.detail if self._moves and self.scene is not None else FINE
        self._moves = False
        self._painting = time.perf_counter(), detail
        self._vtk.EnableRenderOn()
        try:
            with nullcontext() if self.scene is None else self.scene.frame.drawn(detail):
                super().paintGL()  # type: ignore[no-untyped-call]
        finally:
            self._vtk.EnableRenderOff()
        if detail != FINE:
            self._settling.start()

    @Slot()
    def _learn(self) -> None:
        """A frame is on the screen."""
        if self._painting is not None:
            begun, detail = self._painting
            self._painting = None
            self.pace.took(time.perf_counter() - begun, detail)
