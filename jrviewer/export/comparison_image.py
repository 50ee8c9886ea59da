"""The picture that is exported: original and denoised slice side by side, labelled.

Draws with Pillow, without a window system. Draws fixed words and numbers only, never text from the
file, so no patient's name can get into the pixels.
"""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from jrviewer import NOTICE, __version__
from jrviewer.core.geometry import FloatArray, orientation_label
from jrviewer.core.noise_words import in_ascii
from jrviewer.core.prediction import Mark, Prediction
from jrviewer.core.records import Slice, UInt8Array, VoiLut, Window
from jrviewer.imaging.windowing import to_grey

if TYPE_CHECKING:
    from PIL.Image import Image

LINE = 20  # pixels of a line of text
FONT_SIZE = 14
MARGIN = 8
NARROWEST_PANEL = 260  # the notice must fit under two of them
NARROWEST_RING = 9.0
MOST_STRETCH = 8.0  # a larger ratio would make an unusable picture
COMPRESSION = 4  # of 9: half the time of the usual 6, and the same size
WHITE, GREY, BLACK = 255, 170, 0

Corner = tuple[int, int]  # left, top
Ring = tuple[float, float, float, float]  # middle and half axes: across, down
Words = list[tuple[tuple[float, float], str, str, int]]  # place, anchor, text, shade


def draw_comparison(
    prediction: Prediction, window: Window | VoiLut, lines: tuple[str, ...], blend: int = 100
) -> tuple[bytes, str]:
    """A PNG file with `lines` as its text, and every word drawn or written in it, one a line.

    `blend` is how much of the second picture is AI, in per cent.

    Each slice keeps its native resolution: one pixel of the slice is one of the picture. Pixels
    that are no squares are stretched the long way, so that the patient keeps its shape.
    """
    from PIL import Image

    shown = prediction.slice
    second = prediction.blended(blend)
    stretch = _stretch(shown)
    greys = [to_grey(shown, pixels, window) for pixels in (shown.pixels, second)]
    panels = [_stretched(grey, stretch) for grey in greys]
    marks = prediction.compute_removed().marks
    sheet, words, places = _laid_out(prediction, panels, window, blend, len(marks))
    picture = Image.fromarray(sheet)
    rings = [_ring(mark, shown, stretch) for mark in marks]
    middle, unit = panels[0].shape[1] / 2, " HU" if shown.unit == "HU" else ""
    words += [one for place in places for one in _amounts(marks, rings, place, middle, unit)]
    _draw_rings(picture, rings, places)
    _write_words(picture, words)
    return _encoded(picture, lines), "\n".join([*(word for _, _, word, _ in words), *lines])


def _encoded(picture: "Image", lines: tuple[str, ...]) -> bytes:
    """The picture as a PNG file, with what it states as its text."""
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("Software", f"JRViewer {__version__}")
    text.add_text("Description", NOTICE)
    # Ends with a line break: a reader of plain bytes then knows where the last line ends.
    text.add_text("Provenance", "".join(f"{line}\n" for line in lines))
    file = BytesIO()
    picture.save(file, "PNG", pnginfo=text, compress_level=COMPRESSION)
    return file.getvalue()


def _laid_out(
    prediction: Prediction,
    panels: list[UInt8Array],
    window: Window | VoiLut,
    blend: int,
    marks: int,
) -> tuple[UInt8Array, Words, list[Corner]]:
    """The empty sheet with both slices in place, the words around them, and where their first
    pixels are.
    """
    rows, columns = panels[0].shape
    width = max(columns + 2 * LINE, NARROWEST_PANEL)  # letters stand left and right of the slice
    footer = [NOTICE, _window_text(window, prediction.slice)]
    footer += [_noise_text(prediction), _remarks(prediction)]
    footer += [_marks_text(marks)] if marks else []
    head, foot = LINE + MARGIN, len(footer) * LINE + MARGIN
    sheet = np.zeros((head + rows + 2 * LINE + foot, 2 * width), dtype=np.uint8)
    words: Words = []
    places: list[Corner] = []
    top = head + LINE
    made = "AI DENOISED" if blend == 100 else f"AI {blend} % + ORIGINAL {100 - blend} %"
    for number, (panel, title) in enumerate(zip(panels, ("ORIGINAL", made), strict=True)):
        left = number * width + (width - columns) // 2
        sheet[top : top + rows, left : left + columns] = panel
        words.append(((number * width + width / 2, MARGIN), "mt", title, WHITE))
        words += _letters(prediction.slice, left, top)
        places.append((left, top))
    below = top + rows + LINE
    shades = (WHITE, GREY, GREY, GREY, WHITE)
    for number, (line, shade) in enumerate(zip(footer, shades, strict=False)):
        words.append(((width, below + MARGIN + number * LINE), "mt", line, shade))
    return sheet, words, places


