"""Drops: every notation of a local file opens it, and none ever moves it."""

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPointF, QSysInfo, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.dropped_paths import dropped_paths, local_path
from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct
from tests.ui.support import mouse_and_keys

Action = Qt.DropAction
COPY, MOVE, LINK, IGNORE = (
    Action.CopyAction,
    Action.MoveAction,
    Action.LinkAction,
    Action.IgnoreAction,
)
HOST = QSysInfo.machineHostName()


def _uri(text: str) -> QMimeData:
    data = QMimeData()
    data.setData("text/uri-list", text.encode())
    return data


def _text(text: str) -> QMimeData:
    data = QMimeData()
    data.setText(text)
    return data


def _named(name: str, text: str, *, uris: str = "") -> QMimeData:
    data = _uri(uris) if uris else QMimeData()
    data.setData(name, text.encode())
    return data


def _encoded(path: Path) -> str:
    return bytes(QUrl.fromLocalFile(str(path)).toEncoded().data()).decode()


NOTATIONS: dict[str, Callable[[Path], QMimeData]] = {
    "encoded": lambda path: _uri(f"{_encoded(path)}\r\n"),
    "unencoded": lambda path: _uri(f"file://{path}\r\n"),
    "one slash": lambda path: _uri(f"file:{path}\r\n"),
    "upper case": lambda path: _uri(f"FILE://{path}\r\n"),
    "localhost": lambda path: _uri(f"file://localhost{path}\r\n"),
    "this computer": lambda path: _uri(f"file://{HOST}{path}\r\n"),
    "this computer in upper case": lambda path: _uri(f"file://{HOST.upper()}{path}\r\n"),
    "this computer in its domain": lambda path: _uri(f"file://{HOST}.local{path}\r\n"),
    "a path in a list of addresses": lambda path: _uri(f"{path}\r\n"),
    "a comment before it": lambda path: _uri(f"# two files\r\nfile://{path}\r\n"),
    "a list that ends with a zero": lambda path: _uri(f"{_encoded(path)}\0"),
    "lines of another system": lambda path: _uri(f"{_encoded(path)}\n"),
    "GNOME's copied files": lambda path: _named(
        "x-special/gnome-copied-files", f"copy\n{_encoded(path)}"
    ),
    "GNOME's cut files": lambda path: _named(
        "x-special/gnome-copied-files", f"cut\nfile://{path}\n"
    ),
    "KDE's list beside addresses of its own": lambda path: _named(
        "application/x-kde4-urilist", f"{_encoded(path)}\r\n", uris="desktop:/a.dcm\r\n"
    ),
    "addresses of another program, and plain text": lambda path: _named(
        "text/plain", str(path), uris="sftp://server/a.dcm\r\n"
    ),
    "a path with blanks around it as plain text": lambda path: _text(f"  {path} \n"),
    "plain text": lambda path: _text(str(path)),
    "a quoted path": lambda path: _text(f'"{path}"\n'),
    "a path quoted as for a shell": lambda path: _text(shlex.quote(str(path))),
    "a path with backslashes before blanks": lambda path: _text(str(path).replace(" ", "\\ ")),
    "too many slashes": lambda path: _uri(f"file:///{_encoded(path)[7:]}\r\n"),
    "MATE's copied files": lambda path: _named(
        "x-special/mate-copied-files", f"copy\n{_encoded(path)}"
    ),
    "an address as plain text": lambda path: _text(f"{_encoded(path)}\n"),
}


@pytest.mark.skipif(os.name == "nt", reason="paths of other systems")
@pytest.mark.parametrize("name", ["a.dcm", "two words.dcm", "Schädel µ.dcm", "50%.dcm", "a#1?.dcm"])
@pytest.mark.parametrize("notation", NOTATIONS)
def test_a_local_file_is_found_in_every_notation(tmp_path: Path, name: str, notation: str) -> None:
    (path := tmp_path / name).touch()
    assert dropped_paths(NOTATIONS[notation](path)) == [path]


@pytest.mark.skipif(os.name == "nt", reason="names are no bytes there")
def test_a_name_in_an_old_character_set_is_found(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"Sch\xe4del.dcm")
    path.touch()
    assert dropped_paths(_uri(f"file://{tmp_path}/Sch%E4del.dcm\r\n")) == [path]


@pytest.mark.parametrize(
    "text",
    ["https://example.org/a.dcm", "file://another-computer/tmp", "sftp://localhost/tmp", "tmp", ""],
)
@pytest.mark.skipif(os.name == "nt", reason="another computer's file has a path there")
def test_what_is_not_on_this_computer_is_not_taken(text: str) -> None:
    assert dropped_paths(_uri(f"{text}\r\n")) == []
    assert dropped_paths(_text(text)) == []


@pytest.mark.parametrize("text", ["Dear colleague", "/no/such/file.dcm", "see /tmp", "\0", "a\0b"])
def test_plain_text_that_names_no_file_is_not_taken(text: str) -> None:
    assert dropped_paths(_text(text)) == []


