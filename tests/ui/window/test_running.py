"""What a window does while the model runs: it lives, cancels, and dims what is of another slice."""

from pathlib import Path

import pytest
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer.core.errors import InputRefusedError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_colour
from tests.ui.conftest import FakeBackend, SlowBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key


def test_results_are_kept_per_slice(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend
) -> None:
    with qtbot.waitSignal(open_window.session.predicted):
        press(qtbot, open_window, Key.Key_Down)
    asked = len(backend.asked)
    with qtbot.waitSignal(open_window.session.predicted):
        press(qtbot, open_window, Key.Key_Up)
    assert len(backend.asked) == asked


def test_the_oldest_results_go_when_they_are_too_much_but_never_the_one_in_view(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = open_window.session
    first = session.slice
    assert session.series is not None
    assert first is not None
    monkeypatch.setattr(
        "jrviewer.ui.state.series.prediction_cache.KEPT_PIXELS", 2 * first.shape[0] * first.shape[1]
    )

    with qtbot.waitSignal(session.prefetcher.series_done):
        session.run_series()

    assert list(session.known_predictions()) == [first, session.series[len(session.series) - 1]]


def test_a_red_input_check_offers_to_run_anyway(
    qtbot: QtBot,
    window: MainWindow,
    backend: FakeBackend,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made_up = backend.predict

    def refuse(chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        if not run_anyway:
            raise InputRefusedError("The model was not run. This is a colour image.")
        return made_up(chosen, report)

    monkeypatch.setattr(backend, "predict", refuse)
    with qtbot.waitSignal(window.session.withheld):
        window.session.open([write_colour(tmp_path / "colour.dcm")])
    # Once, in the AI pane, with its button.
    assert "colour image" in window.denoised.message
    assert window.message_bar.text == ""
    assert "colour" not in window.cloud.message.text()
    offer = window.presenter.offer
    assert offer.isVisible()
    with qtbot.waitSignal(window.session.predicted):
        mouse_and_keys.click(offer)
    assert not offer.isVisible()


@pytest.mark.parametrize("backend", [SlowBackend(500)])
def test_the_gui_lives_while_the_model_runs(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend
) -> None:
    """The bound is generous, as a machine may have other work; the benchmark has exact figures."""
    gaps: list[int] = []
    clock = QElapsedTimer()
    clock.start()
    heart = QTimer(open_window)
    heart.setInterval(5)
    heart.timeout.connect(lambda: gaps.append(clock.restart()))
    heart.start()
    with qtbot.waitSignal(open_window.session.predicted):
        press(qtbot, open_window, Key.Key_Down)
        clock.restart()
    heart.stop()

    assert len(gaps) > 10
    assert max(gaps) < 400


@pytest.mark.parametrize("backend", [SlowBackend(500)])
def test_escape_cancels(qtbot: QtBot, open_window: MainWindow, backend: SlowBackend) -> None:
    asked = len(backend.asked)
    press(qtbot, open_window, Key.Key_Down)
    qtbot.waitUntil(lambda: "denoising" in open_window.status_bar.busy_text)
    press(qtbot, open_window, Key.Key_Escape)

    assert open_window.status_bar.busy_text == ""
    with qtbot.waitSignal(open_window.session.predicted):
        press(qtbot, open_window, Key.Key_Return)
    assert len(backend.asked) == asked + 1


@pytest.mark.parametrize("backend", [SlowBackend(500)])
def test_only_the_last_of_many_slices_is_predicted(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend
) -> None:
    asked = len(backend.asked)
    with qtbot.waitSignal(open_window.session.predicted):
        for _ in range(2):
            mouse_and_keys.wheel(open_window.original, -1)
        mouse_and_keys.wheel(open_window.original, 4)
    chosen = open_window.session.slice
    assert open_window.session.index == 0
    assert backend.asked[asked:] == [chosen]


@pytest.mark.parametrize("backend", [SlowBackend(500)])
def test_the_last_result_is_dimmed_and_named_while_the_next_is_made(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend
) -> None:
    fresh = open_window.denoised.grab().toImage()
    press(qtbot, open_window, Key.Key_Down)

    assert open_window.denoised.grab().toImage() != fresh
    assert not open_window.actions_.export.isEnabled()
    with qtbot.waitSignal(open_window.session.predicted):
        pass


@pytest.mark.parametrize("backend", [SlowBackend(500)])
def test_closing_while_the_model_runs_ends_well(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend
) -> None:
    press(qtbot, open_window, Key.Key_Down)
    assert open_window.close()


@pytest.mark.parametrize("backend", [SlowBackend(500)])
def test_a_slice_that_is_run_again_keeps_its_result_until_the_new_one_is_there(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend
) -> None:
    """What is on screen follows the strength and can be exported, also when Esc ends the run."""
    session = open_window.session
    badge = open_window.denoised_pane.findChild(QLabel, "badge")
    assert badge is not None
    press(qtbot, open_window, Key.Key_Return)
    press(qtbot, open_window, Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert badge.text() == "Low"
    press(qtbot, open_window, Key.Key_Escape)
    press(qtbot, open_window, Key.Key_3, Qt.KeyboardModifier.AltModifier)
    assert badge.text() == "High"
    assert open_window.actions_.export.isEnabled()

    before = session.prediction
    with qtbot.waitSignal(session.predicted):
        press(qtbot, open_window, Key.Key_Return)
    assert session.prediction not in (None, before)


def test_an_overridden_result_goes_where_the_model_is_run_again_and_refuses(
    qtbot: QtBot,
    open_window: MainWindow,
    backend: FakeBackend,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(chosen: Slice, report: Report, *, run_anyway: bool = False) -> Prediction:
        raise InputRefusedError("The model was not run. This is a colour image.")

    monkeypatch.setattr(backend, "predict", refuse)
    with qtbot.waitSignal(open_window.session.withheld):
        press(qtbot, open_window, Key.Key_Return)

    assert open_window.session.prediction is None
    assert "colour image" in open_window.denoised.message
    assert not open_window.actions_.export.isEnabled()
