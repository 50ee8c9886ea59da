"""Lengths, regions and windows from a box, drawn by real drags on real files."""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from jrviewer.core.records import SpacingSource, Window
from jrviewer.imaging import measurements_2d
from jrviewer.imaging.measurements_2d import Length, Region
from jrviewer.ui.slices import annotation_painter
from jrviewer.ui.slices.annotation_painter import KeyboardTarget, PaneAnnotations
from jrviewer.ui.slices.slice_view import SliceView
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.support.record_factory import make_plane, make_slice
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key
TOOLS = {"length": (Key.Key_L, mouse_and_keys.PLAIN), "ellipse": (Key.Key_O, mouse_and_keys.PLAIN)}


def draw(pane: SliceView, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag between two pixel positions."""
    mouse_and_keys.drag(pane, point(pane, *start), point(pane, *end))


def point(pane: SliceView, row: float, column: float) -> tuple[int, int]:
    projection = pane.projection
    assert projection is not None
    x, y = projection.to_point(row, column)
    return round(x), round(y)


@pytest.fixture
def measured(qtbot: QtBot, window: MainWindow, ct_file: Path) -> MainWindow:
    """A window on a slice with 1.5 mm between rows and 1 mm between columns; its AI slice holds
    half of every value.
    """
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([ct_file])
    return window


def test_a_length_is_drawn_in_the_patient_s_millimetres(qtbot: QtBot, measured: MainWindow) -> None:
    press(qtbot, measured, Key.Key_L)
    draw(measured.original, (20, 20), (40, 20))

    (line,) = measured.session.annotations.items
    chosen = measured.session.slice
    assert isinstance(line, Length)
    assert chosen is not None
    assert measurements_2d.length_of(line, chosen) == pytest.approx(30, abs=0.3)


def test_a_tool_draws_once_and_the_drag_is_a_window_s_again(
    qtbot: QtBot, measured: MainWindow
) -> None:
    before = measured.session.view.now.window
    press(qtbot, measured, Key.Key_L)
    draw(measured.original, (20, 20), (40, 20))
    assert measured.session.view.now.window == before

    draw(measured.original, (20, 30), (20, 50))

    assert measured.session.view.now.window != before
    assert len(measured.session.annotations.items) == 1


@pytest.mark.parametrize("pane", ["original", "denoised"])
def test_what_is_drawn_on_one_pane_stands_on_both(
    qtbot: QtBot, measured: MainWindow, pane: str
) -> None:
    plain = [view.grab().toImage() for view in (measured.original, measured.denoised)]
    press(qtbot, measured, Key.Key_O)
    draw(getattr(measured, pane), (20, 20), (44, 44))

    drawn = [view.grab().toImage() for view in (measured.original, measured.denoised)]

    x, y = point(measured.original, 32, 44)
    for before, after in zip(plain, drawn, strict=True):
        near = range(x - 2, x + 3)
        assert [before.pixel(at, y) for at in near] != [after.pixel(at, y) for at in near]


def test_shift_o_draws_a_rectangle(qtbot: QtBot, measured: MainWindow) -> None:
    press(qtbot, measured, Key.Key_O, mouse_and_keys.SHIFT)
    draw(measured.denoised, (20, 20), (44, 44))

    (region,) = measured.session.annotations.items
    assert isinstance(region, Region)
    assert region.form == "rectangle"


def test_on_the_ai_pane_a_measurement_says_ai() -> None:
    image = make_slice(np.full((20, 20), 50.0), make_plane(spacing_mm=(2.0, 1.0)))
    line, region = Length((0, 0), (5, 0)), Region((2, 2), (8, 8), "rectangle")
    sheet = PaneAnnotations(image, image.pixels, "AI", (line, region))

    assert annotation_painter.words(line, sheet) == ("AI 10.0 mm",)
    assert annotation_painter.words(region, sheet)[0].startswith("AI mean 50.0")
    assert annotation_painter.words(region, sheet)[2] == "98.0 mm²"


@pytest.mark.parametrize(
    ("source", "said"), [("missing", "5.0 px"), ("detector", "10.0 mm at the detector")]
)
def test_a_length_says_where_its_millimetres_hold(source: SpacingSource, said: str) -> None:
    plane = make_plane(spacing_mm=(2.0, 1.0))
    image = make_slice(np.zeros((20, 20)), plane, spacing_source=source)
    line = Length((0, 0), (5, 0))

    assert annotation_painter.words(line, PaneAnnotations(image, image.pixels, "", (line,))) == (
        said,
    )


def test_the_roi_readout_warns_of_a_mean_that_moved_too_far(
    qtbot: QtBot, measured: MainWindow
) -> None:
    press(qtbot, measured, Key.Key_O)
    draw(measured.original, (16, 28), (20, 36))  # in the soft tissue of 40 HU, halved

    text = measured.slice_controller.roi_readout.text()
    assert measured.slice_controller.roi_readout.isVisible()
    assert "mean −20.0 HU" in text
    assert text.startswith("▲ BIAS beyond ±3 HU")  # where a narrow window cuts last
    assert measured.slice_controller.roi_readout.property("beyond") is True


def test_delete_removes_the_selected_and_undo_brings_it_back(
    qtbot: QtBot, measured: MainWindow
) -> None:
    for key, modifiers in TOOLS.values():
        press(qtbot, measured, key, modifiers)
        draw(measured.original, (20, 20), (44, 44))
    both = measured.session.annotations.items
    counts = []
    for key, modifiers in (
        (Key.Key_Delete, mouse_and_keys.PLAIN),
        (Key.Key_Z, mouse_and_keys.CTRL),
        (Key.Key_Z, mouse_and_keys.CTRL),
        (Key.Key_Z, mouse_and_keys.CTRL),
    ):
        press(qtbot, measured, key, modifiers)
        counts.append(measured.session.annotations.items)

    assert counts == [both[:1], both, both[:1], ()]
    assert not measured.slice_controller.roi_readout.isVisible()


def test_a_click_on_a_line_selects_it(qtbot: QtBot, measured: MainWindow) -> None:
    middle = measured.original.projection
    assert middle is not None
    row, column = middle.to_pixel(measured.original.width() / 2, measured.original.height() / 2)
    press(qtbot, measured, Key.Key_L)
    draw(measured.original, (row, column - 12), (row, column + 12))
    press(qtbot, measured, Key.Key_L)
    draw(measured.original, (row + 15, column - 12), (row + 15, column + 12))
    first, second = measured.session.annotations.items
    assert measured.session.annotations.selected is second

    mouse_and_keys.click(measured.original)

    assert measured.session.annotations.selected is first


def test_escape_deactivates_the_tool(qtbot: QtBot, measured: MainWindow) -> None:
    press(qtbot, measured, Key.Key_L)
    assert measured.original.cursor().shape() == Qt.CursorShape.CrossCursor
    press(qtbot, measured, Key.Key_Escape)
    draw(measured.original, (20, 20), (40, 20))

    assert measured.session.annotations.items == ()
    assert not measured.slice_controller.actions_.tools["length"].isChecked()


def test_measurements_stay_with_their_slice(qtbot: QtBot, open_window: MainWindow) -> None:
    press(qtbot, open_window, Key.Key_L)
    draw(open_window.original, (20, 20), (40, 20))
    with qtbot.waitSignal(open_window.session.predicted):
        press(qtbot, open_window, Key.Key_Down)
    assert open_window.session.annotations.items == ()
    press(qtbot, open_window, Key.Key_Up)

    assert len(open_window.session.annotations.items) == 1


def test_another_file_begins_without_measurements(
    qtbot: QtBot, measured: MainWindow, tmp_path: Path
) -> None:
    press(qtbot, measured, Key.Key_L)
    draw(measured.original, (20, 20), (40, 20))
    with qtbot.waitSignal(measured.session.predicted):
        measured.session.open([write_ct(tmp_path / "other.dcm")])

    assert measured.session.annotations.items == ()
    press(qtbot, measured, Key.Key_Z, mouse_and_keys.CTRL)
    assert measured.session.annotations.items == ()


def test_the_words_of_two_measurements_never_stand_on_each_other(qtbot: QtBot) -> None:
    image = make_slice(np.zeros((64, 64)), make_plane(), spacing_source="missing")
    boxes = tuple(Region((20 + i, 20), (30 + i, 30), "rectangle") for i in range(3))
    pane = SliceView()
    qtbot.addWidget(pane)
    pane.resize(300, 300)
    pane.show_slice(image, image.pixels)

    def lit(items: int) -> int:
        """Rows of the pane that hold letters right of the boxes."""
        sheet = PaneAnnotations(image, image.pixels, "", boxes[:items])
        pane.show_layers(
            (
                partial(
                    annotation_painter.paint, annotation_painter.labelled(sheet), KeyboardTarget()
                ),
            )
        )
        picture = pane.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        lines = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1)
        return int((lines[:, 160:275] > 100).any(axis=1).sum())

    assert lit(3) == 3 * lit(1)


def test_nothing_is_measured_beside_the_slice(qtbot: QtBot, measured: MainWindow) -> None:
    press(qtbot, measured, Key.Key_L)
    draw(measured.original, (20, 20), (20, 500))

    (line,) = measured.session.annotations.items
    assert line.end[1] == 63.5


def test_a_box_sets_the_window_of_both_panes_from_its_values(
    qtbot: QtBot, measured: MainWindow
) -> None:
    press(qtbot, measured, Key.Key_W)
    draw(measured.denoised, (16, 28), (20, 36))

    window = measured.session.view.now.window
    assert (window.centre, window.width) == (40, 1)
    assert measured.session.annotations.items == ()


def test_the_file_s_windows_and_tables_can_be_chosen(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    lut = Dataset()
    lut.LUTDescriptor = [3, 0, 16]
    lut.LUTData = np.array([0, 9000, 65535], dtype="<u2").tobytes()
    extra = {"WindowCenter": [40, -600], "WindowWidth": [400, 1500], "VOILUTSequence": [lut]}
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([write_ct(tmp_path / "slice.dcm", extra=extra)])
    menu = window.slice_controller.file_windows
    menu.aboutToShow.emit()
    own, lung, table = menu.actions()
    shown = window.original.grab().toImage()

    lung.trigger()
    assert window.session.view.now.window == Window(-600, 1500)
    table.trigger()
    assert window.session.view.now.voi_lut == 0
    assert window.original.grab().toImage() != shown
    own.trigger()
    assert window.session.view.now.voi_lut is None
    assert window.session.view.now.window == Window(40, 400)


def test_a_file_without_windows_says_so(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([write_ct(tmp_path / "slice.dcm", window=None)])
    window.slice_controller.file_windows.aboutToShow.emit()

    (only,) = window.slice_controller.file_windows.actions()
    assert not only.isEnabled()
