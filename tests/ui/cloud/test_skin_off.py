"""Why the skin is off is said in the 3D pane, as long as it is."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Series
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.jobs.worker_thread import WorkerThread
from jrviewer.ui.state.surface import SurfaceState
from jrviewer.ui.widgets.painting import HATCH_WIDTH
from tests.support.cloud_factory import make_cloud_prediction
from tests.support.record_factory import make_plane, make_slice
from tests.support.series_factory import make_ball
from tests.ui.support.cloud_pane import settle
from tests.ui.support.surface_pane import PATIENCE_MS


def note(pane: CloudView) -> QLabel:
    return pane.toolbar.legend.skin_off


def skin_box(pane: CloudView) -> QCheckBox:
    return next(one for one in pane.findChildren(QCheckBox) if one.text() == "Skin")


def tick(box: QCheckBox) -> None:
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)


@pytest.mark.parametrize(
    ("body_part", "mm", "word"),
    [("HEAD", True, "on a head it is a face"), ("", False, "without a pixel spacing")],
)
def test_the_pane_says_why_the_skin_is_off_and_how_to_see_it(
    pane: CloudView, body_part: str, mm: bool, word: str
) -> None:
    pane.show_prediction(make_cloud_prediction(body_part=body_part, mm=mm))

    assert not skin_box(pane).isChecked()
    assert note(pane).isVisible()
    assert word in note(pane).text()
    assert "Tick it" in note(pane).text()


def test_the_reason_goes_when_the_skin_is_switched_on_and_comes_back(pane: CloudView) -> None:
    pane.show_prediction(make_cloud_prediction(body_part="", mm=False))
    pane.toolbar.setEnabled(True)  # they wait for the 3D view, which this pane has not

    tick(skin_box(pane))
    assert skin_box(pane).isChecked()
    assert not note(pane).isVisible()
    pane.toolbar.setEnabled(True)  # drawing anew told again that the view is to come
    tick(skin_box(pane))
    assert note(pane).isVisible()


def test_a_chest_needs_no_reason_not_even_with_its_skin_off(pane: CloudView) -> None:
    pane.show_prediction(make_cloud_prediction(body_part="HEAD"))
    pane.show_prediction(make_cloud_prediction(body_part="CHEST"))
    assert skin_box(pane).isChecked()
    assert not note(pane).isVisible()

    pane.toolbar.setEnabled(True)
    tick(skin_box(pane))
    assert not skin_box(pane).isChecked()
    assert not note(pane).isVisible()


def test_no_reason_stands_where_there_is_no_cloud(pane: CloudView) -> None:
    pane.show_prediction(make_cloud_prediction(body_part="HEAD"))
    pane.show_prediction(None)

    assert not note(pane).isVisible()


def test_in_a_series_that_shows_a_head_a_neck_starts_without_skin_too(pane: CloudView) -> None:
    neck, next_one = (make_cloud_prediction(body_part="NECK") for _ in range(2))
    pane.show_prediction(neck)
    assert skin_box(pane).isChecked()

    pane.show_series_of_head(is_head=True)
    assert not skin_box(pane).isChecked()
    assert "the series shows a head" in note(pane).text()

    pane.toolbar.setEnabled(True)
    tick(skin_box(pane))
    pane.show_prediction(next_one)
    assert skin_box(pane).isChecked()  # it was asked for

    pane.show_series_of_head(is_head=False)
    pane.show_prediction(neck)
    assert skin_box(pane).isChecked()
    assert note(pane).text() == ""


def head() -> Series:
    """An upright tube of water with a head's cut, 16 slices 5 mm apart."""
    y, x = np.mgrid[-60:60, -60:60] * 2.0
    pixels = np.where((x / 75) ** 2 + (y / 95) ** 2 < 1, 40.0, -1000.0)
    planes = [make_plane((0, 0, 5.0 * i), spacing_mm=(2.0, 2.0)) for i in range(16)]
    return Series(tuple(make_slice(pixels, plane) for plane in planes), title="head")


def test_whether_a_series_shows_a_head_is_known_with_its_surface_and_kept(qtbot: QtBot) -> None:
    worker_thread = WorkerThread()
    state = SurfaceState(worker_thread)
    first, ball = head(), make_ball(heights_mm=np.arange(0.0, 121.0, 5.0))[0]
    told = []
    for series in (first, ball, first):
        state.set_series(series)
        state.resume()
        qtbot.waitUntil(lambda: state.mesh is not None, timeout=PATIENCE_MS)
        told.append(state.shows_head)
    state.set_series(None)
    worker_thread.stop()

    assert told == [True, False, True]
    assert not state.shows_head


def test_the_reason_lies_within_the_hatched_frame(pane: CloudView) -> None:
    pane.show_prediction(make_cloud_prediction(body_part="HEAD"))
    pane.hatching.mark(is_doubted=True)
    settle()

    notes = pane.toolbar.legend.notes.geometry()
    frame = pane.stack.rect().adjusted(HATCH_WIDTH, HATCH_WIDTH, -HATCH_WIDTH, -HATCH_WIDTH)
    assert frame.contains(notes)
