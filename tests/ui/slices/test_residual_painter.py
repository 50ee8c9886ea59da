"""Labels of the marks where structure may have been removed."""

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from jrviewer.core.prediction import Mark
from jrviewer.ui.slices import residual_painter
from jrviewer.ui.state.view import Projection

SIDE = 300


def painted(row: float, column: float, width: int) -> npt.NDArray[np.bool_]:
    """Pixels (rows, columns) of a mark's colour, at a place of a slice one point a pixel."""
    image = QImage(width, SIDE, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    projection = Projection((1.0, 1.0), (SIDE / 2, width / 2), 1.0, (width, SIDE))
    mark = Mark(row, column, 6.0, 2900.0, 9.0)
    residual_painter.paint_marks((mark,), "HU", painter, QRect(0, 0, width, SIDE), projection)
    painter.end()
    seen = np.array(image.constBits(), np.uint8).reshape(SIDE, width, 4).astype(int)
    found: npt.NDArray[np.bool_] = seen[..., 2] - seen[..., 1] > 90
    return found


@pytest.mark.parametrize(
    ("row", "column"), [(150, 297), (150, 3), (3, 297), (297, 297), (150, 230), (2, 2)]
)
def test_the_label_of_a_mark_is_never_cut(qtbot: QtBot, row: float, column: float) -> None:
    whole = painted(150, 150, 700)
    ring = painted(row, column, SIDE)

    label_px = int(whole[:, 165:].sum())
    beside = np.hypot(*np.ogrid[-row : SIDE - row, -column : SIDE - column]) > 12
    assert (ring & beside).sum() == pytest.approx(label_px, rel=0.25)
    assert label_px > 100
