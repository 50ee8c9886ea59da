"""The guide, the model's card and the page about versions."""

import re

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from jrviewer import NOTICE, __version__
from jrviewer.core.resources import resource
from jrviewer.ui.dialogs import help as pages
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys


@pytest.fixture
def guide(qtbot: QtBot, window: MainWindow) -> pages.PageWindow:
    """What F1 opens."""
    qtbot.keyClick(window, Qt.Key.Key_F1)  # type: ignore[no-untyped-call]
    dialog = window.app_menu.dialog
    assert isinstance(dialog, pages.PageWindow)
    return dialog


def test_f1_shows_the_guide_with_the_keys_that_the_actions_have(
    qtbot: QtBot, window: MainWindow, guide: pages.PageWindow
) -> None:
    qtbot.waitUntil(guide.isVisible)
    text = guide.page.toPlainText()

    assert NOTICE in text
    assert pages.KEYS_MARK not in text
    for action in window.actions_.everything():
        for key in action.shortcuts():
            assert key.toString() in text


def test_every_link_at_the_top_of_the_guide_leads_to_its_heading(
    qtbot: QtBot, guide: pages.PageWindow
) -> None:
    page, bar = guide.page, guide.page.verticalScrollBar()
    with qtbot.waitActive(guide):
        guide.activateWindow()
    names = re.findall(r"\]\(#([a-z0-9-]+)\)", resource("help/guide.md").read_text("utf-8"))
    assert names[0] == "keys"
    places = []
    for name in names:
        bar.setValue(0)
        page.anchorClicked.emit(QUrl(f"#{name}"))
        places.append(bar.value())
        top = page.cursorForPosition(QPoint(40, 12)).block().text()
        assert top.lower().replace(" ", "-") == name or bar.value() == bar.maximum()

    assert places[1:] == sorted(places[1:])
    assert min(places) > 0
    bar.setValue(0)
    qtbot.keyClick(page, Qt.Key.Key_Tab)  # type: ignore[no-untyped-call]
    qtbot.keyClick(page, Qt.Key.Key_Return)  # type: ignore[no-untyped-call]
    assert bar.value() == places[0]


def test_every_picture_of_the_guide_is_there() -> None:
    guide = resource("help/guide.md")
    named = re.findall(r"!\[[^]]*\]\(([^)]*)\)", guide.read_text("utf-8"))
    assert named
    for name in named:
        assert not QImage(str(guide.parent / name)).isNull()


def test_about_names_the_versions(qtbot: QtBot, window: MainWindow) -> None:
    window.app_menu.about.trigger()
    dialog = window.app_menu.dialog
    assert isinstance(dialog, pages.PageWindow)
    text = dialog.page.toPlainText()
    assert __version__ in text
    assert "torch 2" in text
    dialog.close()


def test_the_model_s_card_is_a_page_with_its_limits_first_and_every_field_behind_a_button(
    qtbot: QtBot, window: MainWindow
) -> None:
    shown = pages.about_model(window)
    qtbot.addWidget(shown)
    assert isinstance(shown, pages.ModelWindow)
    card = shown.page.toPlainText()
    assert NOTICE in card
    assert card.index("Limits") < card.index("What it learnt from") < card.index("Measured")
    assert "widths" not in card

    mouse_and_keys.click(shown.switch)
    assert "widths" in shown.page.toPlainText()
    assert NOTICE in shown.page.toPlainText()
    mouse_and_keys.click(shown.switch)
    assert shown.page.toPlainText() == card
