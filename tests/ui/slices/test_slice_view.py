import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Window
from jrviewer.ui.slices.overlay import scale_bar_mm
from jrviewer.ui.slices.slice_view import SliceView
from jrviewer.ui.state.view import View
from tests.support.record_factory import make_plane, make_slice
from tests.ui.support import mouse_and_keys

SIZE = 400


@pytest.fixture
def pane(qtbot: QtBot) -> SliceView:
    """A pane of 400 points on a slice of 40 × 80 pixels, 2 mm between rows and 1 mm between
    columns: 5 points a millimetre.
    """
    pane = SliceView()
    qtbot.addWidget(pane)
    pane.resize(SIZE, SIZE)
    with qtbot.waitExposed(pane):
        pane.show()
    chosen = make_slice(pixels=np.full((40, 80), 3000.0), plane=make_plane(spacing_mm=(2.0, 1.0)))
    pane.show_slice(chosen, chosen.pixels)
    pane.show_view(View(Window(40, 400), centre=(19.5, 39.5), viewport=(SIZE, SIZE)))
    return pane


def picture(pane: SliceView) -> np.ndarray:
    """Grey of the pane on screen, (rows, columns)."""
    image = pane.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    lines = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return lines[:, : image.width()].copy()


def test_dragging_with_the_left_button_requests_another_window(
    qtbot: QtBot, pane: SliceView
) -> None:
    told: list[tuple[float, float]] = []
    pane.window_dragged.connect(lambda across, down: told.append((across, down)))

    mouse_and_keys.drag(pane, (100, 100), (150, 80))

    assert np.sum(told, axis=0).tolist() == [50, -20]


@pytest.mark.parametrize(
    ("button", "modifiers"),
    [(mouse_and_keys.MIDDLE, mouse_and_keys.PLAIN), (mouse_and_keys.LEFT, mouse_and_keys.SHIFT)],
)
def test_the_middle_button_or_shift_pans_by_the_pixels_under_the_pointer(
    qtbot: QtBot, pane: SliceView, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
) -> None:
    told: list[tuple[float, float]] = []
    pane.panned.connect(lambda rows, columns: told.append((rows, columns)))

    mouse_and_keys.drag(pane, (100, 100), (150, 140), button, modifiers)

    # 40 points down are 8 mm or 4 rows, 50 across are 10 mm or 10 columns.
    assert np.sum(told, axis=0) == pytest.approx([4, 10])


def test_dragging_up_with_the_right_button_zooms_in(qtbot: QtBot, pane: SliceView) -> None:
    told: list[float] = []
    pane.zoomed.connect(lambda factor, row, column: told.append(factor))

    mouse_and_keys.drag(pane, (100, 200), (100, 150), mouse_and_keys.RIGHT)

    assert np.prod(told) == pytest.approx(1.01**50)


def test_a_right_click_asks_for_the_menu_and_a_right_drag_does_not(
    qtbot: QtBot, pane: SliceView
) -> None:
    told: list[object] = []
    pane.menu_requested.connect(told.append)

    mouse_and_keys.drag(pane, (100, 200), (100, 150), mouse_and_keys.RIGHT)
    assert told == []
    mouse_and_keys.click(pane, mouse_and_keys.RIGHT)
    assert len(told) == 1


def test_the_wheel_steps_through_slices(qtbot: QtBot, pane: SliceView) -> None:
    told: list[int] = []
    pane.stepped.connect(told.append)

    mouse_and_keys.wheel(pane, -1)
    mouse_and_keys.wheel(pane, 2)

    assert told == [1, -2]


def test_the_wheel_with_ctrl_zooms_about_the_pointer(qtbot: QtBot, pane: SliceView) -> None:
    told: list[tuple[float, float, float]] = []
    pane.zoomed.connect(lambda *values: told.append(values))

    mouse_and_keys.wheel(pane, 1, mouse_and_keys.CTRL, at=(200, 210))

    # 10 points below the middle are 2 mm or 1 row.
    assert told == [pytest.approx((1.2, 20.5, 39.5))]


