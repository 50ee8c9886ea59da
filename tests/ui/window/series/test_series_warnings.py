"""What the reader noticed about a series is read in the window without hovering."""

import os
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from jrviewer.ui.window.main_window import MainWindow
from tests.support.dicom_factory import write_ct, write_dicomdir, write_series
from tests.ui.support import mouse_and_keys


def opened(qtbot: QtBot, window: MainWindow, *paths: Path) -> None:
    with qtbot.waitSignal(window.session.predicted):
        mouse_and_keys.drop(window.welcome, list(paths))


def test_the_warnings_of_a_series_are_in_the_message_bar_and_its_entry_points_there(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    write_series(tmp_path, 6, missing=[2])

    opened(qtbot, window, tmp_path)

    assert "1 slice missing: the series has gaps." in window.message_bar.text
    assert "▲" in window.series_list.item(0).text()


def test_a_warning_of_some_slices_says_of_how_many(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    paths = write_series(tmp_path, 4)
    paths[1].write_bytes(paths[1].read_bytes() + b"\0\0")

    opened(qtbot, window, tmp_path)

    assert "(1 of 4 slices)" in window.message_bar.text


def test_a_slice_with_a_warning_of_its_own_shows_it_in_its_corner(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    paths = write_series(tmp_path, 4)
    paths[1].write_bytes(paths[1].read_bytes() + b"\0\0")
    opened(qtbot, window, tmp_path)

    said = []
    for index in range(4):
        window.session.show(index)
        said.append([line for line in window.original.corners.top_left if line.startswith("▲")])

    assert [len(lines) for lines in said] == [0, 1, 0, 0]
    assert said[1][0].removeprefix("▲ ") in window.message_bar.text


def test_warnings_go_with_their_series(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    write_series(tmp_path / "a", 7, missing=[2])
    write_series(tmp_path / "b", 3, series_uid="1.2.3")
    opened(qtbot, window, tmp_path)
    assert "gaps" in window.message_bar.text

    window.session.choose_series(1)
    assert window.message_bar.text == ""
    assert "▲" not in window.series_list.item(1).text()

    window.session.choose_series(0)
    assert "gaps" in window.message_bar.text


def test_refused_files_do_not_hide_the_warnings(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    write_series(tmp_path, 6, missing=[2])
    (tmp_path / "z.dcm").write_bytes(b"")

    opened(qtbot, window, tmp_path)

    assert "z.dcm" in window.message_bar.text
    assert "gaps" in window.message_bar.text


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own there")
def test_a_file_that_is_not_there_any_more_is_an_error_beside_others_that_are_no_images(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    """As from a stick that was pulled out: the series is incomplete."""
    write_series(tmp_path, 3)
    (tmp_path / "gone.dcm").symlink_to(tmp_path / "elsewhere.dcm")
    (tmp_path / "letter.txt").write_text("Dear colleague")

    opened(qtbot, window, tmp_path)

    said = window.message_bar.text
    assert said.startswith("gone.dcm: There is no file here")
    assert "letter.txt" not in said


def test_a_dicomdir_that_opens_its_series_is_no_error(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    files = [write_ct(tmp_path / f"IM{z}", position=(0, 0, z), instance=z) for z in range(3)]
    directory = write_dicomdir(tmp_path, files)

    opened(qtbot, window, directory)

    assert window.message_bar.text == ""
    assert window.session.opening.refused_files == ()
    assert window.series_list.count() == 1
