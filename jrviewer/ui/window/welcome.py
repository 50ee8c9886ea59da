"""Page shown while nothing is open."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

FRAME_PX = 24  # from the page's edge to the dashed frame
WITHIN_PX = 16


class Welcome(QWidget):
    """A large drop target that names what can be opened."""

    open_requested = Signal()
    folder_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        self.setAccessibleName(self.tr("Nothing is open"))
        title = QLabel(self.tr("Drop a CT or MR slice here"))
        title.setObjectName("welcomeTitle")
        what = QLabel(
            self.tr(
                "DICOM files, a folder, a ZIP archive or a DICOMDIR. The slice appears beside its "
                "AI-denoised twin and the 3D anatomy inferred around it.\n"
                "Everything stays on this computer."
            )
        )
        what.setWordWrap(True)
        files, folder = QPushButton(self.tr("Open files…")), QPushButton(self.tr("Open folder…"))
        files.clicked.connect(self.open_requested)
        folder.clicked.connect(self.folder_requested)
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(files)
        buttons.addWidget(folder)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(*[FRAME_PX + WITHIN_PX] * 4)
        column.addStretch()
        for label in (title, what):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(label)
        column.addSpacing(14)
        column.addLayout(buttons)
        column.addStretch()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A dashed frame: files can be dropped here."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(74, 88, 100), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(
            self.rect().adjusted(FRAME_PX, FRAME_PX, -FRAME_PX, -FRAME_PX), 14, 14
        )
        painter.end()
