"""Keys, gestures and states of the window that no other test covers."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Window
from jrviewer.imaging import windowing
from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.dialogs.settings_dialog import SettingsDialog
from jrviewer.ui.state import settings
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_mr
from tests.ui.support import mouse_and_keys
from tests.ui.support.cloud_pane import needs_opengl
from tests.ui.support.mouse_and_keys import press

Key = Qt.Key


def test_a_right_click_opens_a_menu_of_presets(qtbot: QtBot, open_window: MainWindow) -> None:
    mouse_and_keys.click(open_window.denoised, mouse_and_keys.RIGHT)

    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    lung = next(action for action in menu.actions() if action.text().startswith("Lung"))
    at = menu.actionGeometry(lung).center()
    qtbot.mouseClick(menu, mouse_and_keys.LEFT, pos=at)  # type: ignore[no-untyped-call]
    assert open_window.session.view.now.window.name == "Lung"


def test_the_menu_key_opens_the_same_menu_with_windows_of_the_file_and_from_a_box(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    pane = open_window.original
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(pane, QContextMenuEvent(reason, QPoint(1, 1), QPoint(1, 1)))

    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    words = [action.text() for action in menu.actions()]
    after_presets = words.index(next(one for one in words if one.startswith("Stroke"))) + 1
    assert words[after_presets : after_presets + 2] == ["Windows of the file", "From a region"]
    assert pane.mapToGlobal(pane.rect().center()).x() == menu.pos().x()
    menu.close()


def test_0_computes_a_window_from_the_values(qtbot: QtBot, open_window: MainWindow) -> None:
    chosen = open_window.session.slice
    assert chosen is not None
    press(qtbot, open_window, Key.Key_0)

    assert open_window.session.view.now.window == windowing.auto_window(chosen)


def test_presets_are_for_ct_in_hu_alone(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, ct_file: Path
) -> None:
    with qtbot.waitSignal(window.session.predicted):
        window.session.open([write_mr(tmp_path / "mr.dcm")])
    own = window.session.view.now.window
    press(qtbot, window, Key.Key_2)
    assert window.session.view.now.window == own

    with qtbot.waitSignal(window.session.predicted):
        window.session.open([ct_file])
    press(qtbot, window, Key.Key_2)
    assert window.session.view.now.window.name == "Lung"


def test_a_preset_can_be_changed_in_the_settings(qtbot: QtBot, open_window: MainWindow) -> None:
    press(qtbot, open_window, Key.Key_Comma, mouse_and_keys.CTRL)
    dialog = open_window.app_menu.dialog
    assert isinstance(dialog, SettingsDialog)
    width, level = dialog.presets.rows[0]
    for box, value in ((width, "1600"), (level, "-650")):
        box.selectAll()
        qtbot.keyClicks(box, value)  # type: ignore[no-untyped-call]
    dialog.accept()
    press(qtbot, open_window, Key.Key_2)

    assert open_window.session.view.now.window == Window(-650, 1600, name="Lung")
    assert open_window.actions_.presets[0].text() == "Lung  1600 / −650"
    assert settings.load(open_window.preferences).presets[0] == (1600, -650)


def test_presets_come_back_as_delivered(qtbot: QtBot, open_window: MainWindow) -> None:
    press(qtbot, open_window, Key.Key_Comma, mouse_and_keys.CTRL)
    dialog = open_window.app_menu.dialog
    assert isinstance(dialog, SettingsDialog)
    dialog.presets.rows[3][0].setValue(999)
    dialog.presets.reset_button.click()
    dialog.accept()

    assert open_window.app_menu.settings.presets == settings.FACTORY_PRESETS


@pytest.mark.parametrize("told", [[[1, 2]], "pink", [[0, 5]] * 7, [["a", "b"]] * 7, [7] * 7])
def test_presets_edited_by_hand_into_no_windows_are_the_defaults(told: object) -> None:
    preferences = Preferences()
    preferences.put("settings/presets", told)

    assert settings.load(preferences).presets == settings.FACTORY_PRESETS


def test_f_fits_and_leaves_the_window_of_values_alone(
    qtbot: QtBot, open_window: MainWindow
) -> None:
    fitted = open_window.session.view.now
    press(qtbot, open_window, Key.Key_2)
    mouse_and_keys.wheel(open_window.original, 3, mouse_and_keys.CTRL)
    mouse_and_keys.drag(open_window.original, (100, 100), (150, 120), mouse_and_keys.MIDDLE)
    press(qtbot, open_window, Key.Key_F)

    now = open_window.session.view.now
    assert (now.zoom, now.centre) == (fitted.zoom, fitted.centre)
    assert now.window.name == "Lung"


def test_i_swaps_black_and_white_on_both_panes(qtbot: QtBot, open_window: MainWindow) -> None:
    panes = (open_window.original, open_window.denoised)
    before = [pane.grab().toImage() for pane in panes]
    press(qtbot, open_window, Key.Key_I)
    assert [pane.grab().toImage() for pane in panes] != before
    press(qtbot, open_window, Key.Key_I)

    assert not open_window.session.view.now.is_inverted


def test_ctrl_shift_o_asks_for_a_folder(
    qtbot: QtBot, window: MainWindow, ct_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_dialogs, "ask_folder", lambda parent: [ct_folder])
    with qtbot.waitSignal(window.session.predicted):
        press(qtbot, window, Key.Key_O, mouse_and_keys.CTRL | mouse_and_keys.SHIFT)

    assert window.session.series is not None
    assert len(window.session.series) == 5


def test_f11_fills_the_screen_and_gives_it_back(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Key.Key_F11)
    assert window.isFullScreen()
    press(qtbot, window, Key.Key_F11)

    assert not window.isFullScreen()


def test_ctrl_q_closes_the_window(qtbot: QtBot, window: MainWindow) -> None:
    press(qtbot, window, Key.Key_Q, mouse_and_keys.CTRL)

    assert not window.isVisible()


@pytest.mark.vtk
@needs_opengl
class TestOn3D:
    """Keys and clicks on the 3D picture of a whole window."""

    @pytest.fixture
    def window_3d(self, qtbot: QtBot, open_window: MainWindow) -> MainWindow:
        open_window.cloud.prepare()
        open_window.cloud.create()
        qtbot.waitUntil(lambda: open_window.cloud.cloud is not None)
        with qtbot.waitActive(open_window):  # its first OpenGL child gave it a new native window
            open_window.activateWindow()
        open_window.cloud.reset_view()  # around all points: the first view was around fewer
        return open_window

    def test_a_double_click_gives_the_cloud_all_the_room_and_back(
        self, window_3d: MainWindow
    ) -> None:
        mouse_and_keys.double_click(canvas_of(window_3d))
        assert not window_3d.original.isVisible()
        mouse_and_keys.double_click(canvas_of(window_3d))

        assert window_3d.original.isVisible()

    def test_a_hovered_point_marks_its_pixel_on_both_panes(
        self, qtbot: QtBot, window_3d: MainWindow
    ) -> None:
        cloud, known = window_3d.cloud.cloud, window_3d.session.prediction
        scene, canvas = window_3d.cloud.scene, canvas_of(window_3d)
        assert cloud is not None
        assert known is not None
        assert scene is not None
        plain = [pane.grab().toImage() for pane in (window_3d.original, window_3d.denoised)]
        places, depth = scene.on_screen(cloud.points.astype(float))
        pixels = known.slice.plane.to_pixel(cloud.points.astype(float))
        inside = np.flatnonzero((pixels > 8).all(axis=1) & (pixels < 56).all(axis=1))
        nearest = inside[depth[inside].argmin()]
        x, y = places[nearest] / canvas.devicePixelRatioF()
        with qtbot.waitSignal(window_3d.cloud.point_hovered) as told:
            mouse_and_keys.move(canvas, (x, canvas.height() - y))

        assert told.args is not None
        assert told.args[0] is not None
        marked = [pane.grab().toImage() for pane in (window_3d.original, window_3d.denoised)]
        assert all(one != other for one, other in zip(plain, marked, strict=True))

    def test_r_resets_the_cloud_and_the_slices(self, qtbot: QtBot, window_3d: MainWindow) -> None:
        scene = window_3d.cloud.scene
        assert scene is not None
        fresh, view = camera_of(window_3d), window_3d.session.view.now
        mouse_and_keys.drag(canvas_of(window_3d), (150, 150), (230, 190))
        assert camera_of(window_3d) != pytest.approx(fresh)
        press(qtbot, window_3d, Key.Key_2)
        press(qtbot, window_3d, Key.Key_R)

        assert camera_of(window_3d) == pytest.approx(fresh)
        assert window_3d.session.view.now == view

    @pytest.mark.parametrize("way", ["the keyboard is there", "it is alone"])
    def test_reset_in_the_3d_pane_leaves_the_slices_as_they_are(
        self, qtbot: QtBot, window_3d: MainWindow, way: str
    ) -> None:
        fresh = camera_of(window_3d)
        press(qtbot, window_3d, Key.Key_2)
        chosen = window_3d.session.view.now
        if way == "it is alone":
            mouse_and_keys.double_click(canvas_of(window_3d))
            qtbot.waitUntil(lambda: not window_3d.original.isVisible())
        canvas_of(window_3d).setFocus()
        mouse_and_keys.drag(canvas_of(window_3d), (150, 150), (230, 190))

        press(qtbot, canvas_of(window_3d), Key.Key_R)

        assert window_3d.session.view.now.window == chosen.window
        if way == "the keyboard is there":
            assert camera_of(window_3d) == pytest.approx(fresh)

    def test_the_window_s_keys_work_while_the_cloud_has_the_keyboard(
        self, qtbot: QtBot, window_3d: MainWindow
    ) -> None:
        canvas = canvas_of(window_3d)
        qtbot.mouseClick(canvas, mouse_and_keys.LEFT, pos=QPoint(20, 20))  # type: ignore[no-untyped-call]
        assert canvas.hasFocus()
        press(qtbot, canvas, Key.Key_H, mouse_and_keys.CTRL)
        press(qtbot, canvas, Key.Key_S)

        assert not window_3d.session.view.now.has_patient_text
        assert window_3d.session.compare.now.mode == "swipe"


def canvas_of(window: MainWindow) -> QWidget:
    canvas = window.cloud.interactor
    assert isinstance(canvas, QWidget)
    return canvas


def camera_of(window: MainWindow) -> list[float]:
    assert window.cloud.interactor is not None
    camera = window.cloud.interactor.camera
    return [*camera.position, *camera.focal_point]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (Key.Key_S, "ORIGINAL left, AI right"),
        (Key.Key_K, "ORIGINAL"),
        (Key.Key_D, "AI – what the model removed"),
    ],
)
def test_the_corners_are_true_of_what_is_compared_and_the_lower_ones_stay(
    qtbot: QtBot, open_window: MainWindow, key: Qt.Key, said: str
) -> None:
    before = open_window.denoised.corners
    press(qtbot, open_window, key)
    qtbot.waitUntil(lambda: open_window.denoised.corners.top_left[0] == said)
    now = open_window.denoised.corners

    if key == Key.Key_D:  # in colours of its own, not in the slices' window
        assert now.bottom_left[::2] == before.bottom_left[::3]
    else:
        assert now.bottom_left == before.bottom_left
    assert now.bottom_right == before.bottom_right


@pytest.mark.parametrize("key", [Key.Key_S, Key.Key_D, Key.Key_K])
def test_the_fair_view_lock_stays_while_comparing(
    qtbot: QtBot, open_window: MainWindow, key: Qt.Key
) -> None:
    window = open_window
    press(qtbot, window, key)
    mouse_and_keys.wheel(window.denoised, 2, mouse_and_keys.CTRL)
    mouse_and_keys.drag(window.original, (60, 60), (90, 80), mouse_and_keys.MIDDLE)

    original, denoised = window.original.projection, window.denoised.projection
    assert original is not None
    assert denoised is not None
    assert (original.scale, original.centre) == (denoised.scale, denoised.centre)
    assert window.original.height() == window.denoised.height()
