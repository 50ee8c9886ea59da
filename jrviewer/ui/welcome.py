"""What the window shows while nothing is open, and the frame it draws while files hover over it."""

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class Welcome(QWidget):
    """One large target that names what works."""

    open_wished = Signal()
    folder_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAccessibleName(self.tr("Nothing is open"))
        title = QLabel(self.tr("Drop a CT or MR slice here"))
        title.setObjectName("welcomeTitle")
        what = QLabel(
            self.tr(
                "DICOM files or folders. The slice appears beside its AI-denoised twin and the 3D "
                "anatomy inferred around it.\nEverything stays on this computer."
            )
        )
        what.setWordWrap(True)
        files, folder = QPushButton(self.tr("Open files…")), QPushButton(self.tr("Open folder…"))
        files.clicked.connect(self.open_wished)
        folder.clicked.connect(self.folder_wished)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(files)
        buttons.addWidget(folder)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.addStretch()
        for label in (title, what):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(14)
        column.addLayout(buttons)
        column.addStretch()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A dashed frame: things can be dropped here."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(74, 88, 100), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(self.rect().adjusted(24, 24, -24, -24), 14, 14)
        painter.end()


class DropHighlight(QWidget):
    """A frame over the whole window while files hover over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        parent.installEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the size of the window."""
        if event.type() == QEvent.Type.Resize and isinstance(watched, QWidget):
            self.setGeometry(QRect(0, 0, watched.width(), watched.height()))
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """A dashed frame, a veil and a word: not colour alone."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(20, 60, 75, 120))
        painter.setPen(QPen(QColor(120, 215, 235), 3, Qt.PenStyle.DashLine))
        painter.drawRect(self.rect().adjusted(6, 6, -7, -7))
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        painter.setFont(font)
        painter.setPen(QColor(235, 245, 248))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("Drop to open"))
        painter.end()
