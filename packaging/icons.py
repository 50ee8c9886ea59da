"""Renders resources/icons/app.svg to every size that the systems ask for, into a folder."""

import io
import os
import sys
from pathlib import Path

from PIL import Image

SIZES = (16, 24, 32, 48, 64, 128, 256, 512, 1024)


def main(folder: Path) -> None:
    """JRViewer-SIZE.png, JRViewer.ico for Windows and JRViewer.icns for macOS."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = {size: _render(size) for size in SIZES}
    for size, picture in pictures.items():
        picture.save(folder / f"JRViewer-{size}.png")
    small = [picture for size, picture in pictures.items() if size <= 256]
    small[-1].save(
        folder / "JRViewer.ico",
        sizes=[picture.size for picture in small],
        append_images=small[:-1],
    )
    pictures[1024].save(folder / "JRViewer.icns", append_images=list(pictures.values()))


def _render(size: int) -> Image.Image:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QGuiApplication, QIcon, QImage, QPainter

    app = QGuiApplication.instance() or QGuiApplication([])
    root = Path(__file__).resolve().parent.parent
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    QIcon(str(root / "resources/icons/app.svg")).paint(painter, image.rect())
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    del app
    return Image.open(io.BytesIO(bytes(buffer.data().data()))).convert("RGBA")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