def _stretch(shown: Slice) -> tuple[float, float]:
    """How many pixels of the picture a pixel of the slice is high and wide: 1 the finer way."""
    high, wide = shown.plane.spacing_mm
    return min(max(high / wide, 1.0), MOST_STRETCH), min(max(wide / high, 1.0), MOST_STRETCH)


def _stretched(grey: UInt8Array, stretch: tuple[float, float]) -> UInt8Array:
    from PIL import Image

    rows, columns = (round(size * by) for size, by in zip(grey.shape, stretch, strict=True))
    if (rows, columns) == grey.shape:
        return grey
    picture = Image.fromarray(grey).resize((columns, rows), Image.Resampling.BILINEAR)
    return np.asarray(picture)


def _ring(mark: Mark, shown: Slice, stretch: tuple[float, float]) -> Ring:
    """The outline of a mark on the picture of the slice: as on screen, wider than the shape."""
    steps = (1.0, 1.0) if shown.spacing_source == "missing" else shown.plane.spacing_mm
    down, across = (
        max(0.8 * mark.size_mm / step * by, NARROWEST_RING)
        for step, by in zip(steps, stretch, strict=True)
    )
    x, y = (mark.column + 0.5) * stretch[1] - 0.5, (mark.row + 0.5) * stretch[0] - 0.5
    return x, y, across, down


def _amounts(
    marks: Sequence[Mark], rings: Sequence[Ring], place: Corner, middle: float, unit: str
) -> Words:
    """Each mark's number and what it lost, beside its ring and inside the slice."""
    words: Words = []
    for number, (mark, (x, y, across, _)) in enumerate(zip(marks, rings, strict=True), start=1):
        is_right = x > middle
        beside = x - across - 3 if is_right else x + across + 3
        text = f"{number}: {round(mark.change):+d}{unit}"
        words.append(((place[0] + beside, place[1] + y), "rm" if is_right else "lm", text, WHITE))
    return words


def _draw_rings(picture: "Image", rings: Sequence[Ring], places: Sequence[Corner]) -> None:
    """White with a black rim, so that they show on lung and on bone."""
    from PIL import ImageDraw

    pen = ImageDraw.Draw(picture)
    for left, top in places:
        for x, y, across, down in rings:
            box = (left + x - across, top + y - down, left + x + across, top + y + down)
            wide = (box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1)
            pen.ellipse(wide, outline=BLACK, width=4)
            pen.ellipse(box, outline=WHITE, width=2)


def _marks_text(marks: int) -> str:
    places = "1 place is marked" if marks == 1 else f"{marks} places are marked"
    return f"{places}: structure, not only noise, may have been removed. Look at the original."


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
    return [(place, anchor, orientation_label(way), WHITE) for place, anchor, way in sides]


def _window_text(window: Window | VoiLut, shown: Slice) -> str:
    """Width and level. A window's own name may be free text of the file: it is left out."""
    if isinstance(window, VoiLut):
        return "Values through the file's own table"
    unit = " HU" if shown.unit == "HU" else ""
    inverse = "  MONOCHROME1" if shown.inverted else ""
    return f"W {window.width:g}  L {window.centre:g}{unit}{inverse}"


def _noise_text(prediction: Prediction) -> str:
    return in_ascii(f"AI, strength {prediction.strength.words}: {prediction.noise_sentence}")


def _remarks(prediction: Prediction) -> str:
    """The input check's colour, and what else makes the picture less than it seems."""
    remarks = [f"Input check: {prediction.level}"]
    removed = prediction.compute_removed()
    if removed.is_hardly_anything(prediction.slice.unit):
        remarks.append("Removed: hardly anything")
    elif not removed.marks:
        remarks.append("Removed: looks like noise")
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
        pen.text(
            place, text, fill=shade, font=font, anchor=anchor, stroke_width=1, stroke_fill=BLACK
        )
