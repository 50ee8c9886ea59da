"""Start-up: what is seen first comes first. The window, the slice, what the model makes of it, and
then the 3D view; each imports what it needs when it is its turn.

Imports in several threads wait for one another, so they save a tenth at most, and delay what comes
first.
"""

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QStandardPaths, QTimer, Signal, Slot
from PySide6.QtGui import QFileOpenEvent, QGuiApplication, QSurfaceFormat
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication

from jrviewer import __version__
from jrviewer.core.errors import JRViewerError
from jrviewer.core.resources import resource
from jrviewer.ui.cloud.opengl import default_format, opengl
from jrviewer.ui.crash_log import CrashLog
from jrviewer.ui.interrupts import Interrupts
from jrviewer.ui.jobs.backend import Backend, import_torch
from jrviewer.ui.jobs.worker_thread import Ticket
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Session
from jrviewer.ui.widgets import theme
from jrviewer.ui.window import connections
from jrviewer.ui.window.main_window import MainWindow

PATIENCE_MS = 500  # with a window that is not painted


class Application(QApplication):
    """Emits the files that macOS asks to open."""

    file_requested = Signal(object)

    def event(self, event: QEvent) -> bool:
        """Handle QEvent.FileOpen: Finder and the dock open files through it."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.file_requested.emit(Path(event.file()))
            return True
        return super().event(event)


def create_window(session: Session, preferences: Preferences | None = None) -> MainWindow:
    """A window on a session, connected and with the last run's settings and layout."""
    window = MainWindow(session, preferences)
    connections.connect(window)
    return window


class StartUp(QObject):
    """One window, and the steps after it was painted for the first time."""

    def __init__(
        self,
        paths: Sequence[Path],
        backend: Backend | None = None,
        preferences: Preferences | None = None,
    ) -> None:
        super().__init__()
        self.session = Session(backend)
        self.window = create_window(self.session, preferences)
        _reserve_opengl(self.window)
        self._paths = list(paths)
        self._ticket: Ticket | None = None
        self._painted = _Painted(self.window)
        self._painted.first.connect(self._open)
        self.session.foreground.idle.connect(self._prepare_cloud_view)
        self.session.worker_thread.finished.connect(self._create_cloud_view)
        self.session.worker_thread.refused.connect(self._do_without_cloud_view)

    def begin(self) -> None:
        """Show the window; everything else follows once it is painted."""
        self.window.show()

    @Slot(object)
    def open_file(self, path: Path) -> None:
        """Open a file that the operating system sent."""
        self.session.open([path])

    @Slot()
    def _open(self) -> None:
        _collect_garbage_again()
        if self._paths:
            self.session.open(self._paths)
        elif self.window.app_menu.settings.opens_sample:
            self.session.open(_sample(), is_passing=True)
        self.session.allow_predictions()

    @Slot()
    def _prepare_cloud_view(self) -> None:
        """Once nobody waits for a slice any more."""
        if self._ticket is None and self.session.model_device.is_allowed:
            prepare = self.window.cloud.prepare
            self._ticket = self.session.worker_thread.submit("cloud view", prepare)

    @Slot(object, object)
    def _create_cloud_view(self, ticket: Ticket, result: object) -> None:
        if ticket is self._ticket:
            self.window.cloud.create()

    @Slot(object, object)
    def _do_without_cloud_view(self, ticket: Ticket, error: JRViewerError) -> None:
        if ticket is self._ticket:
            self.window.cloud.show_failure(str(error))


class _Painted(QObject):
    """Emits once, after a window was painted for the first time; after a moment also where it is
    not, as it started minimised.
    """

    first = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._is_over = False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wait for the window's first painting, which ends with this event."""
        if event.type() == QEvent.Type.Show:
            QTimer.singleShot(PATIENCE_MS, self._end)
        elif event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self._end)
        return False

    @Slot()
    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self.first.emit()


def main(paths: Sequence[Path] = ()) -> int:
    """Open the window with files and folders; returns the exit code."""
    application = create_application()
    start = StartUp(paths, preferences=Preferences.of_user())
    start.window.app_menu.attach_crash_log(install_crash_log(application))
    application.file_requested.connect(start.open_file)
    interrupts = Interrupts(application)
    interrupts.asked_to_end.connect(application.closeAllWindows)
    start.begin()
    try:
        return application.exec()
    finally:
        interrupts.close()


def create_application() -> Application:
    """Create the application object, ready for the first widget."""
    if sys.platform == "win32":
        import_torch()
    set_platform_defaults()
    application = Application(sys.argv[:1])
    set_name_and_theme(application)
    return application


def install_crash_log(application: QApplication) -> CrashLog:
    """Log uncaught exceptions: one in a slot does not end the app, but must be seen."""
    kind = QStandardPaths.StandardLocation.AppLocalDataLocation
    log = CrashLog(Path(QStandardPaths.writableLocation(kind)), application)
    sys.excepthook = log.record
    return log


def set_platform_defaults() -> None:
    """Settings that Qt, VTK and qtpy read before the application object exists."""
    os.environ["QT_API"] = "pyside6"  # for pyvistaqt's qtpy
    QSurfaceFormat.setDefaultFormat(default_format())


def set_name_and_theme(application: QApplication) -> None:
    """Set the application's name, icon and theme."""
    application.setApplicationName("JRViewer")
    application.setApplicationVersion(__version__)
    QGuiApplication.setDesktopFileName("jrviewer")
    application.setWindowIcon(theme.icon("app"))
    theme.apply_dark(application)


def _reserve_opengl(window: MainWindow) -> None:
    """Add a hidden OpenGL child before the window is shown. If a visible window gets its first one,
    Qt recreates the native window, which flashes and loses the keyboard focus. Without OpenGL none
    is added: Qt would paint the whole window through it, and it would stay black.
    """
    if not opengl().problem:
        QOpenGLWidget(window).hide()


def _collect_garbage_again() -> None:
    """Where the start has put it off; what there is now stays, and is not looked through again."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _sample() -> list[Path]:
    """The bundled sample, or an empty list if it is not installed."""
    try:
        return [resource("sample")]
    except JRViewerError:
        return []
