"""The 3D picture as a PNG file with title, notice and legend, which says how it was made."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jrviewer import NOTICE, __version__
from jrviewer.core.atomic_write import numbered
from jrviewer.core.errors import NameTakenError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import UInt8Array
from jrviewer.export.guarded_write import write_guarded
from jrviewer.export.provenance import describe, sealed

if TYPE_CHECKING:
    from PIL.Image import Image

BACKGROUND, TITLE, TEXT = (17, 21, 26), (232, 236, 240), (190, 197, 205)
LINES_A_PICTURE = 46  # a line's height is such a part of the picture's width


@dataclass(frozen=True, slots=True, eq=False)
class ScenePicture:
    """What the 3D pane showed: `pixels` (rows, columns, RGB), the pane's title, and what its legend
    says, a line each.
    """

    prediction: Prediction
    pixels: UInt8Array
    title: str
    words: tuple[str, ...]


def write_scene_picture(picture: ScenePicture, path: Path) -> str:
    """Write it under the name, or a numbered one where that is taken; returns the name.

    Raises ExportError, and writes nothing, when the place cannot be written to or a text in the
    picture names the patient.
    """
    for name in numbered(path):
        try:
            _write(picture, path.with_name(name))
        except NameTakenError:
            continue
        return name
    raise AssertionError("names never end")


def _write(picture: ScenePicture, path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    cloud = picture.prediction.dense_cloud or picture.prediction.cloud
    lines = describe(picture.prediction, None if cloud is None else len(cloud))
    words = (picture.title, NOTICE, *picture.words)
    text = PngInfo()
    text.add_text("Software", f"JRViewer {__version__}")
    text.add_text("Description", NOTICE)
    text.add_text("Provenance", "".join(f"{line}\n" for line in lines))
    file = BytesIO()
    _captioned(picture).save(file, "PNG", pnginfo=text)
    write_guarded(sealed(file.getvalue()), "\n".join([*words, *lines]), path, picture.prediction)


def _captioned(picture: ScenePicture) -> "Image":
    """Title and notice above the picture, the legend below."""
    from PIL import Image, ImageDraw, ImageFont

    rows, columns = picture.pixels.shape[:2]
    line = max(14, columns // LINES_A_PICTURE)
    below = len(picture.words) * line + (line // 2 if picture.words else 0)
    page = Image.new("RGB", (columns, rows + round(2.8 * line) + below), BACKGROUND)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(0.72 * line)
    pen.text((line // 2, line // 3), _plain(picture.title), fill=TITLE, font=font)
    pen.text((line // 2, line // 3 + line), NOTICE, fill=TITLE, font=font)
    top = round(2.8 * line)
    page.paste(Image.fromarray(np.ascontiguousarray(picture.pixels)), (0, top))
    for number, words in enumerate(picture.words):
        place = (line // 2, top + rows + line // 4 + number * line)
        pen.text(place, _plain(words), fill=TEXT, font=font)
    return page


def _plain(words: str) -> str:
    """In letters that the picture's font has."""
    return words.replace("–", "-").replace("−", "-").replace("≥", ">=").replace("σ", "sigma")
