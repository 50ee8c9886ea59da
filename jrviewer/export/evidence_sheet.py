"""One page of evidence for one slice: original, AI, what was removed, the cloud, its distances, and
where all of it comes from. As PDF and PNG; names no patient.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Literal

import numpy as np

from jrviewer import NOTICE, __version__
from jrviewer.core.geometry import FloatArray
from jrviewer.core.noise_words import in_ascii
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import UInt8Array, VoiLut, Window
from jrviewer.export.guarded_write import write_guarded
from jrviewer.export.pdf import pdf_of
from jrviewer.export.provenance import describe, sealed, unsealed
from jrviewer.imaging.windowing import to_grey

if TYPE_CHECKING:
    from PIL.Image import Image

SIZE = (1654, 2339)  # A4 at 200 dots an inch
MARGIN, GAP = 80, 24
FARTHEST_MM, BINS = 20.0, 20
REMOVED_REACH = 100.0  # HU: what the picture of the removed shows from black to white
WHITE, INK, GREY, RULE = (255, 255, 255), (20, 24, 30), (95, 102, 112), (205, 210, 216)
Line = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a sheet shows beside the prediction itself."""

    cloud_picture: UInt8Array | None = None  # (rows, columns, RGB)
    distances_mm: FloatArray | None = None  # of the cloud's points to the measured surface


FindEvidence = Callable[[Prediction], Evidence]


def write_sheet(
    prediction: Prediction,
    path: Path,
    kind: Literal["pdf", "png"],
    window: Window | VoiLut,
    evidence: Evidence,
    *,
    place: str = "",
) -> None:
    """Write the sheet; `place` says which slice it is of, such as "slice 40 of 66".

    Raises ExportError, and writes nothing, when the name is taken, the place cannot be written to
    or a text in it names the patient.
    """
    cloud = prediction.dense_cloud or prediction.cloud
    points = None if cloud is None else len(cloud)
    lines = (*describe(prediction, points), "sheet=evidence")
    picture, words = draw_sheet(prediction, window, evidence, place)
    text = "\n".join([*words, *lines])
    if kind == "pdf":
        title = f"JRViewer evidence sheet. {NOTICE}"
        content = pdf_of(np.asarray(picture), title, (*lines, unsealed()))
    else:
        content = _png(picture, lines)
    write_guarded(sealed(content), text, path, prediction)


def draw_sheet(
    prediction: Prediction, window: Window | VoiLut, evidence: Evidence, place: str = ""
) -> tuple["Image", list[str]]:
    """The page, and every word on it."""
    from PIL import Image

    page = Image.new("RGB", SIZE, WHITE)
    pen = _Pen(page)
    pen.write("Evidence sheet" + (f": {place}" if place else ""), 44)
    pen.write(NOTICE, 30)
    pen.rule()
    width = (SIZE[0] - 2 * MARGIN - 2 * GAP) // 3
    pictures = (
        ("ORIGINAL", to_grey(prediction.slice, prediction.slice.pixels, window)),
        (f"AI DENOISED, strength {prediction.strength.words}",
         to_grey(prediction.slice, prediction.denoised, window)),
        (f"REMOVED (original minus AI), from -{REMOVED_REACH:g} to +{REMOVED_REACH:g}"
         + (" HU" if prediction.slice.unit == "HU" else ""), _removed(prediction)),
    )  # fmt: skip
    pen.row([(title, _sized(grey, prediction, width)) for title, grey in pictures])
    pen.row(_below(prediction, evidence))
    for name, words in _facts(prediction, evidence):
        pen.fact(name, words)
    return page, pen.words


def _removed(prediction: Prediction) -> UInt8Array:
    change = np.nan_to_num(prediction.slice.pixels - prediction.denoised)
    return np.asarray((127.5 + 127.5 * change / REMOVED_REACH).clip(0, 255).astype(np.uint8))


