"""A small picture of a slice for a page that lists what should be looked at."""

import base64
from collections.abc import Sequence
from io import BytesIO

from jrviewer.core.prediction import Mark
from jrviewer.core.records import Slice
from jrviewer.imaging.windowing import default_window, to_grey

LONGEST = 160  # pixels
RING = 5  # pixels, the least radius


def thumbnail(slice_: Slice, marks: Sequence[Mark] = ()) -> str:
    """A JPEG file, base64, with a ring around every mark; "" where the picture may show text, and
    that a name.
    """
    from PIL import Image, ImageDraw

    if slice_.acquisition.burned_in_text != "no":
        return ""
    picture = Image.fromarray(to_grey(slice_, slice_.pixels, default_window(slice_)))
    rows, columns = slice_.shape
    scale = LONGEST / max(rows, columns)
    small = picture.resize((max(1, round(columns * scale)), max(1, round(rows * scale))))
    coloured = small.convert("RGB")
    pen = ImageDraw.Draw(coloured)
    spacing = slice_.plane.spacing_mm[1] if slice_.spacing_source != "missing" else 1.0
    for mark in marks:
        across, down = (mark.column + 0.5) * scale, (mark.row + 0.5) * scale
        radius = max(RING, mark.size_mm / spacing * scale / 2)
        pen.ellipse((across - radius, down - radius, across + radius, down + radius), outline="red")
    file = BytesIO()
    coloured.save(file, "JPEG", quality=70)
    return base64.b64encode(file.getvalue()).decode("ascii")
