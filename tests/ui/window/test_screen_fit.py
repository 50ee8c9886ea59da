"""The window lies within the screens that there are, whatever was remembered."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from jrviewer.ui.app import create_window
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Session
from jrviewer.ui.window.main_window import MainWindow
from jrviewer.ui.window.saved_layout import save_layout
from jrviewer.ui.window.screen_fit import fitted
from tests.ui.conftest import FakeBackend

LAPTOP, BESIDE = QRect(0, 0, 1366, 728), QRect(1366, 0, 1920, 1080)
ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("frame", "screens", "expected"),
    [
        (QRect(10, 10, 800, 600), [LAPTOP], QRect(10, 10, 800, 600)),
        (QRect(0, 0, 1500, 900), [LAPTOP], LAPTOP),
        (QRect(2000, 100, 800, 600), [LAPTOP], QRect(566, 100, 800, 600)),  # its monitor has gone
        (QRect(-3000, -900, 2500, 1400), [LAPTOP], LAPTOP),
        (QRect(2000, 100, 800, 600), [LAPTOP, BESIDE], QRect(2000, 100, 800, 600)),
        (QRect(1000, 100, 800, 600), [LAPTOP, BESIDE], QRect(1000, 100, 800, 600)),  # on both
        (QRect(2600, 700, 900, 600), [LAPTOP, BESIDE], QRect(2386, 480, 900, 600)),
        (QRect(5, -40, 800, 600), [LAPTOP], QRect(5, 0, 800, 600)),  # the title bar is out of reach
    ],
)
def test_a_window_is_moved_and_shrunk_only_as_far_as_it_must(
    frame: QRect, screens: list[QRect], expected: QRect
) -> None:
    assert fitted(frame, screens) == expected


def _again(qtbot: QtBot, preferences: Preferences) -> MainWindow:
    window = create_window(Session(FakeBackend()), preferences)
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    return window


@pytest.mark.parametrize("saved", [QRect(5000, 4000, 900, 700), QRect(-2600, -50, 4000, 3000)])
def test_a_window_left_on_a_monitor_that_has_gone_comes_back_on_screen(
    qtbot: QtBot, window: MainWindow, saved: QRect
) -> None:
    window.setGeometry(saved)
    save_layout(window, window.panes, window.preferences)

    again = _again(qtbot, window.preferences)

    available = QGuiApplication.primaryScreen().availableGeometry()
    qtbot.waitUntil(lambda: available.contains(again.frameGeometry()))


def test_a_window_whose_monitor_goes_while_it_is_used_comes_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    window.setGeometry(3000, 2000, 900, 700)
    screen = QGuiApplication.primaryScreen()

    screen.availableGeometryChanged.emit(screen.availableGeometry())

    qtbot.waitUntil(lambda: screen.availableGeometry().contains(window.frameGeometry()))


def test_a_remembered_place_on_screen_is_kept(qtbot: QtBot, window: MainWindow) -> None:
    window.setGeometry(60, 50, 1200, 760)
    save_layout(window, window.panes, window.preferences)
    assert _again(qtbot, window.preferences).geometry() == QRect(60, 50, 1200, 760)


_FIRST_START = """
from PySide6.QtTest import QTest
from jrviewer.ui import app
from jrviewer.ui.state.session import Session
application = app.create_application()
window = app.create_window(Session())
window.show()
QTest.qWait(50)
screen = application.primaryScreen().availableGeometry()
print(screen.width(), screen.height(), screen.contains(window.frameGeometry()))
window.close()
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs the offscreen platform's screens")
@pytest.mark.parametrize(
    ("size", "ratio", "points"),
    [
        ((1366, 768), "1", "1366 768"),
        ((1920, 1080), "1.5", "1280 720"),
        ((1920, 1080), "2.25", "853 480"),
        ((1024, 600), "1", "1024 600"),
        ((640, 480), "1", "640 480"),  # over a remote desktop
        ((768, 1366), "1", "768 1366"),  # turned upright
    ],
)
def test_the_first_window_fits_the_screen(
    tmp_path: Path, size: tuple[int, int], ratio: str, points: str
) -> None:
    (tmp_path / "screens.json").write_text(
        f'{{"screens": [{{"name": "one", "x": 0, "y": 0, "width": {size[0]}, "height": {size[1]},'
        ' "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}]}'
    )
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path / 'screens.json'}",
        "QT_SCALE_FACTOR": ratio,
    }
    command = [sys.executable, "-c", _FIRST_START]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == f"{points} True"
