from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from jrviewer import NOTICE
from jrviewer.ui.state.session import Busy
from jrviewer.ui.window.bars.status_bar import StatusBar


def test_many_words_do_not_keep_the_window_from_becoming_narrow(qtbot: QtBot) -> None:
    status = StatusBar()
    qtbot.addWidget(status)
    status.show()
    status.probe.setText("−955 HU   AI −924   Δ 31   row 313 column 279")
    status.show_hint("Drag, or ←↑→↓ (Shift ×10) and Enter: 1st point")
    status.show_busy(Busy("Reading the first slice", 0.5, 3.0))
    status.show_check("Input check: passed", "")
    status.show_device("CPU bf16")

    status.resize(900, status.height())

    assert status.minimumSizeHint().width() < 900
    assert status.notice.width() >= status.notice.sizeHint().width()
    assert NOTICE in status.notice.text()


def test_a_narrow_window_shows_the_noise_whole_or_not_at_all(qtbot: QtBot) -> None:
    status = StatusBar()
    qtbot.addWidget(status)
    status.show_noise("Noise 10.7 → 5.4 HU (−50 %)", "Standard deviation.")
    status.noise.resize(status.noise.sizeHint())
    ink = [_ink(status.noise.grab().toImage())]
    status.noise.resize(status.noise.sizeHint().width() // 2, status.noise.height())
    ink.append(_ink(status.noise.grab().toImage()))

    assert ink[0] > 1
    assert ink[1] == 1  # the background's alone
    assert "10.7" in status.noise.toolTip()


def _ink(image: QImage) -> int:
    """How many colours a picture has."""
    return len({image.pixel(x, y) for x in range(image.width()) for y in range(image.height())})
