"""Corner texts and orientation letters leave each other room, however narrow a pane is."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from pytestqt.qtbot import QtBot

from jrviewer.core.geometry import orientation_label
from jrviewer.ui.slices import overlay
from jrviewer.ui.state.corners import Corners
from jrviewer.ui.state.view import Projection
from jrviewer.ui.widgets.painting import MARGIN
from tests.support.record_factory import make_plane, make_slice

FULL = Corners(
    top_left=("ORIGINAL left, AI right", "AI – not the acquired image"),
    top_right=("JRViewer joint model 0.1.0", "0.36 s", "Compared with the phantom's ground truth:"),
    bottom_left=("Slice 34 / 66", "W 1500  L −600 (Lung)", "Zoom 100 %"),
    bottom_right=("LOSSY JPEG 10:1", "NO SPACING – lengths in pixels only"),
)
HIGH = 400


def letters_drawn(width: int, corners: Corners, half: str) -> int:
    """How many pixels of the upper or lower half's middle are of the letters' yellow."""
    image = QImage(width, HIGH, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    chosen = replace(make_slice(plane=make_plane()), spacing_source="missing")
    projection = Projection((1.0, 1.0), (32.0, 32.0), 4.0, (width, HIGH))
    overlay.paint(painter, QRect(0, 0, width, HIGH), chosen, projection, corners, None)
    painter.end()
    seen = np.array(image.constBits(), dtype=np.uint8).reshape(HIGH, width, 4).astype(int)
    rows = slice(0, HIGH // 2 - 40) if half == "upper" else slice(HIGH // 2 + 40, HIGH)
    middle = seen[rows, width // 2 - 12 : width // 2 + 12]
    return int((middle[..., 2] - middle[..., 0] > 60).sum())  # more red than blue: no grey


@pytest.mark.parametrize("width", [180, 260, 356, 700])
@pytest.mark.parametrize("half", ["upper", "lower"])
def test_no_text_hides_an_orientation_letter(qtbot: QtBot, width: int, half: str) -> None:
    alone = letters_drawn(width, Corners(), half)

    assert alone > 8
    assert letters_drawn(width, FULL, half) == pytest.approx(alone, rel=0.2)


@pytest.mark.parametrize("width", [160, 220, 300, 356, 480, 900])
def test_texts_of_two_corners_do_not_stand_on_each_other(qtbot: QtBot, width: int) -> None:
    metrics = QFontMetricsF(QFont())
    texts = overlay.corner_texts(QRect(0, 0, width, HIGH), FULL, HIGH - 13.0, metrics)
    rooms = [one.rect(metrics) for one in texts]

    assert len(texts) == 10 or width < 356
    assert not any(one.intersects(other) for one, other in combinations(rooms, 2))
    assert all(QRectF(0, 0, width, HIGH).contains(room) for room in rooms)


@pytest.mark.parametrize("width", range(160, 400, 12))
@pytest.mark.parametrize("keeps_top_left", [False, True])
def test_no_number_is_cut(qtbot: QtBot, width: int, keeps_top_left: bool) -> None:
    metrics = QFontMetricsF(QFont())
    corners = replace(FULL, keeps_top_left=keeps_top_left)
    texts = overlay.corner_texts(QRect(0, 0, width, HIGH), corners, HIGH - 13.0, metrics)

    whole = " ".join((*FULL.top_left, *FULL.top_right, *FULL.bottom_left, *FULL.bottom_right))
    shown = [word for one in texts for word in one.text.split() if any(map(str.isdigit, word))]
    assert set(shown) <= set(whole.split())


@pytest.mark.parametrize("keeps_top_left", [False, True])
def test_a_long_line_ends_in_the_pane_with_nothing_beside_it(
    qtbot: QtBot, keeps_top_left: bool
) -> None:
    metrics = QFontMetricsF(QFont())
    title = " ".join(["1 · CT · thorax and abdomen with contrast"] * 4)
    corners = Corners(("Doe, Jane", title), ("B30f",), keeps_top_left=keeps_top_left)
    texts = overlay.corner_texts(QRect(0, 0, 400, HIGH), corners, HIGH - 13.0, metrics)

    assert len(texts) > 2
    assert all(one.rect(metrics).right() <= 400 for one in texts)


CAPTION = ("AI – not the acquired image", "AI – what the model removed")


@pytest.mark.parametrize("width", [160, 193, 260, 356, 480, 900])
@pytest.mark.parametrize("caption", CAPTION)
def test_the_safety_caption_is_never_cut(qtbot: QtBot, width: int, caption: str) -> None:
    """The model's name gives way, and the orientation letter keeps its line."""
    metrics = QFontMetricsF(QFont())
    corners = replace(FULL, top_left=(caption,), keeps_top_left=True)
    texts = overlay.corner_texts(QRect(0, 0, width, HIGH), corners, HIGH - 13.0, metrics)
    upper = [one for one in texts if one.base < HIGH / 2]
    left = [one for one in upper if one.x == MARGIN and one.text in caption]

    assert " ".join(one.text for one in sorted(left, key=lambda one: one.base)) == caption
    rooms = [one.rect(metrics) for one in upper]
    assert not any(one.intersects(other) for one, other in combinations(rooms, 2))
    assert all(QRectF(0, 0, width, HIGH).contains(one.rect(metrics)) for one in left)
    letter = metrics.horizontalAdvance("A") / 2
    if width > 193:
        assert all(one.rect(metrics).right() < width / 2 - letter for one in left)
        beside = [one for one in upper if one not in left and one.base == left[0].base]
        assert all(one.rect(metrics).left() > width / 2 + letter for one in beside)


@pytest.mark.parametrize(
    ("direction", "label"),
    [((0, 0.7, -0.7), "P·I"), ((0, -0.8, -0.6), "A·I"), ((1, 0, 0), "L"), ((0, 0, -1), "I")],
)
def test_letters_of_an_oblique_side_are_not_read_as_ai(
    direction: tuple[float, float, float], label: str
) -> None:
    assert orientation_label(np.array(direction)) == label


def test_corner_text_is_readable_on_white(qtbot: QtBot) -> None:
    image = QImage(700, HIGH, QImage.Format.Format_RGB32)
    image.fill(QColor(255, 255, 255))
    painter = QPainter(image)
    projection = Projection((1.0, 1.0), (32.0, 32.0), 4.0, (700, HIGH))
    chosen = make_slice(plane=make_plane())
    overlay.paint(painter, QRect(0, 0, 700, HIGH), chosen, projection, FULL, None)
    metrics = QFontMetricsF(painter.font())
    painter.end()

    for one in overlay.corner_texts(QRect(0, 0, 700, HIGH), FULL, 0.0, metrics)[:3]:
        before_it = image.pixelColor(round(one.x) - 4, round(one.base) - 4)
        assert before_it.lightness() < 128


def test_where_there_is_room_nothing_is_cut(qtbot: QtBot) -> None:
    metrics = QFontMetricsF(QFont())
    texts = overlay.corner_texts(QRect(0, 0, 900, HIGH), FULL, HIGH - 13.0, metrics)

    wanted = (*FULL.top_left, *FULL.top_right, *FULL.bottom_left, *FULL.bottom_right)
    assert sorted(one.text for one in texts) == sorted(wanted)
