"""Playing a series."""

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from jrviewer.ui.main_window import MainWindow
from tests.ui.hands import press

Key = Qt.Key


def test_playing_steps_through_the_series_and_round(qtbot: QtBot, open_window: MainWindow) -> None:
    open_window.session.show(4)
    press(qtbot, open_window, Key.Key_C)

    qtbot.waitUntil(lambda: open_window.session.index == 1)
    press(qtbot, open_window, Key.Key_C)
    assert not open_window.reading.cine.clock.isActive()


def test_a_single_slice_does_not_play(qtbot: QtBot, window: MainWindow, ct_file: Path) -> None:
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([ct_file])
    press(qtbot, window, Key.Key_C)
    assert not window.reading.cine.clock.isActive()
