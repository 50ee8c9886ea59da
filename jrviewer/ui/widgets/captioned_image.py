"""Images that leave the window carry a title and the notice."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QImage, QPainter, QPixmap

_BACKGROUND, _TEXT = QColor(17, 21, 26), QColor(232, 236, 240)
_LINES = 2.4  # height of the caption, in lines of text


def captioned(pictures: Sequence[QPixmap], title: str, notice: str) -> QImage:
    """Images of the same device pixel ratio, one below the other, under a caption with title and
    notice.
    """
    ratio = pictures[0].devicePixelRatio()
    sizes = [picture.deviceIndependentSize().toSize() for picture in pictures]
    strip = round(QFontMetrics(QGuiApplication.font()).height() * _LINES)
    width = max(size.width() for size in sizes)
    height = strip + sum(size.height() for size in sizes)
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(_BACKGROUND)
    painter = QPainter(image)
    painter.setFont(QGuiApplication.font())
    painter.setPen(_TEXT)
    flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(QRect(6, 0, width - 12, strip), flags, f"{title}\n{notice}")
    top = strip
    for picture, size in zip(pictures, sizes, strict=True):
        painter.drawPixmap(0, top, picture)
        top += size.height()
    painter.end()
    return image
