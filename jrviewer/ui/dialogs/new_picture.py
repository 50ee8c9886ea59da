"""A picture of a pane as a file that was not there before."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QImageWriter

from jrviewer.core.atomic_write import create_under, numbered


def write_new_picture(picture: QImage, path: Path) -> str:
    """Write a PNG; the name that it got, numbered where another file has the one asked for. Raises
    ExportError where the system refuses.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(picture)
    content = bytes(buffer.data().data())
    return create_under(path.parent, numbered(path), lambda: content)
