"""Whether a 3D view can be drawn here, asked before VTK is: it would answer with an abort."""

import logging

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication, QOffscreenSurface, QOpenGLContext, QSurfaceFormat

NEEDED = (3, 2)

_log = logging.getLogger(__name__)


def default_format() -> QSurfaceFormat:
    """What the application sets before its first window: Wayland shows black without it."""
    wanted = QSurfaceFormat()
    wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    wanted.setVersion(*NEEDED)
    wanted.setDepthBufferSize(24)
    wanted.setSamples(0)
    return wanted


def opengl_problem() -> str:
    """Why no 3D view can be drawn, as a sentence; "" where it can."""
    if QGuiApplication.platformName() in ("offscreen", "minimal"):
        return _sentence("3D is off because there is no screen to draw on.")
    surface, context = QOffscreenSurface(), QOpenGLContext()
    surface.setFormat(default_format())
    surface.create()
    context.setFormat(default_format())
    if not context.create() or not surface.isValid() or not context.makeCurrent(surface):
        return _sentence("3D is off because this system offers no OpenGL.")
    version = context.format().version()
    context.doneCurrent()
    _log.info("OpenGL %d.%d", *version)
    if tuple(version) < NEEDED:
        return _sentence("3D is off because it needs OpenGL 3.2 and this system offers less.")
    return ""


def _sentence(reason: str) -> str:
    rest = "Everything else works, and the cloud can still be exported."
    translate = QCoreApplication.translate
    return f"{translate('opengl', reason)} {translate('opengl', rest)}"
