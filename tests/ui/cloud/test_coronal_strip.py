"""The coronal strip in the corner of the 3D pane."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jrviewer.imaging.coronal import CoronalPicture, coronal_picture
from jrviewer.imaging.measured_surface import SurfaceMeasurement
from jrviewer.ui.cloud.coronal_strip import WIDTH, CoronalStrip
from tests.support.series_factory import make_ball


@pytest.fixture(scope="module")
def coronal() -> CoronalPicture:
    work = SurfaceMeasurement(make_ball()[0])
    work()
    picture = coronal_picture(work)
    assert picture is not None
    return picture


@pytest.fixture
def strip(qtbot: QtBot) -> CoronalStrip:
    pane = QWidget()
    qtbot.addWidget(pane)
    pane.resize(500, 700)
    pane.show()
    return CoronalStrip(pane)


def colours(strip: CoronalStrip, x: int) -> list[QColor]:
    image = strip.grab().toImage()
    return [image.pixelColor(x, y) for y in range(image.height())]


def test_the_slices_line_moves_up_with_its_height(
    strip: CoronalStrip, coronal: CoronalPicture
) -> None:
    found = []
    for height in (20.0, 100.0):
        strip.show_series(coronal, height, None, {})
        yellow = [y for y, one in enumerate(colours(strip, 40)) if one.red() - one.blue() > 120]
        assert yellow
        assert abs(np.mean(yellow) - strip.y_of(height)) < 2
        found.append(float(np.mean(yellow)))

    assert found[1] < found[0] - 20


def test_the_reach_of_the_cloud_is_tinted_and_said(
    strip: CoronalStrip, coronal: CoronalPicture
) -> None:
    strip.show_series(coronal, 60.0, np.linspace(30, 100, 500), {})

    tinted = [y for y, one in enumerate(colours(strip, 3)) if one.blue() - one.green() > 25]
    assert abs(min(tinted) - strip.y_of(98.6)) < 3
    assert abs(max(tinted) - strip.y_of(31.4)) < 3
    assert strip.accessibleName() == (
        "The slice lies 60 mm above the lowest. Its cloud reaches 29 mm down and 39 mm up."
    )


def test_a_slices_distance_has_its_colour_beside_the_body(
    strip: CoronalStrip, coronal: CoronalPicture
) -> None:
    strip.show_series(coronal, 60.0, None, {40.0: 0.0, 90.0: 25.0})

    beside = colours(strip, WIDTH - 4)
    near, far = (beside[round(strip.y_of(height))] for height in (40.0, 90.0))
    assert (near.red(), near.green(), near.blue()) == (59, 82, 139)
    assert (far.red(), far.green(), far.blue()) == (253, 231, 37)


def test_it_stays_small_in_a_small_pane_and_hides_without_a_picture(
    strip: CoronalStrip, coronal: CoronalPicture
) -> None:
    strip.show_series(coronal, 60.0, None, {})
    parent = strip.parentWidget()
    assert parent is not None
    parent.resize(300, 200)
    assert strip.height() <= 0.35 * 200

    strip.show_nothing()

    assert not strip.isVisible()


def test_how_far_the_cloud_claims_to_reach_is_written_at_its_ends(
    qtbot: QtBot, coronal: CoronalPicture
) -> None:
    pane = QWidget()
    qtbot.addWidget(pane)
    pane.resize(900, 900)
    pane.show()
    strip = CoronalStrip(pane)

    def letters(reach: np.ndarray | None) -> set[int]:
        strip.show_series(coronal, 60.0, reach, {})
        image = strip.grab().toImage()
        places = ((x, y) for x in range(WIDTH, strip.width()) for y in range(image.height()))
        return {y for x, y in places if image.pixelColor(x, y).lightness() > 200}

    without, written = letters(None), letters(np.linspace(30, 100, 500))

    added = sorted(written - without)
    assert any(abs(y - strip.y_of(98.6)) < 20 for y in added)
    assert any(abs(y - strip.y_of(31.4)) < 20 for y in added)


def test_the_numbers_lie_beside_the_picture_and_below_each_other_in_a_flat_one(
    strip: CoronalStrip, coronal: CoronalPicture
) -> None:
    few = replace(coronal, heights_mm=coronal.heights_mm[:3], grey=coronal.grey[:3])
    strip.show_series(few, few.heights_mm[1], np.linspace(-40, 60, 500), {})

    image = strip.grab().toImage()
    written = [
        y
        for y in range(image.height())
        if any(image.pixelColor(x, y).lightness() > 200 for x in range(WIDTH, strip.width()))
    ]
    line = strip.fontMetrics().height()
    assert strip.height() == 2 * line
    assert min(written) < line < max(written)
    assert len(written) > line  # of two lines, not of one over the other
