"""Pixels that are no squares: the patient keeps its shape on both panes, with a spacing or without
one, and no millimetre is invented. Real files.
"""

from pathlib import Path
from typing import Unpack

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Window
from jrviewer.imaging import measurements_2d
from jrviewer.imaging.measurements_2d import Length, Region
from jrviewer.ui.slices import annotation_painter, overlay
from jrviewer.ui.slices.slice_view import SliceView
from jrviewer.ui.widgets import painting
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import Ct, write_ct
from tests.ui.support import mouse_and_keys

# Twice as wide as high in pixels; as pixels that are twice as high as wide it is a square.
BLOCK = np.full((60, 80), -1000.0)
BLOCK[20:40, 20:60] = 1500.0


def open_block(qtbot: QtBot, viewer: MainWindow, path: Path, **how: Unpack[Ct]) -> MainWindow:
    """A window on the block, its pixels without smooth edges."""
    with qtbot.waitSignal(viewer.session.predicted):
        viewer.session.open([write_ct(path, **how)])
    viewer.session.view.set_preset(Window(0, 100))
    viewer.session.view.change(is_smooth=False)
    return viewer


@pytest.fixture
def without(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> MainWindow:
    """On a file that states the pixels' shape, but no spacing."""
    extra = {"PixelAspectRatio": [2, 1]}
    return open_block(
        qtbot, window, tmp_path / "block.dcm", pixels=BLOCK, spacing=None, extra=extra
    )


@pytest.fixture
def spaced(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> MainWindow:
    """On a file with 2 mm between rows and 1 mm between columns."""
    return open_block(qtbot, window, tmp_path / "block.dcm", pixels=BLOCK, spacing=(2.0, 1.0))


@pytest.fixture(params=["without", "spaced"])
def long_pixels(request: pytest.FixtureRequest) -> MainWindow:
    """Either of them."""
    window: MainWindow = request.getfixturevalue(request.param)
    return window


def seen(pane: SliceView) -> npt.NDArray[np.uint8]:
    picture = pane.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    lines = np.frombuffer(picture.constBits(), np.uint8)
    return lines.reshape(picture.height(), -1)[:, : picture.width()]


def bright_side(pane: SliceView) -> tuple[int, int]:
    """Height and width of the block as it is drawn, through its middle."""
    picture, (row, column) = seen(pane) > 250, (29.5, 39.5)
    projection = pane.projection
    assert projection is not None
    x, y = (round(at) for at in projection.to_point(row, column))
    return int(picture[:, x].sum()), int(picture[y].sum())


def test_the_patient_keeps_its_shape_on_both_panes(long_pixels: MainWindow) -> None:
    for pane in (long_pixels.original, long_pixels.denoised):
        high, wide = bright_side(pane)

        assert high > 60
        assert high == pytest.approx(wide, abs=3)


def test_the_thumbnail_keeps_its_shape(long_pixels: MainWindow) -> None:
    icon = long_pixels.series_list.item(0).icon()

    size = icon.actualSize(long_pixels.series_list.iconSize())

    # 60 rows of 2 are 120 high, 80 columns wide.
    assert size.height() / size.width() == pytest.approx(1.5, rel=0.05)


def test_without_a_spacing_lengths_stay_in_pixels(without: MainWindow) -> None:
    annotations = without.session.annotations
    annotations.set_tool("length")
    annotations.draw((20, 20), (40, 20), is_finished=True)
    annotations.set_tool("rectangle")
    annotations.draw((20, 20), (39, 59), is_finished=True)

    line, region = annotations.items
    assert isinstance(line, Length)
    assert isinstance(region, Region)
    assert words_of(without) == [("20.0 px",), "800 px"]
    assert "pixel aspect 2 : 1" in without.original.corners.bottom_right[-1]


def words_of(window: MainWindow) -> list[object]:
    chosen, items = window.session.slice, window.session.annotations.items
    assert chosen is not None
    sheet = annotation_painter.PaneAnnotations(chosen, chosen.pixels, "", items)
    line, region = (annotation_painter.words(item, sheet) for item in items)
    return [line, region[2]]


def test_the_scale_bar_shows_the_millimetres_of_both_directions(spaced: MainWindow) -> None:
    projection = spaced.original.projection
    assert projection is not None
    bar_mm = overlay.scale_bar_mm(spaced.original.width(), projection.scale)
    bottom = spaced.original.height() - painting.MARGIN - 2
    row = seen(spaced.original)[bottom, spaced.original.width() // 2 :]

    drawn = int((row > 150).sum())

    down = projection.to_point(bar_mm / 2.0, 0)[1] - projection.to_point(0, 0)[1]
    across = projection.to_point(0, bar_mm / 1.0)[0] - projection.to_point(0, 0)[0]
    assert down == pytest.approx(across)
    assert drawn == pytest.approx(across, abs=3)


def test_a_diagonal_is_as_long_as_in_the_patient(qtbot: QtBot, spaced: MainWindow) -> None:
    qtbot.keyClick(spaced, Qt.Key.Key_L)  # type: ignore[no-untyped-call]
    projection = spaced.original.projection
    assert projection is not None
    corners = [projection.to_point(*at) for at in ((20, 20), (35, 60))]
    start, end = ((round(x), round(y)) for x, y in corners)
    mouse_and_keys.drag(spaced.original, start, end)

    # 15 rows of 2 mm down, 40 columns of 1 mm across: 50 mm.
    chosen, (line,) = spaced.session.slice, spaced.session.annotations.items
    assert chosen is not None
    assert isinstance(line, Length)
    assert measurements_2d.length_of(line, chosen) == pytest.approx(50, abs=0.6)
