"""The map below the slider: what is done, doubted and marked, and the way there."""

from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Mark, Prediction, Removed
from jrviewer.core.progress import Report
from jrviewer.core.records import Finding, Slice
from jrviewer.ui.slices.residual_painter import MARK
from jrviewer.ui.widgets.painting import AMBER
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
DOUBTED, MARKED = 1, 4  # slices


def check(marks: tuple[Mark, ...], chosen: Slice, denoised: FloatArray) -> Removed:
    return Removed(9.0 if marks else 2.0, 12.0, marks)


class Judging(FakeBackend):
    """Doubts slice 1, and says that a structure was removed from slice 4."""

    def predict(self, chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        made = super().predict(chosen, report)
        number = chosen.acquisition.instance_number
        assert number is not None
        marks = (Mark(30, 30, 9, 40, 9),) if number - 1 == MARKED else ()
        findings = (Finding("amber", "Odd."),) if number - 1 == DOUBTED else ()
        return replace(made, check_residual=partial(check, marks), findings=findings)


@pytest.fixture
def backend() -> FakeBackend:
    return Judging()


@pytest.fixture
def done_window(qtbot: QtBot, open_window: MainWindow) -> MainWindow:
    """With a result of every slice, each of them checked."""
    press(qtbot, open_window, Key.Key_Return, mouse_and_keys.CTRL)
    found = open_window.slider.map
    qtbot.waitUntil(lambda: found.summary() == "5 of 5 done, 1 with a warning, 1 marked")
    return open_window


def click_map(window: MainWindow, index: int) -> None:
    places = window.slider.map
    mouse_and_keys.click_at(places, QPoint(round(places.place_of(index)), places.height() // 2))


def has_colour(window: MainWindow, index: int, wanted: QColor, y: int) -> bool:
    image = window.slider.map.grab().toImage()
    seen = image.pixelColor(round(window.slider.map.place_of(index)), y)
    pairs = (
        (seen.red(), wanted.red()),
        (seen.green(), wanted.green()),
        (seen.blue(), wanted.blue()),
    )
    return max(abs(one - other) for one, other in pairs) < 40


def test_a_bar_stands_for_a_result_alone(qtbot: QtBot, open_window: MainWindow) -> None:
    assert open_window.slider.map.summary() == "1 of 5 done"
    with qtbot.waitSignal(open_window.session.predicted):
        press(qtbot, open_window, Key.Key_Down)

    assert [one.is_done for one in open_window.slider.map.found] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_warnings_and_marks_are_told_by_height_and_dot_not_by_colour_alone(
    done_window: MainWindow,
) -> None:
    high, low, dot = 5, done_window.slider.map.height() - 2, 3
    assert has_colour(done_window, DOUBTED, AMBER, high)
    assert not has_colour(done_window, 2, AMBER, high)
    assert has_colour(done_window, MARKED, MARK, dot)
    assert not has_colour(done_window, DOUBTED, MARK, dot)
    plain = done_window.slider.map.grab().toImage()
    assert plain.pixelColor(round(done_window.slider.map.place_of(2)), low) != plain.pixelColor(
        round(done_window.slider.map.place_of(2)), high
    )


def test_a_click_goes_there(done_window: MainWindow) -> None:
    for index in (4, 0, 3):
        click_map(done_window, index)
        assert done_window.session.index == index
        assert done_window.slider.slider.value() == index


def test_m_goes_to_what_needs_a_look_and_shift_m_back(
    qtbot: QtBot, done_window: MainWindow
) -> None:
    seen = []
    for _ in range(3):
        press(qtbot, done_window, Key.Key_M)
        seen.append(done_window.session.index)
    press(qtbot, done_window, Key.Key_M, mouse_and_keys.SHIFT)
    seen.append(done_window.session.index)

    assert seen == [MARKED, DOUBTED, MARKED, DOUBTED]


def test_where_nothing_needs_a_look_m_says_so(qtbot: QtBot, open_window: MainWindow) -> None:
    press(qtbot, open_window, Key.Key_M)

    assert open_window.session.index == 2
    assert "1 of 5 done" in open_window.message_bar.text


def test_pointing_at_a_bar_says_what_it_means(done_window: MainWindow) -> None:
    places = done_window.slider.map
    at = QPoint(round(places.place_of(MARKED)), 5)
    QApplication.sendEvent(places, QHelpEvent(QHelpEvent.Type.ToolTip, at, places.mapToGlobal(at)))

    assert QToolTip.text().startswith("Slice 5: done, structure may have been removed")
    assert "input check: warning" in places.words(DOUBTED)
    QToolTip.hideText()


def test_every_result_is_checked_while_nobody_waits(qtbot: QtBot, done_window: MainWindow) -> None:
    known = done_window.session.known_predictions()

    assert len(known) == 5
    assert all(one.removed is not None for one in known.values())


def test_a_closed_series_leaves_its_map(qtbot: QtBot, done_window: MainWindow) -> None:
    press(qtbot, done_window, Key.Key_W, mouse_and_keys.CTRL)

    assert not done_window.slider.isVisible()
    press(qtbot, done_window, Key.Key_M)
    assert not done_window.message_bar.isVisible()


def ring_pixels(window: MainWindow) -> int:
    """How many pixels of the AI pane are of the rings' pink."""
    image = window.denoised.grab().toImage()
    wanted = MARK.rgb()
    return sum(
        image.pixel(x, y) == wanted for x in range(image.width()) for y in range(image.height())
    )


def test_rings_stand_on_the_ai_pane_by_default_and_g_hides_them(
    qtbot: QtBot, done_window: MainWindow
) -> None:
    done_window.session.show(MARKED)
    assert ring_pixels(done_window) > 20

    press(qtbot, done_window, Key.Key_G)
    assert not done_window.session.compare.now.shows_marks
    assert ring_pixels(done_window) == 0

    press(qtbot, done_window, Key.Key_G)
    assert ring_pixels(done_window) > 20
    with qtbot.waitSignal(done_window.session.compare.changed):
        done_window.session.compare.change(peeks=True)
    assert ring_pixels(done_window) == 0  # the original, while Space is held
