"""The picture of the 3D pane becomes a new file, and replaces none."""

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.window.main_window import MainWindow


@pytest.fixture
def picture() -> QImage:
    made = QImage(8, 6, QImage.Format.Format_RGB32)
    made.fill(QColor(10, 200, 30))
    return made


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(file_dialogs, "ask_target", lambda *_: path)


def test_a_file_of_the_chosen_name_stays_and_the_message_tells_the_new_name(
    window: MainWindow, picture: QImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cloud.png").write_bytes(b"somebody's")
    choose(monkeypatch, tmp_path / "cloud.png")

    window.ask_picture(picture)

    assert (tmp_path / "cloud.png").read_bytes() == b"somebody's"
    assert QImage(str(tmp_path / "cloud-0002.png")) == picture
    assert "cloud-0002.png" in window.message_bar.text


def test_a_picture_that_cannot_be_written_ends_in_a_sentence(
    window: MainWindow, picture: QImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, tmp_path / "gone" / "cloud.png")

    window.ask_picture(picture)

    assert "does not exist" in window.message_bar.text
