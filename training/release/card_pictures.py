"""The pictures of the model card: part of a real slice before and after, what was removed, and its
cloud. Never of a head.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jrviewer import dicom
from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import UInt8Array, Window
from jrviewer.core.resources import resource
from jrviewer.imaging.body_masks import body_centre, body_mask
from jrviewer.imaging.structures import may_show_face
from jrviewer.imaging.windowing import to_grey
from jrviewer.model.load import load_model
from jrviewer.model.predict import predict
from training.release.recalibrate import CARD, write_card

if TYPE_CHECKING:
    from PIL.Image import Image

DENOISED, CLOUD = "denoised.png", "cloud.png"
PART, GAP, LINE = 250, 5, 22  # pixels; three parts are as wide as the card's page
WINDOW = Window(50, 350)
REMOVED_REACH_HU = 40.0
CLOUD_SIZE = (760, 460)
COLOURS = 64  # of the cloud's file
FACE = "This slice may be of a head: no picture of a face is published. Choose another one."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `python -m training pictures`."""
    parser.add_argument("series", type=Path, help="DICOM files of one CT series")
    parser.add_argument("--index", type=int, help="which slice, from 0 (the middle one)")
    parser.add_argument("--credit", required=True, help="name and licence of the series")
    parser.add_argument(
        "--out", type=Path, default=Path("resources/model"), help="the card's folder"
    )


def run(args: argparse.Namespace) -> int:
    """Draw the pictures and put them on the card. Raises JRViewerError."""
    opened = dicom.read([args.series])
    if not opened.series:
        raise JRViewerError("No series was found there.")
    series = opened.series[0]
    index = len(series) // 2 if args.index is None else args.index
    prediction = predict(load_model("cpu"), series[index])
    card = json.loads(resource(f"model/{CARD}").read_text("utf-8"))
    number = prediction.slice.acquisition.instance_number or index + 1
    card["pictures"] = draw(prediction, args.out, f"image number {number} of {args.credit}")
    write_card(args.out, card)
    sys.stdout.write(f"{args.out / DENOISED}\n{args.out / CLOUD}\n")
    return 0


def draw(prediction: Prediction, out: Path, credit: str) -> list[dict[str, str]]:
    """Write the pictures, and give what the card says of each. Raises JRViewerError for what may be
    a head, and where there is no cloud.
    """
    from PIL import Image

    from jrviewer.rendering.still import draw_still

    if may_show_face(prediction):
        raise JRViewerError(FACE)
    cloud = draw_still(prediction, CLOUD_SIZE)
    if cloud is None:
        raise JRViewerError(prediction.no_cloud_reason)
    out.mkdir(parents=True, exist_ok=True)
    _parts(prediction).save(out / DENOISED, optimize=True)
    Image.fromarray(cloud).quantize(COLOURS).save(out / CLOUD, optimize=True)
    window = f"window {WINDOW.width:g} / {WINDOW.centre:g}"
    denoised = (
        f"Part of {credit}, {window}. {prediction.noise_sentence}. Removed: from "
        f"−{REMOVED_REACH_HU:g} HU (black) to +{REMOVED_REACH_HU:g} HU (white)."
    )
    inferred = (
        "The cloud inferred from that slice alone. Thin discs are certain, mist is not; nothing of "
        "it was measured."
    )
    return [
        {"file": DENOISED, "title": "Original, AI denoised, removed", "words": denoised},
        {"file": CLOUD, "title": "The inferred cloud around its slice", "words": inferred},
    ]


def _parts(prediction: Prediction) -> "Image":
    """Original, AI and what was removed, pixel by pixel, around the body's middle."""
    from PIL import Image, ImageDraw, ImageFont

    shown = prediction.slice
    rows, columns = _around_the_middle(shown.pixels, shown.plane.spacing_mm)
    removed = (shown.pixels - prediction.denoised)[rows, columns]
    panels = {
        "ORIGINAL": to_grey(shown, shown.pixels, WINDOW)[rows, columns],
        f"AI DENOISED, {prediction.strength.words}": to_grey(shown, prediction.denoised, WINDOW)[
            rows, columns
        ],
        "REMOVED (original minus AI)": _grey(removed),
    }
    picture = Image.new("L", (3 * PART + 2 * GAP, PART + LINE))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    for number, (title, panel) in enumerate(panels.items()):
        left = number * (PART + GAP)
        picture.paste(Image.fromarray(panel), (left, LINE))
        pen.text((left + PART / 2, LINE / 2), title, fill=255, anchor="mm", font=font)
    return picture


def _around_the_middle(pixels: FloatArray, spacing_mm: tuple[float, float]) -> tuple[slice, slice]:
    centre = body_centre(body_mask(pixels, "HU", spacing_mm))
    if centre is None or min(pixels.shape) < PART:
        raise JRViewerError("The slice shows no body, or is too small. Choose another one.")
    starts = (
        min(max(0, round(middle) - PART // 2), size - PART)
        for middle, size in zip(centre, pixels.shape, strict=True)
    )
    rows, columns = (slice(start, start + PART) for start in starts)
    return rows, columns


def _grey(removed: FloatArray) -> UInt8Array:
    grey = 127.5 + 127.5 * np.nan_to_num(removed) / REMOVED_REACH_HU
    return np.asarray(grey.clip(0, 255).astype(np.uint8))
