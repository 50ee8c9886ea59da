"""Keeps the window within the screens that there are: at the first start, after a layout was
restored, and when a monitor is removed or its resolution changes.
"""

from PySide6.QtCore import QObject, QRect, QSize, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QRegion, QScreen
from PySide6.QtWidgets import QMainWindow

FIRST_SIZE = QSize(1500, 900)
FRAME = QSize(16, 64)  # room for borders and title bar, whose size is unknown before the first show


class ScreenFit(QObject):
    """Keeps a window on screen. A window that is wholly visible is never moved, nor is one that the
    user has moved partly off a screen.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window, self._was_shown = window, False
        self._later = QTimer(self, singleShot=True, interval=0)  # once the system has moved it
        self._later.timeout.connect(self.keep_on_screen)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.screenRemoved.connect(self._later.start)
        application.primaryScreenChanged.connect(self._later.start)
        application.screenAdded.connect(self._watch)
        for screen in QGuiApplication.screens():
            self._watch(screen)

    def set_first_size(self) -> None:
        """The usual size, or less on a small screen."""
        available = QGuiApplication.primaryScreen().availableGeometry().size()
        self._window.resize(FIRST_SIZE.boundedTo(available - FRAME))

    def check_first_show(self) -> None:
        """Keep the window on screen once the system knows its frame; later shows change nothing."""
        if not self._was_shown:
            self._was_shown = True
            self._later.start()

    @Slot()
    def keep_on_screen(self) -> None:
        """Move and shrink the window if a part of it lies on no screen."""
        window = self._window
        if window.isMaximized() or window.isFullScreen():
            return
        screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
        frame, inner = window.frameGeometry(), window.geometry()
        fitting = fitted(frame, screens)
        if fitting != frame:
            window.setGeometry(
                inner.translated(fitting.topLeft() - frame.topLeft()).adjusted(
                    0, 0, fitting.width() - frame.width(), fitting.height() - frame.height()
                )
            )

    @Slot(QScreen)
    def _watch(self, screen: QScreen) -> None:
        screen.availableGeometryChanged.connect(self._later.start)


def fitted(frame: QRect, screens: list[QRect]) -> QRect:
    """The frame itself if the screens cover it, else moved, and shrunk if need be, into the screen
    that shows most of it, or into the first one.
    """
    region = QRegion(frame)
    for screen in screens:
        region -= QRegion(screen)
    if region.isEmpty() or not screens:
        return frame
    best = max(screens, key=lambda screen: _area(screen & frame))  # the first of equals
    size = frame.size().boundedTo(best.size())
    x = min(max(frame.x(), best.x()), best.x() + best.width() - size.width())
    y = min(max(frame.y(), best.y()), best.y() + best.height() - size.height())
    return QRect(x, y, size.width(), size.height())


def _area(rect: QRect) -> int:
    return rect.width() * rect.height() if rect.isValid() else 0
