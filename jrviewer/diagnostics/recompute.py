"""Whether this computer makes the same cloud of a source as an export holds.

Points are compared with the nearest recomputed one of the same structure, as a few of them may
come in another place and order. In single precision at least SHARE of them agree; what was made in
another precision, or on a graphics processor, may lie about as far off as the points' uncertainty.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial import cKDTree

from jrviewer import dicom
from jrviewer.core.errors import JRViewerError
from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.core.progress import Report, silent
from jrviewer.core.records import Cloud, Series, Slice
from jrviewer.model.load import load_model
from jrviewer.model.predict import predict
from jrviewer.model.spliced_cloud import in_series

SAME_MM = 0.1
SHARE = 0.99
EXACT = "fp32"  # how the name of a device ends that promises the same
ELSEWHERE_MM = 2.0  # half of the points of another precision are nearer than this
APART = 1e6  # between structures, mm: the nearest is sought among points of the same one
KINDS = {"float": "<f4", "uchar": "u1"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """How an export's points lie to those recomputed here."""

    points: int
    same: int  # within SAME_MM
    median_mm: float
    most_mm: float
    device: str  # that the export was made on

    @property
    def ok(self) -> bool:
        """Whether that is as it should be."""
        if self.device.endswith(EXACT) and not self.device.startswith("NVIDIA"):
            return self.same >= SHARE * self.points
        return self.median_mm <= ELSEWHERE_MM

    @property
    def sentence(self) -> str:
        """What was found, and what it means."""
        found = (
            f"Recomputed here in single precision: {self.same} of {self.points} points "
            f"({100 * self.same / self.points:.1f} %) lie within {SAME_MM} mm, half within "
            f"{self.median_mm:.2g} mm, the farthest {self.most_mm:.1f} mm away."
        )
        if not self.ok:
            return f"{found} That is not the same cloud: do not rely on it."
        if self.same >= SHARE * self.points:
            return f"{found} It is the same cloud."
        return f"{found} That is usual for a cloud made on “{self.device}”."


def recompute(
    export: Path, stated: dict[str, str], source: Path, report: Report = silent
) -> Comparison:
    """Compare a PLY, which states so of itself, with the cloud made here of its source: the DICOM
    file, ZIP archive or folder that it comes from.

    Raises JRViewerError where the export is no PLY, or its slice or its cloud is not there.
    """
    places = _places(export)
    report(0.1, "Reading the source")
    series, image = _slice_of(stated, source)
    made = predict(load_model("cpu"), image, report, run_anyway=stated.get("overridden") == "yes")
    if stated.get("cloud", "").startswith("interpolated"):
        made = in_series(made, series)
        if made.cloud_sentence != stated["cloud"]:
            raise JRViewerError(
                "It cannot be recomputed: its points lie between slices of its series, which the "
                "source does not hold. Name the folder of the whole series."
            )
    dense = made.compute_dense_cloud()
    clouds = [cloud for cloud in (made.cloud, dense) if cloud is not None]
    if not clouds:
        raise JRViewerError(f"There is nothing to compare with. {made.no_cloud_reason}")
    found = [_compared(places, cloud, stated.get("device", "")) for cloud in clouds]
    return max(found, key=lambda one: one.same)


def _compared(places: FloatArray, cloud: Cloud, device: str) -> Comparison:
    scale = 1.0 if cloud.unit == "mm" else BOX_HALF_WIDTH_MM
    own = _among_structures(np.column_stack([cloud.points, cloud.labels]), scale)
    away = np.asarray(cKDTree(own).query(_among_structures(places, scale))[0])
    return Comparison(
        len(away), int((away <= SAME_MM).sum()), float(np.median(away)), float(away.max()), device
    )


def _among_structures(places: FloatArray, scale: float) -> FloatArray:
    """Places and structure (N, 4), in mm and far apart where structures differ."""
    return places.astype(np.float64) * [scale, scale, scale, APART]


def _slice_of(stated: dict[str, str], source: Path) -> tuple[Series, Slice]:
    """The slice that an export names, in its series."""
    wanted = stated.get("source_pixels_sha256")
    for series in dicom.read([source]).series:
        for one in series:
            if one.source.pixels_sha256 == wanted:
                return series, one
    raise JRViewerError("It cannot be recomputed: no image of the source has the pixels it names.")


def _places(export: Path) -> FloatArray:
    """x, y, z and structure of every point of a PLY of ours, (N, 4)."""
    content = export.read_bytes()
    header, _, body = content.partition(b"end_header\n")
    told = header.decode("ascii", "replace")
    count = re.search(r"^element vertex (\d+)$", told, re.MULTILINE)
    properties = re.findall(r"^property (\w+) (\w+)$", told, re.MULTILINE)
    names = [name for _, name in properties]
    is_cloud = content.startswith(b"ply") and {*"xyz", "label"} <= {*names}
    if not is_cloud or not count or "element face " in told:  # a measured surface has labels, too
        raise JRViewerError("Only a cloud (PLY) can be recomputed. Name one of those.")
    if "format ascii" in told:
        table = np.array([line.split() for line in body.decode("ascii").splitlines()], dtype=float)
        columns = dict(zip(names, table.T, strict=True))
    else:
        kind = np.dtype([(name, KINDS[kind]) for kind, name in properties])
        records = np.frombuffer(body, kind, count=int(count.group(1)))
        columns = {name: records[name] for name in names}
    return np.column_stack([columns[name] for name in ("x", "y", "z", "label")])
