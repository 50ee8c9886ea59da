"""Whether this system can draw a 3D view, checked before VTK would abort; and the import of the 3D
libraries.
"""

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext, QSurfaceFormat

from jrviewer.core.errors import JRViewerError
from jrviewer.core.lazy_vtk import charts_later
from jrviewer.core.progress import Report, silent

if TYPE_CHECKING:
    from jrviewer.ui.cloud.interactor import CloudInteractor

NEEDED = (3, 2)
NO_LIBRARIES = "3D is off because its libraries cannot be loaded. Everything else works."
GL_RENDERER = 0x1F01  # of the OpenGL registry
SOFTWARE = (
    "llvmpipe",
    "softpipe",
    "swiftshader",
    "swrast",
    "software",
    "gdi generic",
    "basic render",
)

_log = logging.getLogger(__name__)


def default_format() -> QSurfaceFormat:
    """The format to set before the first window: without it Wayland shows black."""
    wanted = QSurfaceFormat()
    wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setVersion(*NEEDED)
    wanted.setDepthBufferSize(24)
    wanted.setSamples(0)
    return wanted


@dataclass(frozen=True, slots=True)
class OpenGL:
    """OpenGL of this system."""

    problem: str = ""  # why no 3D view can be drawn
    renderer: str = ""

    @property
    def is_software(self) -> bool:
        """Whether the CPU renders: every effect is slow then."""
        return any(name in self.renderer.lower() for name in SOFTWARE)


def opengl() -> OpenGL:
    """Try a context as the 3D view needs it."""
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        return _problem("3D is off because there is no display.")
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.setFormat(default_format())
    surface.create()
    context.setFormat(default_format())
    if not context.create() or not surface.isValid() or not context.makeCurrent(surface):
        return _problem("3D is off because this system has no OpenGL.")
    version = context.format().version()
    renderer = str(context.functions().glGetString(GL_RENDERER))
    context.doneCurrent()
    _log.info("OpenGL %d.%d on %s", *version, renderer)
    if version < NEEDED:
        return _problem("3D is off because it needs OpenGL 3.2 or later.")
    return OpenGL(renderer=renderer)


def _problem(reason: str) -> OpenGL:
    rest = "Everything else works, and the cloud can still be exported."
    translate = QCoreApplication.translate
    return OpenGL(f"{translate('opengl', reason)} {translate('opengl', rest)}")


def prepare(report: Report = silent) -> None:
    """Import what CloudView.create needs, but for Qt. Takes half a second: call it in the worker.

    Raises JRViewerError if the 3D libraries cannot be loaded.
    """
    report(0.0, "loading the 3D view")
    try:
        with charts_later():
            import jrviewer.rendering.scene  # noqa: F401
    except ImportError as error:
        raise JRViewerError(NO_LIBRARIES) from error


def widget_class(offered: OpenGL) -> "type[CloudInteractor]":
    """The 3D view's widget, after `prepare` and on the GUI thread: the import creates all of Qt's
    classes, and PySide crashes where two threads create them at once.

    Raises JRViewerError if there is a problem with OpenGL, or the library cannot be loaded.
    """
    if offered.problem:
        raise JRViewerError(offered.problem)
    os.environ.setdefault("QT_API", "pyside6")  # qtpy, under pyvistaqt, asks for it
    try:
        from jrviewer.ui.cloud.interactor import CloudInteractor
    except ImportError as error:
        raise JRViewerError(NO_LIBRARIES) from error
    return CloudInteractor