def _sized(grey: UInt8Array, prediction: Prediction, width: int) -> "Image":
    from PIL import Image

    high, wide = prediction.slice.plane.spacing_mm
    height = round(width * grey.shape[0] * high / (grey.shape[1] * wide))
    height = min(max(height, width // 3), round(1.25 * width))
    return Image.fromarray(grey).resize((width, height), Image.Resampling.LANCZOS).convert("RGB")


def _below(prediction: Prediction, evidence: Evidence) -> "list[tuple[str, Image]]":
    """The cloud and its distances, where they are known."""
    from PIL import Image

    full = SIZE[0] - 2 * MARGIN
    width = round(0.6 * full) - GAP
    found = []
    if evidence.cloud_picture is not None:
        rows, columns = evidence.cloud_picture.shape[:2]
        size = (width, round(width * rows / columns))
        cloud = Image.fromarray(evidence.cloud_picture).resize(size, Image.Resampling.LANCZOS)
        between = "INTERPOLATED + " if prediction.interpolated_from else ""
        found.append((f"{between}INFERRED 3D - NOT MEASURED", cloud))
    if (known := _known(evidence)) is not None:
        title = f"Distance to the measured surface, 0 to {FARTHEST_MM:g} mm and more"
        found.append((title, _bars(known, full - width - GAP)))
    return found


def _known(evidence: Evidence) -> FloatArray | None:
    if evidence.distances_mm is None:
        return None
    known = evidence.distances_mm[np.isfinite(evidence.distances_mm)]
    return known if len(known) else None


def _bars(known: FloatArray, width: int) -> "Image":
    from PIL import Image, ImageDraw

    height = round(0.6 * width)
    picture = Image.new("RGB", (width, height), WHITE)
    pen = ImageDraw.Draw(picture)
    step = (known / FARTHEST_MM * BINS).astype(int).clip(0, BINS - 1)
    shares = np.bincount(step, minlength=BINS) / len(known)
    for number, share in enumerate(shares):
        left, right = (width * one / BINS for one in (number, number + 1))
        top = height - 2 - (height - 10) * share / shares.max()
        pen.rectangle((left + 1, top, right - 2, height - 2), fill=(59, 110, 142))
    pen.line((0, height - 1, width, height - 1), fill=INK)
    return picture


def _facts(prediction: Prediction, evidence: Evidence) -> list[Line]:
    reasons = " ".join(finding.sentence for finding in prediction.findings)
    checked = f"{prediction.level}{' - RUN ANYWAY' if prediction.overridden else ''}. {reasons}"
    facts = [
        ("Noise", in_ascii(f"strength {prediction.strength.words}: {prediction.noise_sentence}")),
        ("Removed", _removed_words(prediction)),
        ("Input check", in_ascii(checked)),
        ("Cloud", _cloud_words(prediction)),
    ]
    if (known := _known(evidence)) is not None:
        half, most = np.percentile(known, (50, 95))
        facts.append((
            "Distances",
            f"Half of the points lie within {half:.1f} mm, 95 of 100 within {most:.1f} mm of the "
            f"surface measured from the series ({len(known)} points counted).",
        ))  # fmt: skip
    source = dict(line.split("=", 1) for line in describe(prediction))
    facts += [
        ("Model", f"{prediction.model} on {prediction.device}"),
        ("Weights, sha256", prediction.weights_sha256),
        ("Source pixels, sha256", source["source_pixels_sha256"]),
        ("Source file, sha256", source["source_file_sha256"]),
        ("Made by", f"JRViewer {__version__}. Check this file with: jrviewer verify FILE SOURCE"),
    ]
    return facts


def _removed_words(prediction: Prediction) -> str:
    removed = prediction.compute_removed()
    if removed.is_hardly_anything(prediction.slice.unit):
        return "hardly anything"
    if marks := len(removed.marks):
        return f"{marks} places where structure, not only noise, may have been removed"
    return "looks like noise"


def _cloud_words(prediction: Prediction) -> str:
    cloud = prediction.dense_cloud or prediction.cloud
    if cloud is None:
        return prediction.no_cloud_reason
    unit = "mm" if cloud.unit == "mm" else "of the box"
    words = (
        f"{len(cloud)} points on skin, {prediction.bone_words} and air, "
        f"{prediction.cloud_sentence}; "
        f"median uncertainty (1 sigma) {float(np.median(cloud.sigma)):.3g} {unit}."
    )
    if prediction.contrast == "stated":
        words += " The file states a contrast agent."
    elif prediction.contrast == "seen":
        words += " Vessels as bright as bone are seen."
    return words


def _png(picture: "Image", lines: tuple[str, ...]) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("Software", f"JRViewer {__version__}")
    text.add_text("Description", NOTICE)
    text.add_text("Provenance", "".join(f"{line}\n" for line in lines))
    file = BytesIO()
    picture.save(file, "PNG", pnginfo=text, dpi=(200, 200))
    return file.getvalue()


class _Pen:
    """Writes and pastes from the top of the page down."""

    def __init__(self, page: "Image") -> None:
        from PIL import ImageDraw

        self._page = page
        self._draw: ImageDraw.ImageDraw = ImageDraw.Draw(page)
        self._top = MARGIN
        self.words: list[str] = []

    def write(self, words: str, size: int, left: int = MARGIN) -> None:
        self._put(words, size, left, INK)
        self._top += round(1.35 * size)

    def rule(self) -> None:
        self._top += 8
        self._draw.line((MARGIN, self._top, SIZE[0] - MARGIN, self._top), fill=RULE, width=2)
        self._top += 20

    def row(self, pictures: "list[tuple[str, Image]]") -> None:
        left = MARGIN
        for title, picture in pictures:
            self._put(title, 19, left, GREY)
            self._page.paste(picture, (left, self._top + 30))
            left += picture.width + GAP
        if pictures:
            self._top += 30 + max(picture.height for _, picture in pictures) + GAP

    def fact(self, name: str, words: str) -> None:
        self._put(name, 22, MARGIN, GREY)
        for line in wrap(words, 96) or [""]:
            self.write(line, 22, MARGIN + 300)

    def _put(self, words: str, size: int, left: int, colour: tuple[int, ...]) -> None:
        from PIL import ImageFont

        self.words.append(words)
        self._draw.text((left, self._top), words, fill=colour, font=ImageFont.load_default(size))
