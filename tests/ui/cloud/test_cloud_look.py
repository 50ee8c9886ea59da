"""What the controls of the 3D pane change in its picture, and what it says of it."""

import numpy as np
import pytest
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Structure, UInt8Array, Window
from jrviewer.ui.cloud.cloud_view import CloudView
from jrviewer.ui.cloud.distances import Distances
from jrviewer.ui.state import captions
from tests.support.cloud_factory import make_cloud_prediction
from tests.ui.support.cloud_pane import (
    grabbed,
    needs_opengl,
    seen,
    settle,
)

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")  # offscreen says so of any window


@pytest.mark.vtk
@needs_opengl
class TestLook:
    @pytest.mark.parametrize("tool", ["colouring", "density", "point_size"])
    def test_every_choice_changes_the_picture(self, view: CloudView, tool: str) -> None:
        choice = getattr(view.toolbar, tool)
        for index in reversed(range(choice.count())):
            if index == choice.currentIndex():
                continue
            before = seen(view)
            choice.setCurrentIndex(index)
            settle()
            assert (seen(view) != before).any()

    @pytest.mark.parametrize("tool", ["ortho", "plane", "eye_dome"])
    def test_every_switch_changes_the_picture_and_back(self, view: CloudView, tool: str) -> None:
        pictures = [seen(view)]
        for _ in range(2):
            getattr(view.toolbar, tool).trigger()
            settle()
            pictures.append(seen(view))

        assert (pictures[0] != pictures[1]).any(axis=2).sum() > 500
        difference = pictures[2].astype(int) - pictures[0]
        assert np.abs(difference).max() <= 10

    def test_a_structure_is_switched_off_in_the_legend(self, view: CloudView) -> None:
        assert view.scene is not None
        box = next(box for box in view.toolbar.findChildren(QCheckBox) if box.text() == "Bone")

        box.click()

        cloud = view.scene.cloud
        assert cloud is not None
        assert len(view.scene.points.places) == (cloud.labels != Structure.BONE).sum()

    def test_uncertainty_has_a_scale_in_millimetres(self, view: CloudView) -> None:
        view.toolbar.colouring.setCurrentIndex(1)

        assert view.toolbar.legend.scale.isVisible()
        assert view.toolbar.legend.scale.high.text() == "≥ 15 mm"

    def test_a_slice_without_spacing_gets_no_millimetres(self, view: CloudView) -> None:
        view.show_prediction(make_cloud_prediction(mm=False))
        view.toolbar.colouring.setCurrentIndex(1)

        assert view.note.text() == "no millimetres"
        assert "mm" not in view.toolbar.legend.scale.high.text()

    def test_a_head_comes_without_skin_until_it_is_asked_for(self, view: CloudView) -> None:
        assert Structure.SKIN in view.toolbar.look().structures

        view.show_prediction(make_cloud_prediction(body_part="HEAD"))
        assert Structure.SKIN not in view.toolbar.look().structures

        view.toolbar.legend.choose_structures(Structure)
        view.show_prediction(make_cloud_prediction((0, 0, 5), body_part="HEAD"))
        assert Structure.SKIN in view.toolbar.look().structures

        view.show_prediction(None)
        view.show_prediction(make_cloud_prediction(body_part="HEAD"))
        assert Structure.SKIN not in view.toolbar.look().structures

    def test_where_no_cloud_is_made_the_pane_says_why(self, view: CloudView) -> None:
        view.show_prediction(make_cloud_prediction(cloud=False))

        assert view.message.text() == "No cloud is made from MR."
        assert view.stack.currentWidget() is view.message

    def test_the_result_of_another_slice_is_lined_and_named(self, view: CloudView) -> None:
        before = grabbed(view)
        view.set_stale(True, "Result of slice 3")
        settle()
        assert view.stale_overlay.isVisible()
        assert view.stale_overlay.text() == "Result of slice 3"
        assert (grabbed(view) != before).any(axis=2).mean() > 0.02

        view.show_prediction(make_cloud_prediction())
        assert not view.stale_overlay.isVisible()

    def test_a_drag_of_the_window_repaints_the_slice_once(
        self, view: CloudView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert view.scene is not None
        before = seen(view)
        painted: list[UInt8Array] = []
        paint = view.scene.plane.paint

        def counted(grey: UInt8Array) -> None:
            painted.append(grey)
            paint(grey)

        monkeypatch.setattr(view.scene.plane, "paint", counted)

        for width in range(100, 200, 10):
            view.set_slice_window(Window(-800, width))
        qtbot.waitUntil(lambda: bool(painted))
        settle()

        assert len(painted) == 1
        assert (seen(view) != before).any()

    def test_a_picture_is_twice_to_four_times_as_large_with_title_and_legend(
        self, view: CloudView, qtbot: QtBot
    ) -> None:
        assert view.scene is not None
        before = seen(view)
        with qtbot.waitSignal(view.picture_taken) as taken:
            view.toolbar.picture.trigger()

        assert taken.args is not None
        picture = taken.args[0]
        width, height = view.scene.size
        scale = picture.pixels.shape[0] / height
        assert 2 <= scale <= 4
        assert picture.pixels.shape[1] == scale * width
        assert picture.title == view.title.text()
        assert "Bone" in picture.words[0]
        step = round(scale)
        smaller = picture.pixels[step // 2 :: step, step // 2 :: step].astype(int)
        shown = before[..., 2::-1].astype(int)  # blue first
        assert np.abs(smaller.mean(axis=2) - shown.mean(axis=2)).mean() < 6  # the same view
        settle()
        assert np.array_equal(seen(view), before)  # the pane itself has not changed


def test_a_narrow_pane_says_the_distances_in_fewer_words_and_the_whole_on_demand(
    qtbot: QtBot,
) -> None:
    row = Distances()
    qtbot.addWidget(row)
    said = captions.distance_text(np.linspace(0, 12, 1000))
    row.show_distances(np.linspace(0, 12, 1000), *said)
    seen = {}
    for width in (700, 330):
        row.resize(width, 40)
        row.show()
        seen[width] = row.words.text()
        lines = row.words.heightForWidth(row.words.width()) / row.fontMetrics().lineSpacing()
        assert lines <= 2.2

    assert seen[700] == said[0] == row.sentence
    assert seen[330] == "Half of the points within 6.0 mm, 95 of 100 within 11.4 mm"
    assert said[0] in row.words.toolTip()
