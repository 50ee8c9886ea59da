"""The cloud's files read back: PLY by trimesh, VTK's by an XML parser, as the installed VTK has no
reader for its own XML files.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import trimesh

from jrviewer.core.errors import ExportError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Structure
from jrviewer.export.csv import write_csv
from jrviewer.export.ply import write_ply
from jrviewer.export.provenance import verify
from jrviewer.export.vtp import write_vtp
from tests.support.record_factory import (
    make_normalized_cloud,
    make_plane,
    make_prediction,
    slice_named,
)


def in_contrast(prediction: Prediction) -> Prediction:
    return replace(prediction, contrast="stated")


def arrays_of(path: Path) -> dict[str, np.ndarray[Any, Any]]:
    """The arrays of a VTK file by name, found by their stated kinds and offsets."""
    header, _, body = path.read_bytes().partition(b'<AppendedData encoding="raw">\n_')
    root = ElementTree.fromstring(header + b"</VTKFile>")
    found = {}
    for array in root.iter("DataArray"):
        start = int(array.attrib["offset"])
        length = int.from_bytes(body[start : start + 4], "little")
        kind = np.dtype(array.attrib["type"].lower()).newbyteorder("<")
        values = np.frombuffer(body[start + 4 : start + 4 + length], kind)
        width = int(array.attrib.get("NumberOfComponents", 1))
        found[array.attrib["Name"]] = values.reshape(-1, width) if width > 1 else values
    return found


def table_of(path: Path) -> tuple[list[str], list[str], list[list[str]]]:
    """The remarks, the heads and the rows of a table."""
    lines = path.read_text("ascii").splitlines()
    rest = [line.split(",") for line in lines if not line.startswith("#")]
    return [line for line in lines if line.startswith("#")], rest[0], rest[1:]


@pytest.mark.parametrize("binary", [True, False])
def test_trimesh_reads_normals_and_labels_of_a_ply(tmp_path: Path, binary: bool) -> None:
    prediction = make_prediction()
    assert prediction.cloud is not None

    write_ply(prediction, tmp_path / "a.ply", binary=binary, with_skin=True)

    read: Any = trimesh.load(tmp_path / "a.ply", process=False)
    data = read.metadata["_ply_raw"]["vertex"]["data"]
    normals = np.stack([np.asarray(data[name]).ravel() for name in ("nx", "ny", "nz")], axis=1)
    assert np.abs(normals - prediction.cloud.normals).max() < 1e-4
    assert np.allclose(np.linalg.norm(normals, axis=1), 1, atol=2e-4)
    assert np.array_equal(np.asarray(data["label"]).ravel(), prediction.cloud.labels)


def test_a_ply_says_which_way_its_axes_point(tmp_path: Path) -> None:
    write_ply(make_prediction(), tmp_path / "a.ply")

    assert (
        b"comment FRAME=x to the patient's left, y to the back, z to the head; normals too\n"
        in (tmp_path / "a.ply").read_bytes()
    )


def test_a_vtp_holds_places_normals_labels_and_sigma(tmp_path: Path) -> None:
    prediction = make_prediction()
    cloud = prediction.cloud
    assert cloud is not None

    assert write_vtp(prediction, tmp_path / "a.vtp", with_skin=True) == 1024

    arrays = arrays_of(tmp_path / "a.vtp")
    assert np.array_equal(arrays["points"], cloud.points)
    assert np.array_equal(arrays["normals"], cloud.normals)
    assert np.array_equal(arrays["label"], cloud.labels)
    assert np.array_equal(arrays["sigma_mm"], cloud.sigma)
    assert arrays["colour"].shape == (1024, 3)
    assert np.array_equal(arrays["connectivity"], np.arange(1024))
    assert np.array_equal(arrays["offsets"], np.arange(1, 1025))


def test_a_table_has_a_row_a_point_with_its_structure_in_words(tmp_path: Path) -> None:
    prediction = make_prediction()
    cloud = prediction.cloud
    assert cloud is not None

    write_csv(prediction, tmp_path / "a.csv", with_skin=True)

    remarks, heads, rows = table_of(tmp_path / "a.csv")
    assert heads == ["x_mm", "y_mm", "z_mm", "nx", "ny", "nz", "structure", "label", "sigma_mm"]
    assert "# SPACE=LPS" in remarks
    assert len(rows) == 1024
    places = np.array([[float(one) for one in row[:3]] for row in rows])
    assert np.abs(places - cloud.points).max() < 1e-4
    assert [row[6] for row in rows[:3]] == ["skin", "bone", "air"]
    assert [int(row[7]) for row in rows] == cloud.labels.tolist()


def test_without_a_spacing_no_file_names_millimetres(tmp_path: Path) -> None:
    prediction = make_prediction(cloud=make_normalized_cloud(make_plane()))

    write_csv(prediction, tmp_path / "a.csv", with_skin=True)
    write_vtp(prediction, tmp_path / "a.vtp", with_skin=True)

    assert table_of(tmp_path / "a.csv")[1][:3] == ["x", "y", "z"]
    assert "sigma" in arrays_of(tmp_path / "a.vtp")
    assert b"_mm" not in (tmp_path / "a.vtp").read_bytes().split(b"<AppendedData")[0]


@pytest.mark.parametrize(("write", "name"), [(write_vtp, "a.vtp"), (write_csv, "a.csv")])
def test_skin_is_left_out_on_request_and_the_file_verifies(
    tmp_path: Path, write: Callable[..., int], name: str
) -> None:
    assert write(make_prediction(), tmp_path / name, with_skin=False) == 682

    verdict = verify(tmp_path / name)

    assert verdict.status == "other_weights"  # this prediction's are made up
    assert verdict.stated["points"] == "682"
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content.replace(b"points=682", b"points=683"))
    assert verify(tmp_path / name).status == "changed"


@pytest.mark.parametrize(("write", "name"), [(write_vtp, "a.vtp"), (write_csv, "a.csv")])
def test_a_name_in_what_is_said_stops_the_file(
    tmp_path: Path, write: Callable[..., int], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "jrviewer.export.cloud_table.describe", lambda *_: ("app=JRViewer for Zaphod",)
    )
    prediction = make_prediction(slice_named("slice.dcm", "Zaphod^Beeblebrox"))

    with pytest.raises(ExportError, match="identifies the patient"):
        write(prediction, tmp_path / name)

    assert not (tmp_path / name).exists()


def test_where_contrast_medium_may_be_every_file_calls_bone_bone_or_contrast_medium(
    tmp_path: Path,
) -> None:
    prediction = in_contrast(make_prediction())

    write_ply(prediction, tmp_path / "a.ply")
    write_vtp(prediction, tmp_path / "a.vtp")
    write_csv(prediction, tmp_path / "a.csv")

    for name in ("a.ply", "a.vtp", "a.csv"):
        said = (tmp_path / name).read_bytes()
        assert b"LABELS=0 skin, 1 bone or contrast medium, 2 air" in said
    rows = table_of(tmp_path / "a.csv")[2]
    assert {row[6] for row in rows if int(row[7]) == Structure.BONE} == {"bone or contrast medium"}
