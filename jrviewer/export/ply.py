"""The cloud as a PLY file that says how it was made, and not of whom."""

from pathlib import Path

from jrviewer.core.prediction import Prediction
from jrviewer.export.cloud_table import CloudTable, Points
from jrviewer.export.guarded_write import write_guarded
from jrviewer.export.provenance import sealed


def write_ply(
    prediction: Prediction,
    path: Path,
    *,
    points: Points = 1024,
    binary: bool = True,
    with_skin: bool | None = None,
) -> int:
    """Write the cloud in patient LPS (mm, or the normalised box without a spacing), with normals
    in the same axes; gives the number of points written.

    See CloudTable.of for the choice of points. Raises ExportError, and writes nothing, when there
    is no cloud, the name is taken, the place cannot be written to or the text names the patient.
    """
    table = CloudTable.of(prediction, points, with_skin)
    header = _header(table, binary=binary)
    text = header if binary else header + _as_text(table)
    content = text.encode("ascii") + (table.records.tobytes() if binary else b"")
    write_guarded(sealed(content), text, path, prediction)
    return len(table)


def _header(table: CloudTable, *, binary: bool) -> str:
    names = table.records.dtype.names or ()
    kinds = ("float" if table.records.dtype[name].kind == "f" else "uchar" for name in names)
    lines = [
        "ply",
        f"format {'binary_little_endian' if binary else 'ascii'} 1.0",
        *(f"comment {line}" for line in table.lines),
        f"element vertex {len(table)}",
        *(f"property {kind} {name}" for kind, name in zip(kinds, names, strict=True)),
        "end_header",
    ]
    return "\n".join(lines) + "\n"


def _as_text(table: CloudTable) -> str:
    """A line a vertex."""
    number = f"{{:.{table.digits}f}}"
    line = " ".join([*[number] * 6, "{}", number, "{}", "{}", "{}", "{:.0f}"])
    return "".join(line.format(*vertex) + "\n" for vertex in table.records.tolist())
