"""Random input in any order, on real files and a real, small network."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct, write_series
from tests.ui.jobs.test_prefetch import RealSmall
from tests.ui.support import mouse_and_keys
from tests.ui.support.contradictions import contradictions
from tests.ui.support.mouse_and_keys import press

Thing = TypeVar("Thing")

Key = Qt.Key

ACTIONS = 1000
BUTTONS = (mouse_and_keys.LEFT, mouse_and_keys.LEFT, mouse_and_keys.MIDDLE, mouse_and_keys.RIGHT)
MODIFIERS = (mouse_and_keys.PLAIN, mouse_and_keys.PLAIN, mouse_and_keys.CTRL, mouse_and_keys.SHIFT)
KEYS = [
    *(getattr(Qt.Key, f"Key_{key}") for key in "0123456789RFINSDKLOWC"),
    *(getattr(Qt.Key, f"Key_{key}") for key in ("Up", "Down", "PageUp", "PageDown", "Home", "End")),
    *(getattr(Qt.Key, f"Key_{key}") for key in ("Return", "Escape", "Delete", "Space", "F1")),
    Qt.Key.Key_BracketLeft,
    Qt.Key.Key_BracketRight,
]
PANE_KEYS = [
    *(getattr(Qt.Key, f"Key_{key}") for key in ("Up", "Down", "Left", "Right", "Tab", "Backtab")),
    *(getattr(Qt.Key, f"Key_{key}") for key in ("Return", "Escape", "Delete", "L", "O")),
]
CTRL_KEYS = (
    *(Qt.Key.Key_H, Qt.Key.Key_Z, Qt.Key.Key_Return, Qt.Key.Key_E, Qt.Key.Key_O),
    *(Qt.Key.Key_D, Qt.Key.Key_W),
)
STRENGTH_KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)
ALT = Qt.KeyboardModifier.AltModifier


class RandomHands:
    """Picks what to do next; the same seed does the same."""

    def __init__(self, qtbot: QtBot, window: MainWindow, dropped: list[Path], seed: int) -> None:
        self.qtbot, self.window, self.dropped = qtbot, window, dropped
        self.random = np.random.default_rng(seed)
        self.deeds: tuple[tuple[float, Callable[[], None]], ...] = (
            (0.29, self._drag),
            (0.05, self._strength),
            (0.12, self._wheel),
            (0.22, self._key),
            (0.12, self._pane_key),
            (0.05, self._ctrl_key),
            (0.03, self._hold_space),
            (0.03, self._double_click),
            (0.02, self._drop),
            (0.03, self._choose_series),
            (0.02, self._resize),
            (0.02, self._move_slider),
        )

    def act(self) -> None:
        """Do one thing, let the app react, and close a menu or dialog that it opened."""
        shares, deeds = zip(*self.deeds, strict=True)
        deeds[self.random.choice(len(deeds), p=shares)]()
        QApplication.processEvents()
        if (menu := QApplication.activePopupWidget()) is not None:
            menu.close()
        if (dialog := self.window.app_menu.dialog) is not None:
            dialog.close()

    def _pick(self, things: Sequence[Thing]) -> Thing:
        return things[int(self.random.integers(len(things)))]

    def _drag(self) -> None:
        pane = self._pick((self.window.original, self.window.denoised))
        places = self.random.integers(-20, 600, 4)
        start, end = (int(places[0]), int(places[1])), (int(places[2]), int(places[3]))
        button, modifiers = self._pick(BUTTONS), self._pick(MODIFIERS)
        if self.random.random() < 0.2:
            end = start  # a click
        mouse_and_keys.drag(pane, start, end, button, modifiers)

    def _wheel(self) -> None:
        pane = self._pick((self.window.original, self.window.denoised))
        mouse_and_keys.wheel(pane, int(self.random.integers(-3, 4)), self._pick(MODIFIERS))

    def _key(self) -> None:
        self.qtbot.keyClick(self.window, self._pick(KEYS), mouse_and_keys.PLAIN)  # type: ignore[no-untyped-call]

    def _pane_key(self) -> None:
        pane = self._pick((self.window.original, self.window.denoised))
        modifiers = self._pick((mouse_and_keys.PLAIN, mouse_and_keys.PLAIN, mouse_and_keys.SHIFT))
        self.qtbot.keyClick(pane, self._pick(PANE_KEYS), modifiers)  # type: ignore[no-untyped-call]

    def _ctrl_key(self) -> None:
        self.qtbot.keyClick(self.window, self._pick(CTRL_KEYS), mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]

    def _strength(self) -> None:
        self.qtbot.keyClick(self.window, self._pick(STRENGTH_KEYS), ALT)  # type: ignore[no-untyped-call]

    def _hold_space(self) -> None:
        self.qtbot.keyPress(self.window, Qt.Key.Key_Space)  # type: ignore[no-untyped-call]
        self._drag()
        self.qtbot.keyRelease(self.window, Qt.Key.Key_Space)  # type: ignore[no-untyped-call]

    def _double_click(self) -> None:
        mouse_and_keys.double_click(self._pick((self.window.original, self.window.denoised)))

    def _drop(self) -> None:
        paths = [self._pick(self.dropped)]
        mouse_and_keys.drop(self._pick((self.window.original, self.window.denoised)), paths)

    def _choose_series(self) -> None:
        shown = self.window.series_list
        chosen = shown.item(int(self.random.integers(max(shown.count(), 1))))
        if chosen is not None and shown.isVisible():
            place = shown.visualItemRect(chosen).center()
            self.qtbot.mouseClick(shown.viewport(), mouse_and_keys.LEFT, pos=place)  # type: ignore[no-untyped-call]

    def _resize(self) -> None:
        wide, high = self.random.integers((900, 600), (1600, 1000))
        self.window.resize(int(wide), int(high))

    def _move_slider(self) -> None:
        if self.window.slider.isVisible():
            wide, high = self.window.slider.slider.width(), self.window.slider.slider.height()
            start = (int(self.random.integers(wide)), high // 2)
            mouse_and_keys.drag(
                self.window.slider.slider, start, (int(self.random.integers(wide)), high // 2)
            )


@pytest.mark.slow
@pytest.mark.parametrize("backend", [RealSmall()])
def test_during_a_thousand_random_actions_all_that_is_shown_is_of_one_slice(
    qtbot: QtBot,
    open_window: MainWindow,
    ct_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both panes look the same way, too. An exception in a slot or a warning of Qt fails it, as it
    does every test here.
    """
    two = tmp_path / "two series"
    for number in range(2):
        (two / str(number)).mkdir(parents=True)
        write_series(two / str(number), 3, series_uid=f"1.2.3.{number + 1}")
    write_ct(tmp_path / "single.dcm", spacing=None)
    (tmp_path / "bad.dcm").write_bytes(b"")
    dropped = [ct_folder, two, tmp_path / "single.dcm", tmp_path / "bad.dcm", tmp_path]
    monkeypatch.setattr(file_dialogs, "ask_files", lambda parent: [tmp_path / "single.dcm"])
    random = RandomHands(qtbot, open_window, dropped, seed=5)
    original, denoised = open_window.original, open_window.denoised

    for _ in range(ACTIONS):
        random.act()
        assert original.view == denoised.view == open_window.session.view.now
        assert contradictions(open_window) == []

    mouse_and_keys.drop(original, [ct_folder])
    qtbot.waitUntil(lambda: open_window.session.opening.paths == (ct_folder,))
    qtbot.keyClick(open_window, Qt.Key.Key_Return)  # type: ignore[no-untyped-call]
    qtbot.waitUntil(lambda: open_window.session.prediction is not None, timeout=60_000)
    one, other = original.projection, denoised.projection
    assert one is not None
    assert other is not None
    assert (one.scale, one.centre) == (other.scale, other.centre)


