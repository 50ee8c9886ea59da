"""The cloud as a PLY file that says how it was made, and not of whom."""

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from jrviewer.core.errors import ExportError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Structure
from jrviewer.export.guarded_write import write_guarded
from jrviewer.export.provenance import describe, sealed, unsealed
from jrviewer.imaging.structures import STRUCTURE_COLOURS, shows_face

Points = Literal[1000, 1024, 4096]
IndexArray = npt.NDArray[np.intp]


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
    fewer are written; None leaves it out where it may be a face. Raises ExportError, and writes
    nothing, when there is no cloud, the name is taken, the place cannot be written to or the text
    names the patient.
    """
    if with_skin is None:
        with_skin = not shows_face(prediction)
    cloud = _chosen_cloud(prediction, points)
    chosen = _chosen_points(cloud, points, with_skin=with_skin)
    header = _ply_header(prediction, cloud, len(chosen), binary=binary, with_skin=with_skin)
    table = _vertices(cloud, chosen)
    text = header if binary else header + _as_text(table, cloud)
    content = text.encode("ascii") + (table.tobytes() if binary else b"")
    write_guarded(sealed(content), text, path, prediction)
    return len(table)


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
