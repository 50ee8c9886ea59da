"""A drag that was begun on one slice measures nothing on another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.ui.slices.slice_view import SliceView
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.conftest import SlowBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
Turn = Callable[[QtBot, MainWindow, Path], None]

START, WAY, END = (120, 150), (180, 170), (220, 190)


def step(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    press(qtbot, window, Key.Key_Down)


def another_patient(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    """One that was dropped before is read now."""
    other = write_ct(folder / "other.dcm", patient_name="Other^One", patient_id="2")
    with qtbot.waitSignal(window.session.shown):
        window.session.open([other])


@pytest.mark.parametrize("turn", [step, another_patient])
@pytest.mark.parametrize("key", [Key.Key_L, Key.Key_O])
def test_what_is_drawn_while_another_slice_comes_is_drawn_on_neither(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path, turn: Turn, key: Key
) -> None:
    session, pane = open_window.session, open_window.original
    window_of_values = session.view.now.window
    press(qtbot, open_window, key)
    drag_half(pane)
    turn(qtbot, open_window, tmp_path)
    mouse_and_keys.move_held(pane, END)
    mouse_and_keys.let_go(pane, END)

    assert not any(session.annotations._drawn.values())
    assert session.annotations.drawing is None
    assert turn is another_patient or session.view.now.window == window_of_values
    assert session.annotations.tool
    mouse_and_keys.drag(pane, START, END)
    assert len(session.annotations.items) == 1


@pytest.mark.parametrize("turn", [step, another_patient])
def test_what_is_moved_while_another_slice_comes_stays_where_it_was(
    qtbot: QtBot, open_window: MainWindow, tmp_path: Path, turn: Turn
) -> None:
    session, pane = open_window.session, open_window.original
    press(qtbot, open_window, Key.Key_L)
    mouse_and_keys.drag(pane, START, END)
    first, (before,) = session.slice, session.annotations.items
    assert first is not None
    drag_half(pane)
    turn(qtbot, open_window, tmp_path)
    mouse_and_keys.let_go(pane, (300, 300))

    assert session.annotations.items == ()
    assert session.annotations._drawn[first] == (before,)


@pytest.mark.parametrize("backend", [SlowBackend(400)])
def test_nothing_is_drawn_on_the_dimmed_result_of_another_slice(
    qtbot: QtBot, open_window: MainWindow, backend: SlowBackend
) -> None:
    session = open_window.session
    press(qtbot, open_window, Key.Key_Down)
    assert "Result of slice 3 of 5" in open_window.denoised.message
    press(qtbot, open_window, Key.Key_L)
    mouse_and_keys.drag(open_window.denoised, START, END)
    assert session.annotations.items == ()

    with qtbot.waitSignal(session.predicted):
        pass
    mouse_and_keys.drag(open_window.denoised, START, END)
    assert len(session.annotations.items) == 1


def drag_half(pane: SliceView) -> None:
    mouse_and_keys.hold(pane, START)
    mouse_and_keys.move_held(pane, WAY)
