"""The session works without a window, and no result depends on the order of the connections."""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer.imaging.measurements_2d import Length
from jrviewer.ui.app import create_window
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Session
from jrviewer.ui.window import connections
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.whole_app import seen

ROUNDING = 40  # grey levels: the edges of Qt's letters differ a little from painting to painting


@dataclass
class State:
    """Pictures of both slices, all texts, and which commands are enabled."""

    pictures: list[npt.NDArray[np.int_]]
    words: tuple[object, ...]


def test_a_session_without_a_window_keeps_measurements_and_checks_what_was_removed(
    qtbot: QtBot, session: Session, ct_folder: Path, ct_file: Path
) -> None:
    session.allow_predictions()
    with qtbot.waitSignal(session.residuals.analysed):
        session.open([ct_folder])
    assert session.prediction is not None
    assert session.prediction.removed is not None
    session.annotations.set_tool("length")
    session.annotations.draw((0, 0), (5, 5), is_finished=True)
    assert drawn(session) == [Length((0, 0), (5, 5))]

    with qtbot.waitSignal(session.residuals.analysed):
        session.show(0)
    assert drawn(session) == []
    session.show(2)
    assert drawn(session) == [Length((0, 0), (5, 5))]

    first = session.slice
    with qtbot.waitSignal(session.predicted):
        session.open([ct_file])
    assert drawn(session) == []
    assert session.surface.series is session.series
    session.choose_series(0)
    assert drawn(session) == [Length((0, 0), (5, 5))]
    session.close_series(0)
    session.annotations.show(first)
    assert drawn(session) == []
    session.close()


def drawn(session: Session) -> list[object]:
    return list(session.annotations.items)


@pytest.mark.parametrize("seed", [None, 0, 1, 2])
def test_the_order_of_the_connections_does_not_matter(
    qtbot: QtBot, ct_folder: Path, ct_file: Path, seed: int | None
) -> None:
    expected = after_use(qtbot, create_window(Session(FakeBackend()), quiet()), ct_folder, ct_file)

    shuffled = MainWindow(Session(FakeBackend()), quiet())
    ties = list(connections.connections(shuffled))
    ties.reverse() if seed is None else random.Random(seed).shuffle(ties)
    connections.connect(shuffled, ties)
    found = after_use(qtbot, shuffled, ct_folder, ct_file)
    for one, other in zip(found, expected, strict=True):
        assert one.words == other.words
        for picture, same in zip(one.pictures, other.pictures, strict=True):
            assert np.abs(picture - same).max() < ROUNDING


def quiet() -> Preferences:
    """Preferences of a window that predicts only what is shown."""
    preferences = Preferences()
    preferences.put("settings/prefetches", value=False)
    preferences.put("settings/first_look", value=False)
    return preferences


def after_use(qtbot: QtBot, window: MainWindow, folder: Path, file: Path) -> list[State]:
    """What a window shows after opening, stepping, comparing, measuring and opening again."""
    qtbot.addWidget(window)
    session, found = window.session, list[State]()
    with qtbot.waitExposed(window):
        window.show()
    session.allow_predictions()
    with qtbot.waitSignal(session.residuals.analysed):
        session.open([folder])
    found.append(state_of(qtbot, window))
    with qtbot.waitSignal(session.residuals.analysed):
        session.step(1)
    window.slice_controller.set_tool("length")
    mouse_and_keys.drag(window.original, (60, 60), (100, 90))
    window.slice_controller.toggle_mode("removed")
    found.append(state_of(qtbot, window))
    with qtbot.waitSignal(session.residuals.analysed):
        session.open([file, folder])
    found.append(state_of(qtbot, window))
    window.slice_controller.set_tool("ellipse")  # Esc deactivates it, also once nothing is busy
    with qtbot.waitSignal(session.residuals.analysed):
        session.run()
    found.append(state_of(qtbot, window))
    window.close()
    return found


def state_of(qtbot: QtBot, window: MainWindow) -> State:
    qtbot.waitUntil(lambda: not window.status_bar.busy_text)
    actions = [action for action in window.actions() if action.text()]
    return State(
        [seen(pane).astype(int) for pane in (window.original, window.denoised)],
        (
            [label.text() for label in window.findChildren(QLabel) if label.isVisible()],
            [(one.text(), one.isEnabled(), one.isChecked()) for one in actions],
            window.message_bar.text,
        ),
    )
