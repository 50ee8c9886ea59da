"""The measured surface of a series as STL, OBJ or PLY in patient millimetres, for printing and
statistics. Nothing in it is inferred: it is what the slices show, on their grid.
"""

from pathlib import Path
from typing import Literal, get_args

import numpy as np

from jrviewer.core.errors import ExportError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Structure, SurfaceMesh
from jrviewer.export.cloud_table import frame_lines
from jrviewer.export.guarded_write import write_guarded
from jrviewer.export.provenance import describe, sealed, sealed_stl, unsealed
from jrviewer.imaging.structures import STRUCTURE_COLOURS, shows_face, surface_shows_head

MeshKind = Literal["stl", "obj", "ply"]
MESH_KINDS: tuple[MeshKind, ...] = get_args(MeshKind)


def write_mesh(
    measured: SurfaceMesh,
    prediction: Prediction,
    path: Path,
    kind: MeshKind,
    *,
    with_skin: bool | None = None,
) -> int:
    """Write the surfaces of skin, bone and air in patient LPS millimetres; gives the number of
    triangles. `prediction` is of one of the series' slices, and says where it comes from.

    None leaves the skin out where it may be a face. An STL holds no text: its header is the seal.
    Raises ExportError, and writes nothing, when nothing is left, the name is taken, the place
    cannot be written to or the text names the patient.
    """
    with_skin = takes_skin(measured, prediction, with_skin)
    chosen = _without_skin(measured) if not with_skin else measured
    lines = _lines(chosen, prediction, with_skin=with_skin)
    if kind == "stl":
        content, text = sealed_stl(_stl(chosen)), ""
    elif kind == "obj":
        text = _obj(chosen, lines, prediction.bone_words)
        content = sealed(text.encode("ascii"))
    else:
        text, body = _ply(chosen, lines)
        content = sealed(text.encode("ascii") + body)
    write_guarded(content, text, path, prediction)
    return len(chosen.faces)


def takes_skin(measured: SurfaceMesh, prediction: Prediction, wanted: bool | None) -> bool:
    """Whether the skin is written: what is wanted, or where nothing is, unless it may be a face. A
    surface may reach up to one from a slice of the neck.
    """
    if wanted is not None:
        return wanted
    return not (shows_face(prediction) or surface_shows_head(measured))


def _without_skin(measured: SurfaceMesh) -> SurfaceMesh:
    kept = measured.labels != Structure.SKIN
    if not kept.any():
        raise ExportError(
            "All of the measured surface is skin, which is left out here. Choose to export the "
            "skin too."
        )
    used, index = np.unique(measured.faces[kept], return_inverse=True)
    return SurfaceMesh(
        measured.corners_mm[used],
        measured.normals[used],
        index.reshape(-1, 3).astype(np.int32),
        measured.labels[kept],
        measured.geometry,
        measured.grid_mm,
    )


def _lines(measured: SurfaceMesh, prediction: Prediction, *, with_skin: bool) -> tuple[str, ...]:
    slices = len(measured.geometry.heights_mm)
    z, y, x = measured.grid_mm
    return (
        *frame_lines(prediction, "mm"),
        f"CONTENT=surface measured from {slices} slices; nothing in it is inferred",
        f"GRID_MM={x:.3f} {y:.3f} {z:.3f} along rows, columns and slices; open where nothing was "
        "measured",
        f"LABELS=0 skin, 1 {prediction.bone_words}, 2 air",
        f"SKIN={'included' if with_skin else 'left out'}",
        *describe(prediction),
        unsealed(),
    )


def _stl(measured: SurfaceMesh) -> bytes:
    """A binary STL with an empty header."""
    corners = measured.corners_mm[measured.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    kinds = [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")]
    table = np.zeros(len(corners), dtype=kinds)
    table["normal"], table["corners"] = normals, corners
    return bytes(80) + len(table).to_bytes(4, "little") + table.tobytes()


def _obj(measured: SurfaceMesh, lines: tuple[str, ...], bone: str) -> str:
    """Corners and normals once; a group for each structure."""
    parts = [f"# {line}" for line in lines]
    parts += ["v {:.4f} {:.4f} {:.4f}".format(*one) for one in measured.corners_mm.tolist()]
    parts += ["vn {:.4f} {:.4f} {:.4f}".format(*one) for one in measured.normals.tolist()]
    names = {Structure.SKIN: "skin", Structure.BONE: bone, Structure.AIR: "air"}
    for structure, name in names.items():
        faces = measured.faces[measured.labels == structure] + 1  # OBJ counts from 1
        if len(faces):
            parts.append(f"g {name.replace(' ', '_')}")
        parts += ["f {0}//{0} {1}//{1} {2}//{2}".format(*face) for face in faces.tolist()]
    return "\n".join(parts) + "\n"


def _ply(measured: SurfaceMesh, lines: tuple[str, ...]) -> tuple[str, bytes]:
    """A header and the binary rest. The structures share no corners, so corners have labels."""
    labels = np.zeros(len(measured.corners_mm), np.uint8)
    labels[measured.faces] = measured.labels[:, None]
    names = ("x", "y", "z", "nx", "ny", "nz")
    kinds = [*((name, "<f4") for name in names), ("label", "u1")]
    kinds += [(name, "u1") for name in ("red", "green", "blue")]
    table = np.zeros(len(labels), dtype=kinds)
    for axis in range(3):
        table[names[axis]] = measured.corners_mm[:, axis]
        table[names[axis + 3]] = measured.normals[:, axis]
    table["label"] = labels
    colours = np.array([STRUCTURE_COLOURS[one] for one in Structure], np.uint8)[labels]
    for channel, name in enumerate(("red", "green", "blue")):
        table[name] = colours[:, channel]
    faces = np.zeros(len(measured.faces), dtype=[("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, measured.faces
    header = [
        "ply",
        "format binary_little_endian 1.0",
        *(f"comment {line}" for line in lines),
        f"element vertex {len(table)}",
        *(f"property {'float' if kind == '<f4' else 'uchar'} {name}" for name, kind in kinds),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    return "\n".join(header) + "\n", table.tobytes() + faces.tobytes()
