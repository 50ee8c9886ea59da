"""The cloud as VTK's own file (VTP), which keeps labels and sigma where ParaView, 3D Slicer and
pyvista drop them from a PLY; it says how it was made, and not of whom.
"""

import struct
from pathlib import Path

import numpy as np

from jrviewer.core.prediction import Prediction
from jrviewer.export.cloud_table import CloudTable, Points
from jrviewer.export.guarded_write import APPENDED, write_guarded
from jrviewer.export.provenance import sealed

_KINDS = {"f4": "Float32", "u1": "UInt8", "i4": "Int32"}


def write_vtp(
    prediction: Prediction, path: Path, *, points: Points = 1024, with_skin: bool | None = None
) -> int:
    """Write the cloud as XML with appended binary arrays, each point a vertex with its normal,
    label, sigma and colour; gives the number of points. Points, errors: as `write_ply`.
    """
    table = CloudTable.of(prediction, points, with_skin)
    header, body = _file(table)
    content = header.encode("ascii") + body + b"\n</AppendedData>\n</VTKFile>\n"
    write_guarded(sealed(content), header, path, prediction)
    return len(table)


def _file(table: CloudTable) -> tuple[str, bytes]:
    """The XML before the arrays, and the arrays, each behind its length."""
    records, body = table.records, bytearray()

    def array(name: str, values: np.ndarray) -> str:
        offset = len(body)
        body.extend(struct.pack("<I", values.nbytes) + np.ascontiguousarray(values).tobytes())
        width = "" if values.ndim == 1 else f' NumberOfComponents="{values.shape[1]}"'
        kind = _KINDS[values.dtype.str[1:]]
        return (
            f'<DataArray type="{kind}" Name="{name}"{width} format="appended" offset="{offset}"/>'
        )

    # An XML comment may not hold two hyphens in a row (XML 1.0, 2.5).
    said = "\n".join(table.lines).replace("--", "- -")
    count = len(table)
    lines = [
        '<?xml version="1.0"?>',
        f"<!--\n{said}\n-->",
        '<VTKFile type="PolyData" version="1.0" byte_order="LittleEndian" header_type="UInt32">',
        f'<PolyData><Piece NumberOfPoints="{count}" NumberOfVerts="{count}" NumberOfLines="0"'
        ' NumberOfStrips="0" NumberOfPolys="0">',
        '<PointData Scalars="label" Normals="normals">',
        *(array(name, values) for name, values in _point_data(table).items()),
        "</PointData>",
        f"<Points>{array('points', _columns(records, 'x', 'y', 'z'))}</Points>",
        f"<Verts>{array('connectivity', np.arange(count, dtype='<i4'))}",
        f"{array('offsets', np.arange(1, count + 1, dtype='<i4'))}</Verts>",
        "</Piece></PolyData>",
    ]
    return "\n".join(lines) + "\n" + APPENDED.decode() + '"raw">\n_', bytes(body)


def _point_data(table: CloudTable) -> dict[str, np.ndarray]:
    """What each point has beside its place."""
    records = table.records
    sigma = "sigma_mm" if table.cloud.unit == "mm" else "sigma"
    return {
        "normals": _columns(records, "nx", "ny", "nz"),
        "label": records["label"],
        sigma: records[sigma],
        "colour": _columns(records, "red", "green", "blue"),
    }


def _columns(records: np.ndarray, *names: str) -> np.ndarray:
    return np.stack([records[name] for name in names], axis=1)
