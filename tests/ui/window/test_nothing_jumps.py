"""What the window says in passing moves neither pictures nor controls."""

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.support.cloud_factory import make_cloud_prediction
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import needs_opengl, settle


def places(window: MainWindow) -> dict[str, tuple[QPoint, int, int]]:
    """Position and size of panes and 3D controls in the window."""
    parts: list[QWidget] = [window.original, window.denoised, window.cloud.stack]
    parts += window.cloud.toolbar.findChildren(QToolButton)
    return {
        f"{number} {part.objectName()}": (
            part.mapTo(window, QPoint(0, 0)),
            part.width(),
            part.height(),
        )
        for number, part in enumerate(parts)
    }


@pytest.mark.parametrize("width", [1000, 1500])
def test_a_message_moves_no_picture_and_covers_no_caption(
    qtbot: QtBot, open_window: MainWindow, width: int
) -> None:
    open_window.resize(width, 800)
    qtbot.waitUntil(lambda: open_window.width() == width)
    settle()
    before = places(open_window)

    open_window.message_bar.show_message("error", "Something is wrong here. " * 12)
    settle()

    assert open_window.message_bar.isVisible()
    assert places(open_window) == before
    bar = open_window.message_bar.geometry()
    panes = open_window.message_bar.parentWidget()
    assert panes is not None
    assert bar.top() > 150  # the captions
    assert bar.bottom() < panes.height() - 100  # lower corner texts and the controls of the 3D view
    mouse_and_keys.click(open_window.message_bar.findChildren(QToolButton)[-1])
    assert not open_window.message_bar.isVisible()


def test_a_message_lies_low_over_the_slices_and_leaves_the_3d_controls_free(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    open_window.resize(1150, 800)
    qtbot.waitUntil(lambda: open_window.width() == 1150)
    settle()

    open_window.message_bar.show_message("error", "Something is wrong here. " * 12)
    settle()

    bar, panes = open_window.message_bar, open_window.panes
    page = bar.parentWidget()
    assert page is not None
    end_of_slices = panes.slices.mapTo(page, panes.slices.rect().bottomRight())
    assert bar.geometry().right() < end_of_slices.x()
    assert bar.geometry().top() > 0.7 * page.height()
    open_window.actions_.below.trigger()
    settle()
    controls = open_window.cloud.toolbar.mapTo(page, QPoint(0, 0))  # at the bottom now
    assert bar.geometry().bottom() < controls.y()


def test_a_long_warning_is_one_line_until_more_is_asked_for(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    bar = open_window.message_bar
    bar.show_message(
        "warning", "There are gaps.\nIt is tilted.\nA copy was left out.", is_brief=True
    )
    settle()
    low = bar.height()
    assert bar.more.text() == "2 more"

    mouse_and_keys.click(bar.more)
    settle()
    assert bar.height() > low
    assert bar.more.text() == "Less"

    mouse_and_keys.click(bar.more)
    settle()
    assert bar.height() == low
    bar.show_message("error", "It is broken.")
    assert not bar.more.isVisible()


@pytest.mark.vtk
@needs_opengl
def test_the_controls_of_the_3d_view_stay_when_it_has_more_to_say(
    qtbot: QtBot, window_3d: MainWindow
) -> None:
    toolbar = window_3d.cloud.toolbar
    settle()
    before = places(window_3d)

    toolbar.measured.trigger()
    toolbar.colouring.setCurrentIndex(3)
    qtbot.waitUntil(toolbar.legend.beside.isVisible)
    settle()
    assert places(window_3d) == before

    toolbar.legend.show_face("named")
    toolbar.choose_skin(shown=False)
    settle()
    assert toolbar.legend.skin_off.isVisible()
    assert places(window_3d) == before


@pytest.mark.vtk
@needs_opengl
def test_where_no_cloud_is_made_nothing_is_said_of_skin(window_3d: MainWindow) -> None:
    legend = window_3d.cloud.toolbar.legend
    window_3d.cloud.show_prediction(make_cloud_prediction(body_part="HEAD"))
    assert legend.skin_off.isVisible()

    window_3d.cloud.show_prediction(make_cloud_prediction(body_part="HEAD", cloud=False))

    assert not legend.skin_off.isVisible()
    assert not legend.isVisible()


def test_the_notice_and_the_hints_move_no_picture_when_they_go(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    settle()
    before = places(open_window)
    menu = open_window.app_menu

    mouse_and_keys.click(menu.notice.tick)
    assert not menu.notice.isVisible()
    hint = next(iter(menu.steps.hints.values()))
    assert hint.isVisible()
    mouse_and_keys.click(hint.findChildren(QToolButton)[0])
    settle()

    assert not any(one.isVisible() for one in menu.steps.hints.values())
    assert places(open_window) == before


def test_a_message_takes_the_place_of_the_notice_and_gives_it_back(
    open_window: MainWindow,
) -> None:
    notice, bar = open_window.app_menu.notice, open_window.message_bar
    assert notice.isVisible()

    bar.show_message("warning", "Something.")
    assert not notice.isVisible()

    mouse_and_keys.click(bar.findChildren(QToolButton)[-1])
    assert notice.isVisible()

    mouse_and_keys.click(notice.tick)
    bar.show_message("warning", "Something.")
    bar.hide()
    assert not notice.isVisible()


def test_a_note_goes_by_itself_but_a_warning_stays(open_window: MainWindow) -> None:
    bar = open_window.message_bar
    bar.show_message("note", "Exported.")
    assert bar._leave.isActive()
    bar._leave.timeout.emit()
    assert not bar.isVisible()

    bar.show_message("warning", "Something.")
    assert not bar._leave.isActive()


def test_a_hint_stands_in_the_pane_that_it_is_about_until_it_was_done(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    hints = open_window.app_menu.steps.hints
    drop, compare, turn = hints.values()
    assert (drop.parentWidget(), compare.parentWidget()) == (
        open_window.original,
        open_window.denoised,
    )
    assert turn.parentWidget() is open_window.cloud.stack
    assert "Space" in compare.label.text()

    mouse_and_keys.drag(open_window.original, (50, 300), (90, 310))

    assert drop.isVisible()
    assert "Ctrl+E" in compare.label.text()


@pytest.mark.vtk
@needs_opengl
def test_the_hint_to_turn_the_cloud_lies_over_the_3d_view_until_it_is_turned(
    window_3d: MainWindow,
) -> None:
    canvas, hint = window_3d.cloud.interactor, window_3d.app_menu.steps.hints["turn",]
    assert isinstance(canvas, QWidget)
    above = window_3d.cloud.stack.children()
    assert hint.isVisible()
    assert above.index(hint) > above.index(canvas)

    mouse_and_keys.drag(canvas, (150, 300), (190, 310))

    assert not hint.isVisible()
