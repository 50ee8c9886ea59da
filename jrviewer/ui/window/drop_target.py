"""Dropping files anywhere on a window; every pane passes them on to it."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMainWindow, QWidget

from jrviewer.ui.window.dropped_paths import dropped_paths

WORD_PX = 24


class DropTargetWindow(QMainWindow):
    """A window that accepts dropped files and folders, and highlights itself meanwhile."""

    files_dropped = Signal(object)  # list[Path]

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.highlight = DropHighlight(self)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if dropped_paths(event.mimeData()) and _accept_as_copy(event):
            self.highlight.setGeometry(self.rect())
            self.highlight.raise_()
            self.highlight.show()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Keep accepting them."""
        if dropped_paths(event.mimeData()):
            _accept_as_copy(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The files left the window."""
        self.highlight.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Emit what was dropped."""
        self.highlight.hide()
        if (paths := dropped_paths(event.mimeData())) and _accept_as_copy(event):
            self.activateWindow()  # the next key press is meant for the dropped files
            self.files_dropped.emit(paths)


class DropHighlight(QWidget):
    """A frame over the whole window while files hover over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        parent.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(QRect(0, 0, watched.width(), watched.height()))
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """A dashed frame, a tint and a text: not colour alone."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(20, 60, 75, 120))
        painter.setPen(QPen(QColor(120, 215, 235), 3, Qt.PenStyle.DashLine))
        painter.drawRect(self.rect().adjusted(6, 6, -7, -7))
        font = painter.font()
        font.setPixelSize(WORD_PX)
        painter.setFont(font)
        flags, word = Qt.AlignmentFlag.AlignCenter, self.tr("Drop to open")
        upper = self.rect().adjusted(0, 0, 0, -self.height() // 3)  # above the welcome page's text
        plate = painter.boundingRect(upper, flags, word).adjusted(-28, -16, 28, 16)
        painter.fillRect(plate, QColor(16, 34, 42))  # or the text would overlap others
        painter.setPen(QColor(235, 245, 248))
        painter.drawText(upper, flags, word)
        painter.end()


def _accept_as_copy(event: QDropEvent) -> bool:
    """Accept a drag as a copy, or as a link if only that is offered, and never as a move, after
    which a file manager may delete the originals; whether it was accepted.
    """
    for action in (Qt.DropAction.CopyAction, Qt.DropAction.LinkAction):
        if event.possibleActions() & action:
            event.setDropAction(action)
            event.accept()
            return True
    event.setDropAction(Qt.DropAction.IgnoreAction)
    event.ignore()
    return False
