from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from jrviewer.ui.state.session import Busy
from jrviewer.ui.widgets.paced import Paced
from jrviewer.ui.window.bars.status_bar import StatusBar


def test_the_first_is_shown_at_once_and_of_those_that_follow_the_newest(qtbot: QtBot) -> None:
    parent, shown = QObject(), list[int]()
    paced = Paced(shown.append, parent)

    for one in range(5):
        paced.give(one)

    assert shown == [0]
    qtbot.waitUntil(lambda: len(shown) > 1)
    assert shown == [0, 4]


def test_what_is_shown_now_is_not_followed_by_what_waited(qtbot: QtBot) -> None:
    parent, shown = QObject(), list[str]()
    paced = Paced(shown.append, parent)

    paced.give("first")
    paced.give("waiting")
    paced.show_now("now")
    paced.give("last")

    qtbot.waitUntil(lambda: "last" in shown)
    assert shown == ["first", "now", "last"]


def test_progress_is_known_at_once_and_ends_at_once_but_is_painted_at_its_pace(
    qtbot: QtBot,
) -> None:
    status = StatusBar()
    qtbot.addWidget(status)
    for fraction in (0.25, 0.5, 0.75):
        status.show_busy(Busy("reading", fraction, elapsed_s=3.0))

    assert status.busy_text == "reading…, 3 s, about 1 s left"
    assert status._bar.value() == 25
    qtbot.waitUntil(lambda: status._bar.value() == 75)
    status.show_busy(Busy("reading", 0.9, elapsed_s=4.0))
    status.show_busy(None)

    assert status.busy_text == ""
    assert status._bar.isHidden()
