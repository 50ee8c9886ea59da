"""What happens between a drop and a complete series."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from jrviewer import dicom
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from jrviewer.ui.jobs import backend
from jrviewer.ui.state.settings import Settings
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_colour, write_ct, write_structure_set
from tests.ui.conftest import FakeBackend
from tests.ui.support import mouse_and_keys
from tests.ui.support.mouse_and_keys import press


class Halting(FakeBackend):
    """Stops after the first slice until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = Event()
        self.read = self.read_haltingly

    def read_haltingly(
        self, paths: Sequence[Path], report: Report, share: backend.Share
    ) -> dicom.Opened:
        def share_and_halt(chosen: Slice) -> None:
            share(chosen)
            while not self.go_on.wait(0.01):
                report(0.2, "reading images")

        return backend.read_paths(paths, report, share_and_halt)


@pytest.mark.parametrize("backend", [Halting()])
def test_the_first_slice_appears_before_the_rest_is_read(
    qtbot: QtBot, window: MainWindow, backend: Halting, ct_folder: Path
) -> None:
    with qtbot.waitSignal(window.session.shown):
        mouse_and_keys.drop(window.welcome, [ct_folder])
    assert window.original.isVisible()
    assert window.session.series is not None
    assert len(window.session.series) == 1
    assert window.series_list.item(0).text() == "first slice"
    assert backend.asked == []

    with qtbot.waitSignal(window.session.predicted):
        backend.go_on.set()
    assert len(window.session.series) == 5
    assert "5 slices" in window.series_list.item(0).text()


@pytest.mark.parametrize("backend", [Halting()])
def test_escape_stops_the_reading_and_says_what_is_there(
    qtbot: QtBot, window: MainWindow, ct_folder: Path
) -> None:
    with qtbot.waitSignal(window.session.shown):
        mouse_and_keys.drop(window.welcome, [ct_folder])
    with qtbot.waitSignal(window.session.warned):
        qtbot.keyClick(window, Qt.Key.Key_Escape)  # type: ignore[no-untyped-call]

    assert window.status_bar.busy_text == ""
    assert "cancelled" in window.message_bar.text
    assert detail(window) == "first slice, others not read"
    assert window.series_list.item(0).text() == "first slice"
    with qtbot.waitSignal(window.session.predicted):
        qtbot.keyClick(window, Qt.Key.Key_Return)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("backend", [Halting()])
def test_what_is_dropped_while_files_are_read_is_read_after_them(
    qtbot: QtBot, window: MainWindow, backend: Halting, ct_folder: Path, ct_file: Path
) -> None:
    with qtbot.waitSignal(window.session.shown):
        mouse_and_keys.drop(window.welcome, [ct_folder])
    (letter := ct_file.parent / "letter.dcm").write_text("Dear colleague")
    for path in (ct_file, letter, ct_file, ct_folder):  # twice by an impatient hand
        mouse_and_keys.drop(window.original, [path])
    assert detail(window) == "first slice, more are being read"

    with qtbot.waitSignal(window.session.refused):
        backend.go_on.set()
    assert [len(one) for one in window.session.all_series] == [5, 1]
    assert window.session.slice is window.session.all_series[1][0]
    assert detail(window) == "single slice"
    assert "letter.dcm" in window.message_bar.text


