"""A window of another program from which files can be dragged: `python drag_source.py X Y FILE…`.

One field for each file, from the top down, FIELD_PX high.
"""

import sys
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

FIELD_PX, WIDTH_PX = 40, 84


class Field(QLabel):
    """A file that can be dragged away."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.stem)
        self._path = path
        self.setFixedSize(WIDTH_PX, FIELD_PX)
        self.setFrameStyle(QLabel.Shape.Box)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Begin the drag; the call returns when the file is dropped somewhere."""
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(self._path))])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction)


def main(x: int, y: int, paths: list[Path]) -> int:
    """Show the fields until the window is closed."""
    application = QApplication([])
    window = QWidget(None, Qt.WindowType.FramelessWindowHint)
    window.setWindowTitle("files")
    rows = QVBoxLayout(window)
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setSpacing(0)
    for path in paths:
        rows.addWidget(Field(path))
    window.move(x, y)
    window.show()
    return application.exec()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), [Path(name) for name in sys.argv[3:]]))