def test_a_hundred_random_requests_leave_both_panes_alike(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    random = np.random.default_rng(7)
    keys = [Key.Key_Up, Key.Key_Down, Key.Key_0, Key.Key_1, Key.Key_2, Key.Key_7]
    keys += [Key.Key_R, Key.Key_F, Key.Key_I, Key.Key_N, Key.Key_Escape, Key.Key_Return]
    panes = (open_window.original, open_window.denoised)
    for _ in range(100):
        pane = panes[random.integers(2)]
        start, end = (tuple(int(x) for x in random.integers(10, 300, 2)) for _ in range(2))
        modifiers = (mouse_and_keys.PLAIN, mouse_and_keys.CTRL, mouse_and_keys.SHIFT)[
            random.integers(3)
        ]
        match random.integers(3):
            case 0:
                button = (mouse_and_keys.LEFT, mouse_and_keys.MIDDLE, mouse_and_keys.RIGHT)[
                    random.integers(3)
                ]
                mouse_and_keys.drag(pane, (start[0], start[1]), (end[0], end[1]), button, modifiers)
            case 1:
                mouse_and_keys.wheel(pane, int(random.integers(-3, 4)), modifiers)
            case _:
                press(qtbot, open_window, keys[random.integers(len(keys))])

    press(qtbot, open_window, Key.Key_Return)
    qtbot.waitUntil(lambda: open_window.session.prediction is not None)
    one, other = (pane.projection for pane in panes)
    assert one is not None
    assert other is not None
    assert (one.scale, one.centre) == (other.scale, other.centre)