def test_a_double_click_maximises(qtbot: QtBot, pane: SliceView) -> None:
    with qtbot.waitSignal(pane.maximised):
        mouse_and_keys.double_click(pane)


def test_moving_probes_the_pixel_under_the_pointer(qtbot: QtBot, pane: SliceView) -> None:
    told: list[tuple[float, float] | None] = []
    pane.probed.connect(told.append)

    mouse_and_keys.move(pane, (205, 220))

    # 5 points right are 1 mm or 1 column, 20 down are 4 mm or 2 rows.
    assert told == [pytest.approx((21.5, 40.5))]


def test_nothing_is_probed_outside_the_slice(qtbot: QtBot, pane: SliceView) -> None:
    pane.show_view(View(zoom=0.5, centre=(19.5, 39.5), viewport=(SIZE, SIZE)))
    told: list[tuple[float, float] | None] = []
    pane.probed.connect(told.append)

    mouse_and_keys.move(pane, (50, 200))

    assert told == [None]


def test_unequal_spacings_keep_the_patient_in_shape(qtbot: QtBot, pane: SliceView) -> None:
    """40 rows of 2 mm and 80 columns of 1 mm are a square, in pixels twice as wide as high."""
    pane.show_view(View(Window(40, 400), zoom=0.5, centre=(19.5, 39.5), viewport=(SIZE, SIZE)))

    bright = picture(pane) > 250

    assert bright[:, 150].sum() == pytest.approx(200, abs=2)
    assert bright[150, :].sum() == pytest.approx(200, abs=2)


def test_inverting_swaps_black_and_white(qtbot: QtBot, pane: SliceView) -> None:
    assert picture(pane)[150, 150] == 255
    pane.show_view(
        View(Window(40, 400), is_inverted=True, centre=(19.5, 39.5), viewport=(SIZE, SIZE))
    )
    assert picture(pane)[150, 150] == 0


def test_a_stale_picture_keeps_its_brightness_and_says_whose_it_is(
    qtbot: QtBot, pane: SliceView
) -> None:
    fresh = picture(pane)
    pane.set_stale("Result of slice 3")
    stale = picture(pane)

    below = slice(SIZE // 2, None)  # the caption lies above
    assert stale[below].mean() == pytest.approx(fresh[below].mean(), rel=0.1)
    assert (stale[below] != fresh[below]).any()
    assert (stale[: SIZE // 2] != fresh[: SIZE // 2]).sum() > 500
    pane.set_stale("")
    assert np.array_equal(picture(pane), fresh)


def test_no_scale_bar_without_a_spacing(qtbot: QtBot) -> None:
    """The bar is the only thing drawn into the lower right corner of an empty slice."""
    corners = []
    for source in ("pixel", "missing"):
        pane = SliceView()
        qtbot.addWidget(pane)
        pane.resize(SIZE, SIZE)
        chosen = make_slice(
            pixels=np.full((40, 40), -1000.0),
            spacing_source="pixel" if source == "pixel" else "missing",
        )
        pane.show_slice(chosen, chosen.pixels)
        pane.show_view(View(Window(40, 400), centre=(19.5, 19.5), viewport=(SIZE, SIZE)))
        corners.append(int(picture(pane)[340:, 250:].max()))

    assert corners[0] > 200
    assert corners[1] == 0


def test_the_scale_bar_has_a_round_length_that_fits() -> None:
    assert scale_bar_mm(400, 5.0) == 20  # 120 points are 24 mm
    assert scale_bar_mm(400, 0.9) == 100
    assert scale_bar_mm(400, 200.0) == 0.5  # 120 points are 0.6 mm
    assert scale_bar_mm(400, 1e6) == 0  # none: the shortest one is longer than the pane