def test_what_is_local_is_taken_from_a_list_that_names_other_computers_too(tmp_path: Path) -> None:
    data = _uri(f"sftp://server/a.dcm\r\nfile://{tmp_path}\r\nfile://elsewhere/tmp\r\n")
    assert dropped_paths(data) == [tmp_path]


def test_a_list_wins_over_the_text_beside_it(tmp_path: Path) -> None:
    """Some file managers put the names of the files, or of their folder, into the text."""
    (path := tmp_path / "a.dcm").touch()
    data = _uri(f"{_encoded(path)}\r\n")
    data.setText(f"{tmp_path}\n/")
    assert dropped_paths(data) == [path]


@pytest.mark.skipif(os.name == "nt", reason="backslashes are no quotes there")
def test_several_paths_in_a_line_are_taken_and_a_sentence_is_not(tmp_path: Path) -> None:
    paths = [tmp_path / "a b.dcm", tmp_path / "it's.dcm"]
    for path in paths:
        path.touch()
    line = " ".join(shlex.quote(str(path)) for path in paths)

    assert dropped_paths(_text(line)) == paths
    assert dropped_paths(_text(f"see {line}")) == []


def test_a_file_named_twice_is_opened_once(tmp_path: Path) -> None:
    data = _uri(f"file://{tmp_path}\r\nfile://localhost{tmp_path}\r\n")
    assert len(dropped_paths(data)) == 1


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///C:/Scans/a%20b.dcm", "C:/Scans/a b.dcm"),
        ("file://localhost/C:/Scans/a.dcm", "C:/Scans/a.dcm"),
        (f"file://{HOST}/C:/Scans/a.dcm", "C:/Scans/a.dcm"),
        ("file://C:/Scans/a.dcm", "C:/Scans/a.dcm"),
        ("file://server/share/Sch%C3%A4del.dcm", "//server/share/Schädel.dcm"),
        ("file://wsl.localhost/Ubuntu/home/a.dcm", "//wsl.localhost/Ubuntu/home/a.dcm"),
        ("file:////server/share/a.dcm", "//server/share/a.dcm"),
        ("file:///C|/Scans/a.dcm", "C:/Scans/a.dcm"),
        ("file:///%5C%5Cserver%5Cshare%5Ca.dcm", "\\\\server\\share\\a.dcm"),
        ("https://server/share/a.dcm", ""),
    ],
)
def test_on_windows_drives_and_shares_have_paths(url: str, path: str) -> None:
    assert local_path(QUrl(url), is_windows=True) == path


@pytest.mark.parametrize("offered", [COPY | MOVE, COPY | MOVE | LINK, COPY, COPY | LINK])
@pytest.mark.parametrize("proposed", [MOVE, COPY, LINK])
def test_every_drop_is_answered_as_a_copy(
    qtbot: QtBot, window: MainWindow, ct_file: Path, offered: Action, proposed: Action
) -> None:
    """Shift while dragging asks for a move, after which the file manager deletes the original."""
    with qtbot.waitSignal(window.session.predicted):
        answers = _drag_and_drop(window, mouse_and_keys.carry([ct_file]), offered, proposed)
    assert answers == [(True, COPY)] * 3
    assert ct_file.exists()


def test_a_drag_that_can_only_link_is_answered_as_a_link(
    qtbot: QtBot, window: MainWindow, ct_file: Path
) -> None:
    with qtbot.waitSignal(window.session.predicted):
        assert (
            _drag_and_drop(window, mouse_and_keys.carry([ct_file]), LINK, LINK)
            == [(True, LINK)] * 3
        )


def test_a_drag_that_can_only_move_is_not_taken(window: MainWindow, ct_file: Path) -> None:
    answers = _drag_and_drop(window, mouse_and_keys.carry([ct_file]), MOVE, MOVE)
    assert answers[0] == (False, IGNORE)
    assert not any(is_accepted for is_accepted, _ in answers)
    assert not window.highlight.isVisible()
    assert window.session.slice is None


def test_a_dropped_address_with_this_computer_s_name_opens(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    path = write_ct(tmp_path / "Schädel von oben.dcm")
    data = _uri(f"file://{HOST}{path.as_posix()}\r\n")
    with qtbot.waitSignal(window.session.predicted):
        _drag_and_drop(window, data, COPY, COPY)
    assert window.session.slice is not None


def _drag_and_drop(
    window: MainWindow, data: QMimeData, offered: Action, proposed: Action
) -> list[tuple[bool, Action]]:
    """Whether entering, moving and dropping were accepted, and as what."""
    at = window.rect().center()
    rest = (offered, data, Qt.MouseButton.LeftButton, mouse_and_keys.SHIFT)
    events = [
        QDragEnterEvent(at, *rest),
        QDragMoveEvent(at, *rest),
        QDropEvent(QPointF(at), *rest, QEvent.Type.Drop),
    ]
    for event in events:
        event.setDropAction(proposed)
    return [_answer(window, event) for event in events]


def _answer(window: MainWindow, event: QDropEvent) -> tuple[bool, Action]:
    QApplication.sendEvent(window, event)
    return event.isAccepted(), event.dropAction()
