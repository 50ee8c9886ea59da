"""Results as files: the cloud as PLY, both pictures as PNG. Provenance in each, the patient in
none.

Before a file gets its name, its text and the name itself are searched for whatever identifies the
patient; the old file of that name stays until the new one is complete. Knows neither Qt nor DICOM.
"""

from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from jrviewer import NOTICE, __version__
from jrviewer.core.atomic_write import replace_file
from jrviewer.core.errors import ExportError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.identifier_search import is_leaked, names_patient
from jrviewer.core.records import Cloud, Prediction, Slice, Structure, VoiLut, Window
from jrviewer.export.provenance import KEYS, PNG_SIGNATURE, describe, sealed, unsealed
from jrviewer.imaging.structures import STRUCTURE_COLOURS, shows_face

Points = Literal[1000, 1024, 4096]
IndexArray = npt.NDArray[np.intp]

FIXED_WORDS = f"""{NOTICE} ORIGINAL AI DENOISED RUN ANYWAY LOSSY Input check: green amber red
ply format binary_little_endian ascii comment element vertex property float uchar label sigma_mm
blue end_header SPACE=LPS UNITS=mm normalized PLANE=nominal, the source states no position LABELS
skin bone air SKIN=included left out JRViewer {__version__} {" ".join(KEYS)} yes MONOCHROME1 Values
through the file's own table Removed looks like noise place is marked places are marked
structure not only noise may have been removed Look at the original 1000 1024 4096
content_sha256 blend_percent"""
"""What every patient's export says: an identifier that is one of these words gives nobody away."""


def write_ply(
    prediction: Prediction,
    path: Path,
    *,
    points: Points = 1024,
    binary: bool = True,
    with_skin: bool | None = None,
) -> int:
    """Write the cloud in patient LPS (mm, or the normalised box without a spacing); gives the
    number of points written.

    1000 points are the farthest-point subset of the 1024. Without skin its points are left out, so
    fewer are written; None leaves it out where it may be a face. Raises ExportError, the old file
    untouched, when there is no cloud, the place cannot be written to or the text names the
    patient.
    """
    if with_skin is None:
        with_skin = not shows_face(prediction)
    cloud = _chosen_cloud(prediction, points)
    chosen = _chosen_points(cloud, points, with_skin=with_skin)
    header = _ply_header(prediction, cloud, len(chosen), binary=binary, with_skin=with_skin)
    table = _vertices(cloud, chosen)
    text = header if binary else header + _as_text(table, cloud)
    content = text.encode("ascii") + (table.tobytes() if binary else b"")
    _release(sealed(content), text, path, prediction)
    return len(table)


def write_png(
    prediction: Prediction, path: Path, window: Window | VoiLut, *, blend: int = 100
) -> None:
    """Write original and denoised slice side by side in one window, at native resolution.

    With a `blend` below 100 the second picture holds only that much of the AI slice, in per cent,
    and says so. Raises ExportError as `write_ply` does.
    """
    from jrviewer.export.comparison_image import draw_sheet

    lines = describe(prediction, 0)
    if blend != 100:
        lines = (*lines, f"blend_percent={blend}")
    content, text = draw_sheet(prediction, window, lines, blend)
    _release(sealed(content), text, path, prediction)


def output_stem(slice_: Slice, taken: set[str]) -> str:
    """The name, without ending, for a slice's exports that is not among `taken`: its file's own, or
    `slice-0001` where that names the patient.
    """
    source = slice_.source
    name = Path(source.member or source.path).name
    used = {stem.casefold() for stem in taken}  # most systems ignore case in file names
    stem = Path(name).stem
    if names_patient(name, source.identifiers) or stem.startswith(".") or not stem:
        return next(other for n in range(1, 10**9) if (other := f"slice-{n:04d}") not in used)
    if stem.casefold() not in used:
        return stem
    following = (f"{stem}-{n:04d}" for n in range(2, 10**9))
    return next(other for other in following if other.casefold() not in used)


def _chosen_cloud(prediction: Prediction, points: Points) -> Cloud:
    cloud = prediction.compute_dense_cloud() if points == 4096 else prediction.cloud
    if cloud is None:
        reason = prediction.no_cloud_reason or "The model made no cloud of this many points."
        raise ExportError(f"There is no cloud to export. {reason}")
    return cloud


def _chosen_points(cloud: Cloud, points: Points, *, with_skin: bool) -> IndexArray:
    """Indices of the points to write, rising."""
    chosen = farthest_points(cloud.points, points) if points == 1000 else np.arange(len(cloud))
    if not with_skin:
        chosen = chosen[cloud.labels[chosen] != Structure.SKIN]
    if len(chosen) == 0:
        raise ExportError(
            "Every point lies on the skin, which is left out here. Choose to export the skin too."
        )
    return chosen


