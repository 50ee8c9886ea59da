"""How finely the 3D pane is drawn while it moves, and that it is drawn in full when it stands."""

import pytest
from PySide6.QtCore import QPoint, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jrviewer.rendering.frame import FINE, Detail
from jrviewer.ui.cloud import pace
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.cloud.pace import STEPS, Pace
from tests.support.cloud_factory import make_cloud_prediction
from tests.ui.support.cloud_pane import (
    LEFT,
    camera,
    canvas,
    drag,
    mouse_move,
    needs_opengl,
    seen,
    settle,
    watch_frames,
)

SLOW, MIDDLING, FAST = 0.2, 0.025, 0.004  # seconds of a frame


def test_a_computer_that_is_fast_enough_draws_every_frame_in_full() -> None:
    kept = Pace()

    for _ in range(5):
        kept.took(MIDDLING, kept.detail)

    assert kept.detail == FINE


def test_slow_frames_are_drawn_with_less_and_less_until_they_keep_up() -> None:
    kept = Pace()
    drawn = []
    for seconds in (SLOW, SLOW, SLOW, MIDDLING, MIDDLING):
        kept.took(seconds, kept.detail)
        drawn.append(kept.detail)

    assert drawn == [*STEPS[1:4], STEPS[3], STEPS[3]]
    assert [one.share for one in drawn] == sorted((one.share for one in drawn), reverse=True)


def test_a_fine_frame_between_movements_tells_nothing_of_coarse_ones() -> None:
    kept = Pace()
    for _ in range(3):
        kept.took(SLOW, kept.detail)
    before = kept.detail

    kept.took(SLOW, FINE)

    assert kept.detail == before


def test_what_has_become_fast_is_drawn_finer_again() -> None:
    kept = Pace()
    for seconds in (SLOW, SLOW, *[FAST] * 5):
        kept.took(seconds, kept.detail)

    assert kept.detail == FINE


@needs_opengl
class TestThePane:
    @pytest.fixture(autouse=True)
    def _shown(self, view: CloudView) -> None:
        view.show_prediction(make_cloud_prediction())
        settle()

    def test_a_slow_movement_is_drawn_coarsely_and_in_full_when_it_is_over(
        self, view: CloudView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        interactor = view.interactor
        assert interactor is not None
        assert interactor.ren_win is not None
        monkeypatch.setattr(pace, "BUDGET_S", 0.0)  # nothing is fast enough
        sizes: list[tuple[int, int]] = []
        window = interactor.ren_win
        full = tuple(window.GetSize())
        watch_frames(view, lambda: sizes.append(tuple(window.GetSize())))

        drag(view, LEFT)
        qtbot.waitUntil(lambda: len(sizes) > 2 and sizes[-1] == full)

        least = min(sizes)
        assert least < full
        assert least[0] / least[1] == pytest.approx(full[0] / full[1], rel=0.02)
        assert tuple(window.GetSize()) == full  # what clicks and drags are reckoned with

    def test_a_mark_alone_is_no_movement_and_leaves_the_picture_whole(
        self, view: CloudView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        interactor = view.interactor
        assert interactor is not None
        assert interactor.ren_win is not None
        window = interactor.ren_win
        full = tuple(window.GetSize())
        monkeypatch.setattr(pace, "BUDGET_S", 0.0)  # nothing is fast enough
        drag(view, LEFT)
        sizes: list[tuple[int, int]] = []
        watch_frames(view, lambda: sizes.append(tuple(window.GetSize())))
        qtbot.waitUntil(lambda: bool(sizes) and sizes[-1] == full)
        sizes.clear()

        view.light_points([5])
        qtbot.waitUntil(lambda: bool(sizes))

        assert set(sizes) == {full}

    def test_a_coarse_frame_shows_the_same_from_the_same_place(self, view: CloudView) -> None:
        scene = view.scene
        assert scene is not None
        before = scene.camera.mm_per_px(scene.points.places[0])
        whole = seen(view)

        with scene.frame.drawn(Detail(0.5, is_plain=True)):
            during = scene.camera.mm_per_px(scene.points.places[0])
            size = scene.size

        assert during == before
        assert size == whole.shape[1::-1]
        assert (seen(view) == whole).all()

    def test_a_mouse_move_is_drawn_with_the_next_paint_and_not_twice(
        self, view: CloudView, qtbot: QtBot
    ) -> None:
        frames: list[int] = []
        widget, place = canvas(view), QPoint(150, 150)
        QTest.mousePress(widget, LEFT, pos=place)
        watch_frames(view, lambda: frames.append(1))
        before = camera(view)

        QApplication.sendEvent(widget, mouse_move(widget, QPointF(180, 160), LEFT))

        assert not frames
        assert (camera(view)[0] != before[0]).any()
        qtbot.waitUntil(lambda: bool(frames))
        QTest.mouseRelease(widget, LEFT, pos=place)
