import pytest
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Window
from jrviewer.ui.state.view import Projection, View, ViewState, project
from tests.support.record_factory import make_plane

TALL = Projection(spacing_mm=(2.0, 0.5), centre=(10.0, 20.0), scale=3.0, size=(400, 300))


def test_a_pixel_lies_its_millimetres_from_the_middle() -> None:
    # 4 rows down are 8 mm = 24 points, 6 columns right 3 mm = 9 points.
    assert TALL.to_point(14.0, 26.0) == (200 + 9, 150 + 24)


def test_a_point_goes_back_to_its_pixel() -> None:
    assert TALL.to_pixel(*TALL.to_point(14.0, 26.0)) == pytest.approx((14.0, 26.0))


def test_a_slice_fits_by_its_millimetres_not_by_its_pixels() -> None:
    # 100 rows of 2 mm are 200 mm high, 100 columns of 0.5 mm are 50 mm wide: the height decides.
    plane = make_plane(spacing_mm=(2.0, 0.5))
    view = View(centre=(49.5, 49.5), viewport=(300, 400))

    projection = project(view, plane, (100, 100), (300, 400))

    assert projection.scale == 2.0
    assert projection.to_point(-0.5, -0.5) == (100.0, 0.0)
    assert projection.to_point(99.5, 99.5) == (200.0, 400.0)


def test_zooming_keeps_the_pixel_under_the_pointer(qtbot: QtBot) -> None:
    state = ViewState()
    state.change(viewport=(300, 400), centre=(49.5, 49.5))
    plane, shape = make_plane(spacing_mm=(2.0, 0.5)), (100, 100)
    before = project(state.now, plane, shape, (300, 400))
    at = before.to_point(30.0, 60.0)

    state.zoom_by(2.0, 30.0, 60.0)

    after = project(state.now, plane, shape, (300, 400))
    assert after.scale == 2 * before.scale
    assert after.to_point(30.0, 60.0) == pytest.approx(at)


def test_panning_moves_the_slice_along(qtbot: QtBot) -> None:
    state = ViewState()
    state.change(centre=(10.0, 10.0))

    state.pan_by(3.0, -2.0)

    assert state.now.centre == (7.0, 12.0)


def test_dragging_across_widens_and_down_raises_the_level(qtbot: QtBot) -> None:
    state = ViewState()
    state.change(window=Window(40, 500, name="Mediastinum"))

    state.drag_window(10, 5)  # 2 HU a point

    assert state.now.window == Window(50, 520)


def test_a_linear_window_never_gets_narrower_than_one(qtbot: QtBot) -> None:
    state = ViewState()

    state.drag_window(-100_000, 0)

    assert state.now.window.width == 1.0


def test_an_unchanged_view_is_no_news(qtbot: QtBot) -> None:
    state = ViewState()
    with qtbot.assertNotEmitted(state.changed):
        state.change(zoom=state.now.zoom)
