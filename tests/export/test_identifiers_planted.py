"""Identifiers planted where no maker of an export tells of them are caught all the same."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from jrviewer.core.errors import ExportError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Source, Window
from jrviewer.export.ply import write_ply
from jrviewer.export.png import write_png
from tests.support.record_factory import make_prediction, make_slice

WINDOW = Window(40, 400)


def prediction_with(*identifiers: str) -> Prediction:
    source = Source(Path("folder") / "slice.dcm", identifiers=frozenset(identifiers))
    return make_prediction(replace(make_slice(), source=source))


PLANTED = ["MILLER", "MRN-4711-0815", "19700131", "1970-01-31", "1.2.826.0.1.99"]


KNOWN = ("Miller^Jane", "MRN-4711-0815", "19700131", "1970-01-31", "1.2.826.0.1.99")


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("compressed", [False, True])
def test_an_identifier_planted_in_a_pictures_text_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str, compressed: bool
) -> None:
    def draw(*_: object) -> tuple[bytes, str]:
        """A picture that says more than its maker tells."""
        said, file = PngInfo(), BytesIO()
        said.add_text("Comment", f"of {planted} {'x' * 200}", zip=compressed)
        Image.new("L", (2, 2)).save(file, "PNG", pnginfo=said)
        return file.getvalue(), ""

    monkeypatch.setattr("jrviewer.export.png.draw_comparison", draw)

    with pytest.raises(ExportError, match="identifies the patient"):
        write_png(prediction_with(*KNOWN), tmp_path / "a.png", WINDOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("planted", PLANTED)
def test_an_identifier_planted_in_a_clouds_comments_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
) -> None:
    monkeypatch.setattr(
        "jrviewer.export.cloud_table.describe", lambda *_: (f"app=JRViewer for {planted}",)
    )

    with pytest.raises(ExportError, match="identifies the patient"):
        write_ply(prediction_with(*KNOWN), tmp_path / "a.ply")
    assert list(tmp_path.iterdir()) == []


def test_an_identifier_planted_behind_the_points_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jrviewer.export.ply.sealed", lambda content: content + b"MRN-4711-0815")

    with pytest.raises(ExportError, match="identifies the patient"):
        write_ply(prediction_with(*KNOWN), tmp_path / "a.ply")


@pytest.mark.parametrize("planted", PLANTED)
def test_an_identifier_in_the_file_name_is_caught(tmp_path: Path, planted: str) -> None:
    with pytest.raises(ExportError, match="file name"):
        write_png(prediction_with(*KNOWN), tmp_path / f"{planted}.png", WINDOW)
