"""First run, settings, help, window place and crash notes."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jrviewer.core.records import Structure
from jrviewer.core.resources import resource
from jrviewer.rendering.picking import MAX_NEAREST, nearest_points
from jrviewer.ui.app import create_window
from jrviewer.ui.crash_log import CrashLog, details
from jrviewer.ui.dialogs import help as pages
from jrviewer.ui.dialogs.settings_dialog import SettingsDialog
from jrviewer.ui.state import settings
from jrviewer.ui.state.preferences import Preferences
from jrviewer.ui.state.session import Session
from jrviewer.ui.state.settings import Settings
from jrviewer.ui.widgets import theme
from jrviewer.ui.window.main_window import MainWindow
from tests.support.record_factory import make_cloud, make_normalized_cloud, make_plane
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys


@pytest.fixture
def dark_again(qapp: QApplication) -> Iterator[None]:
    yield
    theme.apply(qapp, "dark")


def store_in(path: Path) -> Preferences:
    return Preferences(QSettings(str(path / "settings.ini"), QSettings.Format.IniFormat))


def test_the_notice_stays_until_it_is_ticked_and_never_comes_back(
    qtbot: QtBot, window: MainWindow
) -> None:
    notice = window.app_menu.notice
    assert notice.isVisible()
    notice.tick.click()
    assert not notice.isVisible()

    again = create_window(Session(FakeBackend()), window.preferences)
    qtbot.addWidget(again)
    assert again.app_menu.notice.isHidden()


def test_the_four_steps_are_ticked_when_they_are_done(
    qtbot: QtBot, window: MainWindow, ct_file: Path, tmp_path: Path
) -> None:
    steps = window.app_menu.steps
    with qtbot.waitSignal(window.session.predicted):
        mouse_and_keys.drop(window.welcome, [ct_file])
    mouse_and_keys.drag(window.original, (50, 50), (90, 60))
    assert steps.done == {"drop", "compare"}

    steps.watch(window.cloud.stack)
    mouse_and_keys.drag(window.cloud.stack, (50, 50), (90, 60))
    assert not steps.is_ended
    window.app_menu.export_controller.exported.emit("slice.ply")
    assert steps.is_ended
    assert window.preferences.get("first run/steps ended", default=False)


def test_settings_come_back_in_another_run(tmp_path: Path) -> None:
    chosen = Settings(theme="light", device="cpu", keeps_recent=True, patient_text=False)
    settings.save(store_in(tmp_path), chosen)

    assert settings.load(store_in(tmp_path)) == chosen


def test_a_settings_file_edited_by_hand_does_no_harm(tmp_path: Path) -> None:
    preferences = store_in(tmp_path)
    preferences.put("settings/theme", "pink")
    preferences.put("settings/smooth", 17)

    assert settings.load(preferences) == Settings()


def test_the_settings_dialog_emits_what_was_chosen_on_its_pages(
    qtbot: QtBot, window: MainWindow, dark_again: None
) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Comma, mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]
    dialog = window.app_menu.dialog
    assert isinstance(dialog, SettingsDialog)
    texts = [dialog.pages.tabText(page) for page in range(dialog.pages.count())]
    assert texts == ["Display", "AI", "Privacy"]
    dialog.theme.setCurrentIndex(1)
    dialog.patient.setChecked(False)
    dialog.accept()

    assert window.app_menu.settings.theme == "light"
    assert not window.session.view.now.has_patient_text
    assert settings.load(window.preferences) == window.app_menu.settings
    light = window.palette().color(QPalette.ColorRole.Window).lightness()
    assert light > 200


def test_every_colour_of_the_style_sheet_has_its_light_twin() -> None:
    sheet = resource("style/dark.qss").read_text("utf-8")
    missing = {word[:7] for word in sheet.split() if word.startswith("#")} - set(theme.LIGHT)
    assert {colour for colour in missing if len(colour) == 7 and colour[1:].isalnum()} == set()


def test_icons_are_dark_in_the_light_theme(
    qtbot: QtBot, qapp: QApplication, window: MainWindow, dark_again: None
) -> None:
    def brightness() -> float:
        image = window.actions_.open.icon().pixmap(24, 24).toImage()
        image = image.convertToFormat(QImage.Format.Format_RGBA8888)
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(-1, 4)
        return float(pixels[pixels[:, 3] > 200, :3].mean())

    assert brightness() > 150
    window.app_menu._apply_theme("light")
    assert brightness() < 100


def test_the_window_opens_where_it_was_closed(qtbot: QtBot, session: Session) -> None:
    preferences = Preferences()
    first = create_window(session, preferences)
    qtbot.addWidget(first)
    first.setGeometry(40, 60, 1250, 720)
    with qtbot.waitExposed(first):
        first.show()
    assert first.close()

    second = create_window(Session(FakeBackend()), preferences)
    qtbot.addWidget(second)
    assert second.size() == first.size()


def test_the_model_s_card_is_shown_whatever_it_holds() -> None:
    card = {
        "name": "Joint",
        "measured": {"psnr_db": 31.25, "by_organ": [{"organ": "lung", "psnr_db": 29.0}]},
        "limits": ["MR has no cloud", "adults only"],
    }
    lines = "\n".join(pages.card_lines(card))

    assert "- **name**: Joint" in lines
    assert "    - **psnr db**: 31.25" in lines
    assert "            - **organ**: lung" in lines
    assert "- **limits**: MR has no cloud, adults only" in lines


def bug() -> tuple[type[BaseException], BaseException]:
    try:
        raise ValueError("Doe^Jane in /home/jane/scan.dcm")
    except ValueError as error:
        return type(error), error


def test_the_crash_log_holds_places_but_no_values(tmp_path: Path) -> None:
    log = CrashLog(tmp_path)
    kind, error = bug()
    log.record(kind, error, error.__traceback__)

    written = (tmp_path / "crash.log").read_text("utf-8")
    assert "ValueError" in written
    assert "test_app_menu.py" in written
    assert "Doe" not in written
    assert "jane" not in written
    assert str(tmp_path) not in written


def test_a_crash_log_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    log = CrashLog(tmp_path / "file")
    kind, error = bug()
    log.record(kind, error, error.__traceback__)

    assert "could not be written" in log.last


def test_the_details_of_a_bug_can_be_copied(
    qtbot: QtBot, window: MainWindow, capsys: pytest.CaptureFixture[str]
) -> None:
    log = CrashLog()
    window.app_menu.attach_crash_log(log)
    kind, error = bug()
    log.record(kind, error, error.__traceback__)
    assert window.message_bar.copy.isVisible()
    window.message_bar.copy.click()

    assert QGuiApplication.clipboard().text() == details(kind, error.__traceback__)
    assert "Doe" not in capsys.readouterr().err
    window.message_bar.show_message("error", "Something else.")
    assert not window.message_bar.copy.isVisible()


def test_a_bug_in_the_worker_offers_its_details(
    qtbot: QtBot, open_window: MainWindow, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = CrashLog()
    open_window.app_menu.attach_crash_log(log)
    monkeypatch.setattr(sys, "excepthook", log.record)
    monkeypatch.setattr(backend, "predict", lambda *asked, **how: int("no number"))
    with qtbot.waitSignal(open_window.session.failed):
        qtbot.keyClick(open_window, Qt.Key.Key_Return)  # type: ignore[no-untyped-call]

    assert open_window.message_bar.copy.isVisible()
    assert "ValueError" in log.last


def test_hovering_a_pixel_lights_the_nearest_points(
    qtbot: QtBot, open_window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    lit: list[int] = []
    known = open_window.session.prediction
    assert known is not None
    cloud = open_window.cloud
    monkeypatch.setattr(type(cloud), "cloud", property(lambda self: known.cloud))
    monkeypatch.setattr(cloud, "light_points", lambda indices: lit.append(len(indices)))
    projection = open_window.original.projection
    assert known.cloud is not None
    assert projection is not None
    plane = known.slice.plane
    places = plane.to_pixel(known.cloud.points.astype(float))
    heights = np.abs(known.cloud.points[:, 2] - plane.origin_mm[2])
    inside = (places > 1).all(axis=1) & (places < 62).all(axis=1) & (heights < 10)
    row, column = places[np.flatnonzero(inside)[0]]

    mouse_and_keys.move(open_window.original, projection.to_point(float(row), float(column)))
    assert lit[-1] > 0
    open_window.original.probed.emit(None)
    assert lit[-1] == 0


def test_the_nearest_points_are_few_close_and_of_shown_structures() -> None:
    cloud = make_cloud(make_plane(spacing_mm=(3.0, 3.0)))
    place = cloud.points[4].astype(float)
    only = frozenset({Structure(int(cloud.labels[4]))})

    found = nearest_points(cloud, only, place)
    assert found[0] == 4
    assert len(found) <= MAX_NEAREST
    assert set(cloud.labels[found].tolist()) == {int(cloud.labels[4])}


def test_a_cloud_without_millimetres_lights_nothing() -> None:
    plane = make_plane()
    assert len(nearest_points(make_normalized_cloud(plane), frozenset(Structure), np.zeros(3))) == 0
