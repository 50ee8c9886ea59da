"""The picture that is exported: original and denoised slice side by side, labelled.

Draws with Pillow, without a window system. Draws fixed words and numbers only, never text from the
file, so no patient's name can get into the pixels.
"""

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from jrviewer import NOTICE, __version__
from jrviewer.geometry import FloatArray, orientation_letters
from jrviewer.records import Prediction, Slice, UInt8Array, VoiLut, Window
from jrviewer.windowing import to_grey

if TYPE_CHECKING:
    from PIL.Image import Image

LINE = 20  # pixels of a line of text
FONT_SIZE = 14
MARGIN = 8
NARROWEST_PANEL = 260  # the notice must fit under two of them
WHITE, GREY = 255, 170

Words = list[tuple[tuple[float, float], str, str, int]]  # place, anchor, text, shade


def draw_sheet(
    prediction: Prediction, window: Window | VoiLut, lines: tuple[str, ...], blend: int = 100
) -> tuple[bytes, str]:
    """A PNG file with `lines` as its text, and every word drawn or written in it, one a line.

    `blend` is how much of the second picture is AI, in per cent.

    Each slice keeps its native resolution: one pixel of the slice is one of the picture.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    shown = prediction.slice
    second = prediction.blended(blend)
    panels = [to_grey(shown, pixels, window) for pixels in (shown.pixels, second)]
    sheet, words = _laid_out(prediction, panels, window, blend)
    picture = Image.fromarray(sheet)
    _write_words(picture, words)
    text = PngInfo()
    text.add_text("Software", f"JRViewer {__version__}")
    text.add_text("Description", NOTICE)
    # Ends with a line break: a reader of plain bytes then knows where the last line ends.
    text.add_text("Provenance", "".join(f"{line}\n" for line in lines))
    file = BytesIO()
    picture.save(file, "PNG", pnginfo=text)
    return file.getvalue(), "\n".join([*(word for _, _, word, _ in words), *lines])


def _laid_out(
    prediction: Prediction, panels: list[UInt8Array], window: Window | VoiLut, blend: int
) -> tuple[UInt8Array, Words]:
    """The empty sheet with both slices in place, and the words around them."""
    rows, columns = panels[0].shape
    width = max(columns + 2 * LINE, NARROWEST_PANEL)  # letters stand left and right of the slice
    head, foot = LINE + MARGIN, 3 * LINE + MARGIN
    sheet = np.zeros((head + rows + 2 * LINE + foot, 2 * width), dtype=np.uint8)
    words: Words = []
    top = head + LINE
    made = "AI DENOISED" if blend == 100 else f"AI {blend} % + ORIGINAL {100 - blend} %"
    for number, (panel, title) in enumerate(zip(panels, ("ORIGINAL", made), strict=True)):
        left = number * width + (width - columns) // 2
        sheet[top : top + rows, left : left + columns] = panel
        words.append(((number * width + width / 2, MARGIN), "mt", title, WHITE))
        words += _letters(prediction.slice, left, top)
    below = top + rows + LINE
    footer = [NOTICE, _window_text(window, prediction.slice), _remarks(prediction)]
    for number, (line, shade) in enumerate(zip(footer, (WHITE, GREY, GREY), strict=True)):
        words.append(((width, below + MARGIN + number * LINE), "mt", line, shade))
    return sheet, words


def _letters(shown: Slice, left: int, top: int) -> Words:
    """Where the patient's sides are, around a slice; nothing where the file does not say."""
    if not shown.has_position:
        return []
    rows, columns = shown.shape
    middle_row, middle_column = top + rows / 2, left + columns / 2
    plane = shown.plane
    sides: list[tuple[tuple[float, float], str, FloatArray]] = [
        ((left - 4, middle_row), "rm", -plane.along_row),
        ((left + columns + 4, middle_row), "lm", plane.along_row),
        ((middle_column, top - 4), "mb", -plane.along_column),
        ((middle_column, top + rows + 4), "mt", plane.along_column),
    ]
    return [(place, anchor, orientation_letters(way), WHITE) for place, anchor, way in sides]


def _window_text(window: Window | VoiLut, shown: Slice) -> str:
    """Width and level. A window's own name may be free text of the file: it is left out."""
    if isinstance(window, VoiLut):
        return "Values through the file's own table"
    unit = " HU" if shown.unit == "HU" else ""
    inverse = "  MONOCHROME1" if shown.inverted else ""
    return f"W {window.width:g}  L {window.centre:g}{unit}{inverse}"


def _remarks(prediction: Prediction) -> str:
    """The input check's colour, and what else makes the picture less than it seems."""
    remarks = [f"Input check: {prediction.level}"]
    if prediction.overridden:
        remarks.append("RUN ANYWAY")
    if prediction.slice.acquisition.lossy:
        remarks.append("LOSSY")
    return "  ".join(remarks)


def _write_words(picture: "Image", words: Words) -> None:
    from PIL import ImageDraw, ImageFont

    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(FONT_SIZE)  # comes with Pillow: no font file to find
    for place, anchor, text, shade in words:
        pen.text(place, text, fill=shade, font=font, anchor=anchor)
