"""Predicting before anybody looks, whole series, devices."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from PySide6.QtCore import QElapsedTimer, Qt, QTimer
from pytestqt.qtbot import QtBot

from jrviewer.core.errors import InputRefusedError, ModelError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Slice
from jrviewer.model.devices import Device
from jrviewer.model.joint_model import JointModel
from jrviewer.ui.jobs.backend import Backend
from jrviewer.ui.jobs.prefetch import Busy, neighbours
from jrviewer.ui.state.settings import Settings
from jrviewer.ui.window.main_window import MainWindow
from tests.support.record_factory import make_prediction, make_series, make_slice
from tests.support.series_factory import make_ball
from tests.support.small_network import small_net
from tests.ui.conftest import FakeBackend, SlowBackend


def test_neighbours_are_predicted_after_the_slice_that_is_shown(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend
) -> None:
    session = open_window.session
    session.prefetches = True
    with qtbot.waitSignal(session.predicted):
        qtbot.keyClick(open_window, Qt.Key.Key_Return)  # type: ignore[no-untyped-call]
    qtbot.waitUntil(lambda: len(session.known_predictions()) == 5)
    assert session.series is not None
    assert backend.asked[-4:] == [session.series[place] for place in (3, 1, 4, 0)]

    before = len(backend.asked)
    session.prefetches = False
    qtbot.keyClick(open_window, Qt.Key.Key_Down)  # type: ignore[no-untyped-call]
    assert session.prediction is not None
    assert len(backend.asked) == before


@pytest.mark.parametrize("backend", [SlowBackend(300)])
def test_what_the_user_opens_comes_before_neighbours_that_nobody_looks_at(
    qtbot: QtBot, open_window: MainWindow, ct_file: Path
) -> None:
    session = open_window.session
    assert session.series is not None
    session.prefetcher.prefetch(neighbours(session.series, 2))
    qtbot.waitUntil(lambda: session.prefetcher.is_predicting(session.series[3]))  # type: ignore[index]

    with qtbot.waitSignal(session.opening.opened):
        session.open([ct_file])
    assert len(session.known_predictions()) <= 2  # of five: the one that was shown, and one begun

    qtbot.waitUntil(lambda: len(session.known_predictions()) == 6)  # the others after it


def test_five_neighbours_on_either_side_are_predicted_the_nearest_first() -> None:
    series = make_series(20)

    near = [series.slices.index(one) for one in neighbours(series, 10)]
    assert near == [11, 9, 12, 8, 13, 7, 14, 6, 15, 5]
    assert neighbours(series, 0) == list(series.slices[1:6])


@pytest.mark.parametrize("backend", [SlowBackend(200)])
def test_a_slice_that_is_being_predicted_ahead_is_not_predicted_twice(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend
) -> None:
    session = open_window.session
    assert session.series is not None
    before = len(backend.asked)
    session.prefetcher.prefetch([session.series[3]])
    with qtbot.waitSignal(session.predicted):
        qtbot.keyClick(open_window, Qt.Key.Key_Down)  # type: ignore[no-untyped-call]

    assert backend.asked[before:] == [session.series[3]]


@pytest.mark.parametrize("backend", [SlowBackend(200)])
def test_what_the_user_looks_at_comes_before_a_whole_series(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend
) -> None:
    session = open_window.session
    open_window.actions_.run_series.trigger()
    with qtbot.waitSignal(session.predicted):
        qtbot.keyClick(open_window, Qt.Key.Key_End)  # type: ignore[no-untyped-call]
    assert len(session.known_predictions()) < 5
    with qtbot.waitSignal(session.prefetcher.series_done) as done:
        pass
    assert len(session.known_predictions()) == 5
    assert done.args is not None
    assert done.args[1] == 0


@pytest.mark.parametrize("backend", [SlowBackend(200)])
def test_a_whole_series_shows_its_progress_and_ends_with_a_count(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    with qtbot.waitSignal(open_window.session.prefetcher.series_done):
        open_window.actions_.run_series.trigger()
        qtbot.waitUntil(lambda: "2 of 4 slices" in open_window.status_bar.busy_text)

    assert open_window.status_bar.busy_text == ""
    assert open_window.message_bar.text == "Whole series: 5 of 5 slices done, 4 new."


def test_a_series_that_was_done_before_says_so(qtbot: QtBot, open_window: MainWindow) -> None:
    for _ in range(2):
        with qtbot.waitSignal(open_window.session.prefetcher.series_done):
            open_window.actions_.run_series.trigger()

    assert open_window.message_bar.text == "Whole series: 5 of 5 slices done, 0 new."


@pytest.mark.parametrize("backend", [SlowBackend(200)])
def test_escape_ends_a_whole_series(qtbot: QtBot, open_window: MainWindow) -> None:
    open_window.actions_.run_series.trigger()
    qtbot.waitUntil(lambda: "1 of 4" in open_window.status_bar.busy_text)
    qtbot.keyClick(open_window, Qt.Key.Key_Escape)  # type: ignore[no-untyped-call]

    assert open_window.status_bar.busy_text == ""
    assert open_window.session.prefetcher.busy is None


def test_refused_slices_of_a_whole_series_are_counted(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(chosen: Slice, report: Report) -> Prediction:
        raise InputRefusedError("No body was found in this slice.")

    monkeypatch.setattr(backend, "predict", refuse)
    with qtbot.waitSignal(open_window.session.prefetcher.series_done) as done:
        open_window.actions_.run_series.trigger()
    assert done.args == [0, 4]
    assert "4 were refused" in open_window.message_bar.text


def test_time_left_follows_from_the_share_that_is_done() -> None:
    assert Busy("reading", 0.25, elapsed_s=3.0).left_s == pytest.approx(9.0)
    assert Busy("reading", 0.0, elapsed_s=3.0).left_s is None


def test_the_line_at_the_bottom_says_elapsed_and_left(window: MainWindow) -> None:
    window.status_bar.show_busy(Busy("reading", 0.25, elapsed_s=3.0))
    assert window.status_bar.busy_text == "reading…, 3 s, about 9 s left"

    window.status_bar.show_busy(Busy("reading", 0.25, elapsed_s=120.0))
    assert window.status_bar.busy_text == "reading…, 120 s, about 6 min left"


def small_model(device: Device) -> JointModel:
    return JointModel("Small 0", "0" * 64, f"{device} fp32", small_net(), sharpness=1.0)


def test_a_full_graphics_memory_continues_on_the_cpu_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[Device] = []

    def load(device: Device) -> JointModel:
        loaded.append(device)
        return small_model(device)

    backend = Backend(load=load)
    denoise = JointModel.denoise

    def fail_but_on_the_cpu(model: JointModel, *values: object) -> object:
        if model.device != "cpu fp32":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return denoise(model, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(JointModel, "denoise", fail_but_on_the_cpu)
    known = backend.predict(make_slice(), silent)

    assert loaded == ["auto", "cpu"]
    assert known.device == "cpu fp32"
    assert "memory is full" in backend.take_note()
    backend.predict(make_slice(), silent)
    assert loaded == ["auto", "cpu"]
    assert backend.take_note() == ""


def test_a_series_whose_graphics_memory_fills_up_goes_on_where_it_was_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = Backend(load=small_model)
    slices = [replace(one, pixels=one.pixels + n) for n, one in enumerate(make_series(4))]
    denoise = JointModel.denoise

    def fill_up_at_the_third(model: JointModel, pixels: FloatArray, *values: object) -> object:
        if model.device != "cpu fp32" and np.array_equal(pixels, slices[2].pixels):
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return denoise(model, pixels, *values)  # type: ignore[arg-type]

    monkeypatch.setattr(JointModel, "denoise", fill_up_at_the_third)
    outcomes: list[object] = []
    backend.predict_all(slices, silent, outcomes.append)

    known = [one for one in outcomes if isinstance(one, Prediction)]
    assert [one.slice for one in known] == slices
    assert [one.device for one in known] == ["auto fp32"] * 2 + ["cpu fp32"] * 2
    assert "memory is full" in backend.take_note()


def test_slices_of_a_sparse_series_are_predicted_with_what_lies_between_them() -> None:
    series, _ = make_ball(heights_mm=np.arange(0, 121, 20.0))
    backend = Backend(load=small_model)
    outcomes: list[object] = []

    alone = backend.predict(series[3], silent, run_anyway=True)
    backend.series_of = lambda chosen: series if chosen in series.slices else None
    known = backend.predict(series[3], silent, run_anyway=True)
    backend.predict_all(series.slices[2:4], silent, outcomes.append)

    assert alone.interpolated_from == 0
    assert known.interpolated_from == len(series)
    assert [one.interpolated_from for one in outcomes if isinstance(one, Prediction)] == [7, 7]


def test_what_happened_to_the_device_is_an_amber_line(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend
) -> None:
    backend.note = "The graphics processor's memory is full: the CPU is used from now on."
    with qtbot.waitSignal(open_window.session.predicted):
        qtbot.keyClick(open_window, Qt.Key.Key_Down)  # type: ignore[no-untyped-call]

    assert "memory is full" in open_window.message_bar.text
    assert open_window.message_bar.property("kind") == "warning"


def test_weights_that_cannot_be_used_are_told_and_the_last_model_stays() -> None:
    def load(device: Device) -> JointModel:
        if device == "cpu":
            raise ModelError("The model's weights cannot be used.")
        return small_model(device)

    backend = Backend(load=load)
    backend.ready(silent)
    backend.device = "cpu"
    with pytest.raises(ModelError):
        backend.ready(silent)
    assert backend.model is not None


def test_the_chosen_device_is_loaded_at_once(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend
) -> None:
    with qtbot.waitSignal(open_window.session.device_known):
        open_window.app_menu._take_settings(Settings(device="cpu", prefetches=False))
    assert backend.device == "cpu"


class RealSmall(Backend):
    """The real way of a slice through a real, small network."""

    def __init__(self) -> None:
        super().__init__(load=small_model)

    def close(self) -> None:
        """The decoding process stays for the next test."""


@pytest.mark.parametrize("backend", [cast("FakeBackend", RealSmall())])
def test_the_gui_is_not_blocked_while_a_real_network_runs(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    """The bound is generous, as a machine may have other work; the benchmark has exact figures."""
    gaps: list[int] = []
    clock = QElapsedTimer()
    heart = QTimer(open_window)
    heart.setInterval(5)
    heart.timeout.connect(lambda: gaps.append(clock.restart()))
    clock.start()
    heart.start()
    with qtbot.waitSignal(open_window.session.prefetcher.series_done, timeout=60_000):
        open_window.actions_.run_series.trigger()
    heart.stop()

    assert max(gaps) < 400


def test_a_model_s_own_note_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend(load=lambda device: replace(small_model(device), note="On the CPU."))
    backend.ready(silent)
    assert backend.take_note() == "On the CPU."
    assert backend.take_note() == ""
    monkeypatch.setattr("jrviewer.model.predict.predict", lambda *asked, **how: make_prediction())
    backend.predict(make_slice(), silent)
    assert backend.take_note() == ""
