"""The cloud as a table (CSV) for spreadsheets and statistics, with its provenance in `#` lines."""

from pathlib import Path

from jrviewer.core.prediction import Prediction
from jrviewer.export.cloud_table import CloudTable, Points
from jrviewer.export.guarded_write import write_guarded
from jrviewer.export.provenance import sealed


def write_csv(
    prediction: Prediction, path: Path, *, points: Points = 1024, with_skin: bool | None = None
) -> int:
    """Write a row a point: place, normal, structure in words and as label, sigma; gives the number
    of points. Points, errors: as `write_ply`.
    """
    table = CloudTable.of(prediction, points, with_skin)
    unit = "_mm" if table.cloud.unit == "mm" else ""
    names = ("skin", prediction.bone_words, "air")
    heads = [*(f"{axis}{unit}" for axis in "xyz"), "nx", "ny", "nz", "structure", "label"]
    lines = [*(f"# {line}" for line in table.lines), ",".join([*heads, f"sigma{unit}"])]
    number = f"{{:.{table.digits}f}}"
    row = ",".join([*[number] * 6, "{}", "{}", number])
    for *place, label, sigma, _, _, _, _ in table.records.tolist():
        lines.append(row.format(*place, names[label], label, sigma))
    text = "\n".join(lines) + "\n"
    write_guarded(sealed(text.encode("ascii")), text, path, prediction)
    return len(table)
