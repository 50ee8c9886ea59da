"""What a cloud's file holds, whatever its format: which points, their values, and what it says of
itself.
"""

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from jrviewer.core.errors import ExportError
from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Cloud, Structure
from jrviewer.export.provenance import describe, unsealed
from jrviewer.imaging.structures import STRUCTURE_COLOURS, shows_face

Points = Literal[1000, 1024, 4096]
IndexArray = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class CloudTable:
    """The points of a file, a record each: x, y, z, nx, ny, nz, label, sigma_mm (`sigma` in the
    normalised box), a colour, and the label again as `quality`, the only number of a point that
    MeshLab reads; and the lines that it says of itself, the seal's place last.
    """

    records: npt.NDArray[np.void]  # packed, little-endian
    lines: tuple[str, ...]
    cloud: Cloud

    @classmethod
    def of(cls, prediction: Prediction, points: Points, with_skin: bool | None) -> Self:
        """The points to write. 1000 are the farthest-point subset of the 1024. Without skin its
        points are left out, so fewer are written; None leaves it out where it may be a face.

        Raises ExportError where there is no cloud or no point is left.
        """
        if with_skin is None:
            with_skin = not shows_face(prediction)
        cloud = _chosen_cloud(prediction, points)
        chosen = _chosen_points(cloud, points, with_skin=with_skin)
        lines = _lines(prediction, cloud, len(chosen), with_skin=with_skin)
        return cls(_records(cloud, chosen), lines, cloud)

    def __len__(self) -> int:
        return len(self.records)

    @property
    def digits(self) -> int:
        """Decimals of a text file: a ten-thousandth of a millimetre, or as fine in the box."""
        return 4 if self.cloud.unit == "mm" else 6


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


def _records(cloud: Cloud, chosen: IndexArray) -> npt.NDArray[np.void]:
    sigma = "sigma_mm" if cloud.unit == "mm" else "sigma"
    kinds = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
    kinds += [("label", "u1"), (sigma, "<f4")]
    kinds += [(colour, "u1") for colour in ("red", "green", "blue")]
    kinds += [("quality", "<f4")]
    table = np.empty(len(chosen), dtype=kinds)
    for axis, name in enumerate("xyz"):
        table[name] = cloud.points[chosen, axis]
        table[f"n{name}"] = cloud.normals[chosen, axis]
    table["label"] = table["quality"] = cloud.labels[chosen]
    table[sigma] = cloud.sigma[chosen]
    colours = np.array([STRUCTURE_COLOURS[structure] for structure in Structure], dtype=np.uint8)
    for channel, name in enumerate(("red", "green", "blue")):
        table[name] = colours[cloud.labels[chosen], channel]
    return table


def _lines(prediction: Prediction, cloud: Cloud, count: int, *, with_skin: bool) -> tuple[str, ...]:
    return (
        *frame_lines(prediction, cloud.unit),
        f"LABELS=0 skin, 1 {prediction.bone_words}, 2 air",
        f"SKIN={'included' if with_skin else 'left out'}",
        *describe(prediction, count),
        unsealed(),
    )


def frame_lines(prediction: Prediction, unit: str) -> tuple[str, ...]:
    """In which frame, and in which unit, a file of points or triangles is."""
    lines = ["SPACE=LPS", f"UNITS={unit}"]
    lines.append("FRAME=x to the patient's left, y to the back, z to the head; normals too")
    if not prediction.slice.has_position:
        lines.append("PLANE=nominal, the source states no position")
    return tuple(lines)
