"""What an app in a process of its own is watched with."""

from PySide6.QtCore import QObject, QTimer

from jrviewer.ui.app import Application, StartUp


class Watcher(QObject):
    """Has a clock by which it looks at the app again and again, until it has seen enough."""

    def __init__(self, application: Application, start: StartUp, every_ms: int) -> None:
        super().__init__()
        self.application, self.start = application, start
        self.looks = 0
        self.clock = QTimer(self)
        self.clock.start(every_ms)
