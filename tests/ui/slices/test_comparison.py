"""The ways to compare both slices, by real keys and drags on a window with made-up predictions."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer.core.prediction import Prediction, Removed
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.ui.dialogs.export_dialog import ExportDialog
from jrviewer.ui.state.comparison import FLICKER_MS
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import body_image, make_prediction
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
SIDE = 160
NODULE = (80, 48)  # row, column: in the lung
NODULE_PX = 4


def title(window: MainWindow) -> str:
    return window.denoised_pane.accessibleName()


def has_badge(window: MainWindow) -> bool:
    badge = window.denoised_pane.findChild(QLabel, "badge")
    assert badge is not None
    return badge.isVisible()


def seen(window: MainWindow) -> QImage:
    return window.denoised.grab().toImage()


def colour_at(window: MainWindow, row: float, column: float) -> QColor:
    """What the AI pane shows at a pixel of the slice."""
    projection = window.denoised.projection
    assert projection is not None
    x, y = projection.to_point(row, column)
    return seen(window).pixelColor(round(x), round(y))


def nodule() -> np.ndarray:
    row, column = np.ogrid[:SIDE, :SIDE]
    inside = np.hypot(row - NODULE[0], column - NODULE[1]) < NODULE_PX
    return (inside * 300.0).astype(np.float32)


@pytest.fixture
def noisy_file(tmp_path: Path) -> Path:
    """A body with a nodule and white noise of 20 HU."""
    noise = np.random.default_rng(5).normal(0, 20, (SIDE, SIDE))
    pixels = np.rint(body_image(SIDE, SIDE) + nodule() + noise)
    return write_ct(tmp_path / "noisy.dcm", pixels, signed=True)


Denoiser = Callable[[bool], None]


@pytest.fixture
def denoised_window(
    qtbot: QtBot,
    window: MainWindow,
    backend: FakeBackend,
    noisy_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> MainWindow:
    """A window whose denoiser knows the truth; told "erases", it loses the nodule."""
    truth = body_image(SIDE, SIDE)
    if getattr(request, "param", "keeps") == "keeps":
        truth = truth + nodule()

    def predict(chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        return replace(make_prediction(chosen), fully_denoised=truth.copy())

    monkeypatch.setattr(backend, "predict", predict)
    with qtbot.waitSignal(window.session.residuals.analysed):
        window.session.open([noisy_file])
    return window


def judgement(window: MainWindow) -> Removed:
    assert window.session.prediction is not None
    found = window.session.prediction.removed
    assert found is not None
    return found


def test_swipe_shows_the_original_left_of_a_line_that_the_mouse_moves(
    qtbot: QtBot, denoised_window: MainWindow
) -> None:
    window, pane = denoised_window, denoised_window.denoised
    ai = seen(window)
    qtbot.keyPress(window, Key.Key_Space)  # type: ignore[no-untyped-call]
    original = seen(window)
    qtbot.keyRelease(window, Key.Key_Space)  # type: ignore[no-untyped-call]
    press(qtbot, window, Key.Key_S)
    width, height = pane.width(), pane.height()

    mouse_and_keys.drag(pane, (width // 2, height - 40), (width * 3 // 4, height - 40))

    assert window.session.compare.now.split == pytest.approx(0.75, abs=0.01)
    swiped = seen(window)
    row = height // 2 + 9
    strip = range(width // 2, width * 3 // 4 - 20)
    assert [swiped.pixel(x, row) for x in strip] == [original.pixel(x, row) for x in strip]
    strip = range(width * 3 // 4 + 20, width - 30)
    assert [swiped.pixel(x, row) for x in strip] == [ai.pixel(x, row) for x in strip]


def test_dragging_beside_the_swipe_s_line_still_sets_the_window(
    qtbot: QtBot, denoised_window: MainWindow
) -> None:
    press(qtbot, denoised_window, Key.Key_S)
    before = denoised_window.session.view.now.window

    mouse_and_keys.drag(denoised_window.denoised, (40, 100), (90, 100))

    assert denoised_window.session.view.now.window.width > before.width
    assert denoised_window.session.compare.now.split == 0.5


@pytest.mark.parametrize("key", [Key.Key_S, Key.Key_D, Key.Key_K])
def test_the_same_key_brings_side_by_side_back(
    qtbot: QtBot, denoised_window: MainWindow, key: Qt.Key
) -> None:
    window = denoised_window
    before, own_title = seen(window), title(window)
    press(qtbot, window, key)
    assert title(window) != own_title
    assert has_badge(window)
    press(qtbot, window, key)

    assert title(window) == own_title
    assert window.slice_controller.actions_.modes["side"].isChecked()
    assert seen(window) == before


def test_flicker_takes_turns_and_says_which_is_shown(
    qtbot: QtBot, denoised_window: MainWindow
) -> None:
    window = denoised_window
    ai = colour_at(window, 100, 100)
    press(qtbot, window, Key.Key_K)
    titles = []
    for _ in range(2):
        with qtbot.waitSignal(window.session.compare.changed, timeout=5 * FLICKER_MS):
            pass
        titles.append((title(window), has_badge(window)))
        shows_ai = colour_at(window, 100, 100) == ai
        assert shows_ai is has_badge(window)

    assert titles == [("FLICKER: now ORIGINAL", False), ("FLICKER: now AI DENOISED", True)]


def test_flicker_never_changes_more_than_twice_a_second(
    qtbot: QtBot, denoised_window: MainWindow
) -> None:
    press(qtbot, denoised_window, Key.Key_K)
    clock = denoised_window.session.compare.clock

    assert clock.isActive()
    assert clock.interval() >= 500
    press(qtbot, denoised_window, Key.Key_K)
    assert not clock.isActive()


def test_removed_noise_has_its_own_colours_around_none(
    qtbot: QtBot, denoised_window: MainWindow
) -> None:
    window = denoised_window
    press(qtbot, window, Key.Key_I)
    press(qtbot, window, Key.Key_D)
    press(qtbot, window, Key.Key_N)  # pixels as they are
    known = window.session.prediction
    assert known is not None
    taken = known.slice.pixels - known.denoised
    more = np.unravel_index(np.argmax(taken[40:60, 40:60]), (20, 20))
    fewer = np.unravel_index(np.argmin(taken[40:60, 40:60]), (20, 20))

    warm = colour_at(window, 40 + int(more[0]), 40 + int(more[1]))
    cold = colour_at(window, 40 + int(fewer[0]), 40 + int(fewer[1]))

    assert title(window) == "REMOVED: original − AI"
    assert warm.red() > warm.blue() + 40
    assert cold.blue() > cold.red() + 40


def test_noise_alone_is_called_noise(qtbot: QtBot, denoised_window: MainWindow) -> None:
    assert judgement(denoised_window).marks == ()
    assert "✓" in denoised_window.slice_controller.residual_button.text()


@pytest.mark.parametrize("denoised_window", ["erases"], indirect=True)
def test_an_erased_nodule_is_marked_in_both_panes(
    qtbot: QtBot, denoised_window: MainWindow
) -> None:
    window = denoised_window
    (mark,) = judgement(window).marks
    assert (abs(mark.row - NODULE[0]) < 3, abs(mark.column - NODULE[1]) < 3) == (True, True)
    assert "▲ check (1)" in window.slice_controller.residual_button.text()
    plain = window.original.grab().toImage()

    mouse_and_keys.click(window.slice_controller.residual_button)

    assert window.session.compare.now.mode == "removed"
    assert window.original.grab().toImage() != plain
    shown = seen(window).convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), -1)
    colours = lines[:, : 3 * shown.width()].reshape(shown.height(), shown.width(), 3)
    assert ((colours > (200, 0, 140)) & (colours < (256, 130, 200))).all(axis=2).any()


def test_the_blend_is_mixed_and_said_in_the_title(
    qtbot: QtBot, denoised_window: MainWindow
) -> None:
    window = denoised_window
    for _ in range(4):
        press(qtbot, window, Key.Key_BracketLeft)

    assert title(window) == "AI 60 % + ORIGINAL 40 %"
    assert has_badge(window)
    assert window.slice_controller.blend.value() == 60
    known = window.session.prediction
    assert known is not None
    expected = 0.4 * known.slice.pixels + 0.6 * known.denoised
    assert np.allclose(known.blended(60), expected, atol=1e-2)


def test_the_blend_slider_moves_by_the_mouse_and_stays_in_the_picture_s_export(
    qtbot: QtBot, denoised_window: MainWindow, tmp_path: Path
) -> None:
    window, slider = denoised_window, denoised_window.slice_controller.blend
    middle = slider.width() // 2, slider.height() // 2
    mouse_and_keys.drag(slider, (slider.width() - 6, middle[1]), middle)
    blend = window.session.compare.now.blend
    assert 30 < blend < 70
    press(qtbot, window, Key.Key_E, mouse_and_keys.CTRL)
    dialog = window.app_menu.dialog
    assert isinstance(dialog, ExportDialog)
    dialog.folder.setText(str(tmp_path))
    with qtbot.waitSignal(window.app_menu.export_controller.exported, timeout=20_000):
        dialog.go.click()

    with Image.open(next(tmp_path.glob("*.png"))) as picture:
        assert f"blend_percent={blend}\n" in picture.text["Provenance"]  # type: ignore[attr-defined]


def test_space_shows_the_original_whatever_is_compared(
    qtbot: QtBot, denoised_window: MainWindow
) -> None:
    window = denoised_window
    press(qtbot, window, Key.Key_D)
    removed = seen(window)
    qtbot.keyPress(window, Key.Key_Space)  # type: ignore[no-untyped-call]
    assert title(window) == "ORIGINAL"
    assert not has_badge(window)
    qtbot.keyRelease(window, Key.Key_Space)  # type: ignore[no-untyped-call]

    assert seen(window) == removed


def test_a_result_of_another_slice_stays_dimmed_while_it_flickers(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_window.session.compare.toggle("flicker")
    monkeypatch.setattr(open_window.session, "run", lambda **asked: None)
    open_window.session.show(0)
    dimmed = seen(open_window)

    for _ in range(2):
        with qtbot.waitSignal(open_window.session.compare.changed, timeout=5 * FLICKER_MS):
            pass

    assert seen(open_window) == dimmed