def farthest_points(points: FloatArray, count: int) -> IndexArray:
    """Indices, rising, of `count` of the points (N, 3), each next one the farthest from all chosen
    before; begins with the one farthest from the middle.
    """
    if count >= len(points):
        return np.arange(len(points))
    distance = np.linalg.norm(points - points.mean(axis=0), axis=1)
    chosen = np.zeros(count, dtype=np.intp)
    for turn in range(count):
        chosen[turn] = np.argmax(distance)
        to_newest = np.linalg.norm(points - points[chosen[turn]], axis=1)
        distance = np.minimum(distance, to_newest) if turn else to_newest
    return np.sort(chosen)


def _vertices(cloud: Cloud, chosen: IndexArray) -> npt.NDArray[np.void]:
    """The PLY's vertices as packed little-endian records."""
    sigma = "sigma_mm" if cloud.unit == "mm" else "sigma"
    kinds = [*((axis, "<f4") for axis in "xyz"), ("label", "u1"), (sigma, "<f4")]
    kinds += [(colour, "u1") for colour in ("red", "green", "blue")]
    table = np.empty(len(chosen), dtype=kinds)
    for axis, name in enumerate("xyz"):
        table[name] = cloud.points[chosen, axis]
    table["label"] = cloud.labels[chosen]
    table[sigma] = cloud.sigma[chosen]
    colours = np.array([STRUCTURE_COLOURS[structure] for structure in Structure], dtype=np.uint8)
    for channel, name in enumerate(("red", "green", "blue")):
        table[name] = colours[cloud.labels[chosen], channel]
    return table


def _ply_header(
    prediction: Prediction, cloud: Cloud, count: int, *, binary: bool, with_skin: bool
) -> str:
    comments = ["SPACE=LPS", f"UNITS={cloud.unit}"]
    if not prediction.slice.has_position:
        comments.append("PLANE=nominal, the source states no position")
    comments.append("LABELS=0 skin, 1 bone, 2 air")
    comments.append(f"SKIN={'included' if with_skin else 'left out'}")
    comments += [*describe(prediction, count), unsealed()]
    sigma = "sigma_mm" if cloud.unit == "mm" else "sigma"
    properties = ["float x", "float y", "float z", "uchar label", f"float {sigma}"]
    properties += [f"uchar {colour}" for colour in ("red", "green", "blue")]
    lines = [
        "ply",
        f"format {'binary_little_endian' if binary else 'ascii'} 1.0",
        *(f"comment {comment}" for comment in comments),
        f"element vertex {count}",
        *(f"property {kind}" for kind in properties),
        "end_header",
    ]
    return "\n".join(lines) + "\n"


def _as_text(table: npt.NDArray[np.void], cloud: Cloud) -> str:
    """A line a vertex: a ten-thousandth of a millimetre, or as fine in the normalised box."""
    digits = 4 if cloud.unit == "mm" else 6
    number = f"{{:.{digits}f}}"
    line = " ".join([*[number] * 3, "{}", number, "{}", "{}", "{}"])
    return "".join(line.format(*vertex) + "\n" for vertex in table.tolist())


def _release(content: bytes, text: str, path: Path, prediction: Prediction) -> None:
    """Give a finished export its name, once nothing in it names the patient."""
    identifiers = prediction.slice.source.identifiers
    if names_patient(path.name, identifiers):
        raise ExportError(
            "The file name holds something that identifies the patient. "
            "Choose another name; nothing was written."
        )
    said = "\n".join([text, *_texts_in(content)])
    fixed = f"{FIXED_WORDS} {prediction.model} {prediction.device}"
    if is_leaked(said, content, identifiers, fixed):
        raise ExportError(
            "The export would hold something that identifies the patient, so it was not written. "
            "Please report this; the slice itself can still be viewed."
        )
    replace_file(path, content)


def _texts_in(content: bytes) -> list[str]:
    """What a finished file says, whatever its maker meant to say: all texts of a PNG, compressed
    ones too, or the header of a PLY.
    """
    if not content.startswith(PNG_SIGNATURE):
        return [content.partition(b"end_header\n")[0].decode("latin-1")]
    from PIL import Image

    with Image.open(BytesIO(content)) as picture:
        picture.load()  # texts may follow the pixels
        return [f"{key} {text}" for key, text in picture.info.items() if isinstance(text, str)]