@pytest.mark.parametrize("backend", [Halting()])
def test_what_was_refused_is_still_said_when_the_next_has_been_read(
    qtbot: QtBot, window: MainWindow, backend: Halting, ct_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (ct_folder / "broken.dcm").write_bytes(b"")
    with qtbot.waitSignal(window.session.shown):
        mouse_and_keys.drop(window.welcome, [ct_folder])
    mouse_and_keys.drop(window.original, [tmp_path / "empty"])
    mouse_and_keys.drop(window.original, [write_ct(tmp_path / "other.dcm")])

    with qtbot.waitSignal(window.session.refused) as refused:
        backend.go_on.set()
    assert [len(one) for one in window.session.all_series] == [5, 1]
    assert refused.args is not None
    assert "broken.dcm" in refused.args[0]
    qtbot.waitUntil(lambda: "broken.dcm" in window.message_bar.text)


@pytest.mark.parametrize("backend", [Halting()])
def test_escape_reads_nothing_of_what_waits_and_the_whole_replaces_the_first_slice_later(
    qtbot: QtBot, window: MainWindow, backend: Halting, ct_folder: Path, ct_file: Path
) -> None:
    with qtbot.waitSignal(window.session.shown):
        mouse_and_keys.drop(window.welcome, [ct_folder])
    mouse_and_keys.drop(window.original, [ct_file])
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not window.session.foreground.is_busy
    assert [len(one) for one in window.session.all_series] == [1]
    assert "Files that waited were not read" in window.message_bar.text

    backend.go_on.set()
    with qtbot.waitSignal(window.session.predicted):
        mouse_and_keys.drop(window.original, [ct_folder])
    assert [len(one) for one in window.session.all_series] == [5]
    assert detail(window) == "slice 3 of 5"


@pytest.mark.parametrize("backend", [Halting()])
def test_closing_what_is_being_read_reads_what_waits(
    qtbot: QtBot, window: MainWindow, backend: Halting, ct_folder: Path, ct_file: Path
) -> None:
    with qtbot.waitSignal(window.session.shown):
        mouse_and_keys.drop(window.welcome, [ct_folder])
    mouse_and_keys.drop(window.original, [ct_file])
    backend.go_on.set()
    with qtbot.waitSignal(window.session.predicted):
        press(qtbot, window, Qt.Key.Key_W, mouse_and_keys.CTRL)

    assert [len(one) for one in window.session.all_series] == [1]
    assert detail(window) == "single slice"


def detail(window: MainWindow) -> str:
    """What stands right of the original's title."""
    label = window.original_pane.findChild(QLabel, "paneDetail")
    assert label is not None
    return label.text()


def test_refused_files_stand_in_the_list_with_their_reasons(
    qtbot: QtBot, window: MainWindow, ct_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty.dcm").write_bytes(b"")
    with qtbot.waitSignal(window.session.predicted):
        mouse_and_keys.drop(window.welcome, [ct_file, tmp_path / "empty.dcm"])

    assert window.series_list.isVisible()
    entry = window.series_list.item(1)
    assert entry.text().startswith("✕ empty.dcm\n")
    assert len(entry.text().splitlines()[1]) > 20
    window.series_list.itemClicked.emit(entry)
    assert len(window.session.all_series) == 1


def test_the_names_of_refused_files_hide_with_the_patient_text(
    qtbot: QtBot, window: MainWindow, ct_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "Doe Jane.dcm").write_bytes(b"")
    with qtbot.waitSignal(window.session.predicted):
        mouse_and_keys.drop(window.welcome, [ct_file, tmp_path / "Doe Jane.dcm"])
    qtbot.keyClick(window, Qt.Key.Key_H, mouse_and_keys.CTRL)  # type: ignore[no-untyped-call]

    assert "Doe" not in window.series_list.item(1).text()
    assert "Doe" not in window.message_bar.text
    assert len(window.message_bar.text) > 20


def test_why_files_were_refused_can_be_copied_without_their_names(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    for name in ("Doe Jane.dcm", "Doe John.dcm"):
        (tmp_path / name).write_bytes(b"")
    with qtbot.waitSignal(window.session.refused):
        mouse_and_keys.drop(window.welcome, [tmp_path / "Doe Jane.dcm", tmp_path / "Doe John.dcm"])
    assert "Doe Jane.dcm" in window.message_bar.text

    mouse_and_keys.click(window.message_bar.copy)

    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("JRViewer ")
    assert "\n2 × " in copied
    assert "Doe" not in copied


def test_while_the_rest_is_read_the_ai_pane_says_what_it_waits_for(
    qtbot: QtBot, window: MainWindow, ct_folder: Path
) -> None:
    said: list[tuple[bool, str]] = []  # at the very moment: a few slices are soon read
    window.session.unpredicted.connect(
        lambda *_: said.append((window.session.is_partial, window.denoised.message))
    )
    with qtbot.waitSignal(window.session.predicted):
        mouse_and_keys.drop(window.welcome, [ct_folder])

    assert said[0] == (True, "Reading the other slices first…")
    assert window.denoised.message == ""


def test_a_colour_image_of_16_bits_is_refused_with_a_sentence(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = write_colour(tmp_path / "deep.dcm", bits=16)
    with qtbot.waitSignal(window.session.refused):
        mouse_and_keys.drop(window.welcome, [path])

    assert window.message_bar.text.startswith("deep.dcm: ")
    assert window.welcome.isVisible()


def test_what_was_opened_can_be_opened_again_from_the_recent_menu(
    qtbot: QtBot, open_window: MainWindow, ct_file: Path
) -> None:
    with qtbot.waitSignal(open_window.session.predicted):
        mouse_and_keys.drop(open_window.original, [ct_file])
    menu = open_window.app_menu.recent_menu
    menu.aboutToShow.emit()
    assert [action.text().split()[0] for action in menu.actions()[:2]] == ["slice.dcm", "series"]

    with qtbot.waitSignal(open_window.session.predicted):
        menu.actions()[1].trigger()
    assert open_window.session.series is not None
    assert len(open_window.session.series) == 5


def test_recent_files_are_not_remembered_unless_the_settings_say_so(
    open_window: MainWindow,
) -> None:
    preferences = open_window.preferences
    assert preferences.get("recent", []) == []

    open_window.app_menu._take_settings(Settings(keeps_recent=True))
    assert len(preferences.get("recent", [])) == 1

    open_window.app_menu._take_settings(Settings(keeps_recent=False))
    assert preferences.get("recent", []) == []


def test_a_skin_that_was_switched_on_ends_with_its_series(
    qtbot: QtBot, open_window: MainWindow, ct_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared: list[str] = []
    monkeypatch.setattr(open_window.cloud, "clear", cleared.append)
    with qtbot.waitSignal(open_window.session.predicted):
        mouse_and_keys.drop(open_window.original, [ct_file])

    assert cleared


def test_what_lies_on_every_cd_is_a_grey_note_with_details_and_no_error(
    qtbot: QtBot, window: MainWindow, ct_file: Path, tmp_path: Path
) -> None:
    litter = [tmp_path / name for name in ("readme.txt", "viewer.exe", "letter.pdf")]
    for path in litter:
        path.write_bytes(b"no image at all " * 40)
    write_structure_set(tmp_path / "structures.dcm")
    with qtbot.waitSignal(window.session.opening.passed_over):
        mouse_and_keys.drop(window.welcome, [ct_file, *litter, tmp_path / "structures.dcm"])

    bar = window.message_bar
    assert bar.property("kind") == "note"
    assert bar.text.startswith("4 other files were no images.\n")
    assert bar.more.isVisible()
    assert "readme" not in bar.text
    assert window.series_list.count() == 1


def test_a_broken_image_beside_good_ones_is_an_error_though_others_are_none(
    qtbot: QtBot, window: MainWindow, ct_file: Path, tmp_path: Path
) -> None:
    write_ct(tmp_path / "cut.dcm", keep_bytes=900)
    (tmp_path / "readme.txt").write_bytes(b"no image at all " * 40)
    with qtbot.waitSignal(window.session.refused):
        mouse_and_keys.drop(
            window.welcome, [ct_file, tmp_path / "cut.dcm", tmp_path / "readme.txt"]
        )

    assert window.message_bar.property("kind") == "error"
    assert window.message_bar.text.startswith("cut.dcm: ")
    assert "readme" not in window.message_bar.text
