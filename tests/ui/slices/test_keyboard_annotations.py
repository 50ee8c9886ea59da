"""Measuring on the slices without a mouse, by real keys on real files."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from jrviewer.imaging.measurements_2d import Length, Region
from jrviewer.ui.widgets.pane import Header
from jrviewer.ui.window.main_window import MainWindow
from tests.ui.support import mouse_and_keys

Key = Qt.Key
MIDDLE = (32.0, 32.0)


def keys(qtbot: QtBot, window: MainWindow, *presses: tuple[Qt.Key, object] | Qt.Key) -> None:
    """Press keys where the keyboard is."""
    for press in presses:
        key, modifiers = press if isinstance(press, tuple) else (press, mouse_and_keys.PLAIN)
        focused = window.focusWidget()
        assert isinstance(focused, QWidget)
        qtbot.keyClick(focused, key, modifiers)  # type: ignore[no-untyped-call]


def far(key: Qt.Key) -> tuple[Qt.Key, object]:
    """With Shift: ten pixels."""
    return key, mouse_and_keys.SHIFT


def headers_of(window: MainWindow) -> list[Header]:
    return [header for pane in window.panes.in_order for header in pane.findChildren(Header)]


@pytest.fixture
def measured(qtbot: QtBot, window: MainWindow, ct_file: Path) -> MainWindow:
    """A window on a slice of 64 × 64, the keyboard on the original."""
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([ct_file])
    return window


@pytest.fixture
def with_two(qtbot: QtBot, measured: MainWindow) -> MainWindow:
    """A length down the middle, and an ellipse right of it, neither held."""
    keys(qtbot, measured, Key.Key_L, Key.Key_Return, far(Key.Key_Down), Key.Key_Return)
    keys(qtbot, measured, Key.Key_O, far(Key.Key_Right), Key.Key_Return)
    keys(qtbot, measured, far(Key.Key_Right), far(Key.Key_Down), Key.Key_Return)
    return measured


def test_arrows_move_the_crosshair_and_enter_sets_the_ends_of_a_length(
    qtbot: QtBot, measured: MainWindow
) -> None:
    keys(qtbot, measured, Key.Key_L)
    assert measured.session.keyboard_annotations.crosshair == MIDDLE
    keys(qtbot, measured, Key.Key_Up, Key.Key_Left, Key.Key_Return)
    keys(qtbot, measured, far(Key.Key_Down), Key.Key_Right, Key.Key_Enter)

    assert measured.session.annotations.items == (Length((31, 31), (41, 32)),)
    assert measured.session.annotations.tool == ""
    assert measured.session.keyboard_annotations.crosshair is None


@pytest.mark.parametrize(
    ("modifiers", "form"), [(mouse_and_keys.PLAIN, "ellipse"), (mouse_and_keys.SHIFT, "rectangle")]
)
def test_a_region_is_drawn_by_keys_from_corner_to_corner(
    qtbot: QtBot, measured: MainWindow, modifiers: object, form: str
) -> None:
    keys(qtbot, measured, (Key.Key_O, modifiers), Key.Key_Return)
    keys(qtbot, measured, far(Key.Key_Down), far(Key.Key_Right))
    keys(qtbot, measured, far(Key.Key_Right))
    drawing = measured.session.annotations.drawing
    keys(qtbot, measured, Key.Key_Return)

    (region,) = measured.session.annotations.items
    assert region == drawing == Region((32, 32), (42, 52), form)  # type: ignore[arg-type]
    assert measured.slice_controller.roi_readout.isVisible()


def test_a_box_drawn_by_keys_sets_the_window(qtbot: QtBot, measured: MainWindow) -> None:
    keys(qtbot, measured, Key.Key_W, far(Key.Key_Up), *[Key.Key_Up] * 6, Key.Key_Return)
    keys(qtbot, measured, *[Key.Key_Down] * 4, *[Key.Key_Right] * 4, Key.Key_Return)

    window = measured.session.view.now.window
    assert (window.centre, window.width) == (40, 1)


def test_the_crosshair_probes_both_panes_and_the_status_bar_shows_the_keys(
    qtbot: QtBot, measured: MainWindow
) -> None:
    shown = [pane.grab().toImage() for pane in (measured.original, measured.denoised)]
    keys(qtbot, measured, Key.Key_L, Key.Key_Up)

    assert "row 31 column 32" in measured.status_bar.probe.text()
    assert "1st point" in measured.status_bar.hint.text()
    assert measured.status_bar.hint.isVisible()
    crosshair_moved = [pane.grab().toImage() for pane in (measured.original, measured.denoised)]
    assert all(before != after for before, after in zip(shown, crosshair_moved, strict=True))
    keys(qtbot, measured, Key.Key_Return)
    assert "2nd point" in measured.status_bar.hint.text()
    keys(qtbot, measured, Key.Key_Escape)
    assert not measured.status_bar.hint.isVisible()
    assert measured.session.annotations.items == ()


def test_the_crosshair_stays_on_the_slice_and_in_sight(qtbot: QtBot, measured: MainWindow) -> None:
    measured.session.view.zoom_by(8.0, *MIDDLE)
    keys(qtbot, measured, Key.Key_L, *[far(Key.Key_Right)] * 9)

    at = measured.session.keyboard_annotations.crosshair
    projection = measured.original.projection
    assert at is not None
    assert projection is not None
    assert at == (32, 63)
    assert 0 <= projection.to_point(*at)[0] < measured.original.width()


def test_without_a_tool_the_arrows_go_through_the_series(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    keys(qtbot, open_window, Key.Key_L, Key.Key_Return, Key.Key_Down, Key.Key_Return)
    assert open_window.session.index == 2
    with qtbot.waitSignal(open_window.session.predicted):
        keys(qtbot, open_window, Key.Key_Down)

    assert open_window.session.index == 3


def test_tab_holds_each_measurement_in_turn_and_then_goes_on_to_the_next_control(
    qtbot: QtBot, with_two: MainWindow
) -> None:
    annotations = with_two.session.annotations
    held = []
    for _ in range(2):
        keys(qtbot, with_two, Key.Key_Tab)
        assert with_two.session.keyboard_annotations.hold is not None
        held.append(with_two.session.keyboard_annotations.hold.item)
        assert annotations.selected is held[-1]
    assert tuple(held) == annotations.items
    assert with_two.original.hasFocus()
    keys(qtbot, with_two, Key.Key_Backtab)
    assert annotations.selected is held[0]
    keys(qtbot, with_two, Key.Key_Tab, Key.Key_Tab)

    assert not with_two.original.hasFocus()
    assert with_two.session.keyboard_annotations.hold is None


def test_arrows_move_what_is_held_and_it_is_one_undo_step(
    qtbot: QtBot, with_two: MainWindow
) -> None:
    before = with_two.session.annotations.items
    keys(qtbot, with_two, Key.Key_Tab, far(Key.Key_Left), Key.Key_Up, Key.Key_Up)
    line, region = with_two.session.annotations.items
    assert line == Length((30, 22), (40, 22))
    assert region == before[1]
    keys(qtbot, with_two, (Key.Key_Z, mouse_and_keys.CTRL))

    assert with_two.session.annotations.items == before


def test_enter_takes_one_end_after_the_other_and_arrows_move_it(
    qtbot: QtBot, with_two: MainWindow
) -> None:
    keys(qtbot, with_two, Key.Key_Tab, Key.Key_Return, Key.Key_Up)
    assert "End 1 of 2" in with_two.status_bar.hint.text()
    keys(qtbot, with_two, Key.Key_Return, far(Key.Key_Right))
    assert with_two.session.annotations.items[0] == Length((31, 32), (42, 42))
    keys(qtbot, with_two, Key.Key_Return, Key.Key_Down)  # the whole again

    assert with_two.session.annotations.items[0] == Length((32, 32), (43, 42))


def test_an_arc_of_a_region_is_moved_by_keys(qtbot: QtBot, with_two: MainWindow) -> None:
    region = with_two.session.annotations.items[1]
    keys(qtbot, with_two, Key.Key_Tab, Key.Key_Tab, Key.Key_Return, Key.Key_Return)
    keys(qtbot, with_two, Key.Key_Right, Key.Key_Up)  # the right arc goes across alone

    assert region == Region((32, 42), (42, 52))
    assert with_two.session.annotations.items[1] == Region((32, 42), (42, 53))


def test_what_is_held_is_deleted_and_escape_lets_it_go(qtbot: QtBot, with_two: MainWindow) -> None:
    _, region = with_two.session.annotations.items
    keys(qtbot, with_two, Key.Key_Tab, Key.Key_Delete)
    assert with_two.session.annotations.items == (region,)
    keys(qtbot, with_two, Key.Key_Tab, Key.Key_Escape, Key.Key_Up)

    assert with_two.session.annotations.items == (region,)


def test_escape_deactivates_the_tool_before_it_stops_any_work(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    session = open_window.session
    keys(qtbot, open_window, Key.Key_L)
    with qtbot.waitSignal(session.predicted):
        session.run()
        keys(qtbot, open_window, Key.Key_Escape)

    assert session.annotations.tool == ""


def test_a_tool_taken_anywhere_brings_the_keyboard_to_a_slice(
    qtbot: QtBot, measured: MainWindow
) -> None:
    measured.slider.slider.setFocus()
    keys(qtbot, measured, Key.Key_L, Key.Key_Return, Key.Key_Down, Key.Key_Return)

    assert measured.session.annotations.items == (Length((32, 32), (33, 32)),)


def test_the_pane_that_has_the_keyboard_is_underlined(qtbot: QtBot, measured: MainWindow) -> None:
    def underlined() -> list[object]:
        return [header.property("focused") for header in headers_of(measured)]

    assert underlined() == [True, False, False]
    plain, lit = (pane.grab().toImage() for pane in headers_of(measured)[1::-1])
    assert plain.pixel(plain.width() // 2, plain.height() - 1) != lit.pixel(
        lit.width() // 2, lit.height() - 1
    )
    measured.app_menu.steps.end()  # the hint in the pane has a button of its own
    keys(qtbot, measured, Key.Key_Tab)

    assert underlined() == [False, True, False]


def test_the_mouse_takes_the_crosshair_away(qtbot: QtBot, measured: MainWindow) -> None:
    keys(qtbot, measured, Key.Key_L, Key.Key_Return)
    mouse_and_keys.drag(measured.denoised, (100, 100), (140, 120))

    assert len(measured.session.annotations.items) == 1
    assert measured.session.keyboard_annotations.crosshair is None
