"""The picture of the 3D pane becomes a new file that can be checked, and replaces none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from jrviewer.export.provenance import verify
from jrviewer.export.scene_picture import ScenePicture
from jrviewer.ui.dialogs import file_dialogs
from jrviewer.ui.window.main_window import MainWindow
from tests.support.record_factory import make_prediction


@pytest.fixture
def picture() -> ScenePicture:
    pixels = np.full((60, 80, 3), (10, 200, 30), np.uint8)
    return ScenePicture(make_prediction(), pixels, "INFERRED 3D – NOT MEASURED", ("Shown: Bone.",))


def choose(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(file_dialogs, "ask_target", lambda *_: path)


def test_a_file_of_the_chosen_name_stays_and_the_message_tells_the_new_name(
    window: MainWindow, picture: ScenePicture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cloud.png").write_bytes(b"somebody's")
    choose(monkeypatch, tmp_path / "cloud.png")

    window.ask_picture(picture)

    assert (tmp_path / "cloud.png").read_bytes() == b"somebody's"
    with Image.open(tmp_path / "cloud-0002.png") as written:
        assert (np.asarray(written) == (10, 200, 30)).all(axis=2).sum() == 60 * 80
    assert verify(tmp_path / "cloud-0002.png").status == "other_weights"  # made up here
    assert "cloud-0002.png" in window.message_bar.text


def test_a_picture_that_cannot_be_written_ends_in_a_sentence(
    window: MainWindow, picture: ScenePicture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, tmp_path / "gone" / "cloud.png")

    window.ask_picture(picture)

    assert "does not exist" in window.message_bar.text
