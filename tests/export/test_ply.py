import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from jrviewer import NOTICE
from jrviewer.core.errors import ExportError
from jrviewer.core.identifier_search import names_patient
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Structure, Window
from jrviewer.export.cloud_table import Points, farthest_points
from jrviewer.export.ply import write_ply
from jrviewer.export.png import write_png
from tests.support.record_factory import (
    make_normalized_cloud,
    make_plane,
    make_prediction,
    make_slice,
    slice_named,
)

WINDOW = Window(40, 400)


def read_ply(path: Path) -> dict[str, Any]:
    """The vertices' properties by name, as trimesh reads them."""
    cloud: Any = trimesh.load(path, process=False)
    data: dict[str, Any] = cloud.metadata["_ply_raw"]["vertex"]["data"]
    assert np.array_equal(cloud.vertices[:, 1], np.asarray(data["y"]).ravel())
    return data


def column(data: dict[str, Any], name: str) -> np.ndarray[Any, Any]:
    return np.asarray(data[name]).ravel()


def comments(path: Path) -> list[str]:
    header = path.read_bytes().split(b"end_header")[0].decode("ascii")
    return [line.removeprefix("comment ") for line in header.splitlines() if "comment " in line]


def prediction_with(*identifiers: str) -> Prediction:
    return make_prediction(slice_named("slice.dcm", *identifiers))


@pytest.mark.parametrize("binary", [True, False])
def test_an_independent_reader_finds_coordinates_labels_and_sigma_in_a_ply(
    tmp_path: Path, binary: bool
) -> None:
    prediction = make_prediction()
    assert prediction.cloud is not None

    written = write_ply(prediction, tmp_path / "a.ply", binary=binary, with_skin=True)

    data = read_ply(tmp_path / "a.ply")
    assert written == 1024
    found = np.stack([column(data, axis) for axis in "xyz"], axis=1)
    fineness = 0 if binary else 1e-4
    assert np.abs(found - prediction.cloud.points).max() <= fineness
    assert np.abs(column(data, "sigma_mm") - prediction.cloud.sigma).max() <= fineness
    assert np.array_equal(column(data, "label"), prediction.cloud.labels)


def test_points_are_coloured_by_structure(tmp_path: Path) -> None:
    write_ply(make_prediction(), tmp_path / "a.ply")

    data = read_ply(tmp_path / "a.ply")
    bones = column(data, "label") == Structure.BONE
    colours = {
        tuple(int(column(data, c)[i]) for c in ("red", "green", "blue"))
        for i in np.flatnonzero(bones)
    }
    assert colours == {(244, 232, 203)}


def test_a_ply_says_space_unit_notice_and_origin_in_comments(tmp_path: Path) -> None:
    write_ply(make_prediction(), tmp_path / "a.ply")

    said = comments(tmp_path / "a.ply")
    assert said[:2] == ["SPACE=LPS", "UNITS=mm"]
    assert f"notice={NOTICE}" in said
    assert f"weights_sha256={'ab' * 32}" in said
    assert "model=JointNet 0.0" in said


def test_without_a_spacing_the_cloud_is_normalized_and_no_millimetres_are_named(
    tmp_path: Path,
) -> None:
    cloud = make_normalized_cloud(make_plane())

    write_ply(make_prediction(cloud=cloud), tmp_path / "a.ply", with_skin=True)

    assert "UNITS=normalized" in comments(tmp_path / "a.ply")
    data = read_ply(tmp_path / "a.ply")
    assert np.array_equal(column(data, "sigma"), cloud.sigma)
    header = (tmp_path / "a.ply").read_bytes().split(b"end_header")[0]
    assert b"mm" not in header.replace(b"comment", b"")


@pytest.mark.parametrize("points", [1000, 1024, 4096])
def test_a_ply_holds_as_many_points_as_asked_for(tmp_path: Path, points: Points) -> None:
    assert write_ply(make_prediction(), tmp_path / "a.ply", points=points) == points

    assert len(column(read_ply(tmp_path / "a.ply"), "x")) == points
    assert f"points={points}" in comments(tmp_path / "a.ply")


def test_the_thousand_points_are_some_of_the_1024(tmp_path: Path) -> None:
    prediction = make_prediction()
    assert prediction.cloud is not None
    write_ply(prediction, tmp_path / "a.ply", points=1000)

    data = read_ply(tmp_path / "a.ply")

    rows = {tuple(point) for point in prediction.cloud.points.tolist()}
    assert {tuple(v) for v in zip(*(column(data, a).tolist() for a in "xyz"), strict=True)} <= rows


def test_farthest_points_leave_out_the_crowded_ones() -> None:
    points = np.array([[0, 0, 0], [0.1, 0, 0], [10, 0, 0], [5, 0, 0], [5.1, 0, 0]], dtype=float)

    assert farthest_points(points, 3).tolist() == [0, 2, 3]


def test_without_skin_no_point_of_it_is_written(tmp_path: Path) -> None:
    written = write_ply(make_prediction(), tmp_path / "a.ply", with_skin=False)

    assert written == 682
    assert Structure.SKIN not in column(read_ply(tmp_path / "a.ply"), "label")
    assert "SKIN=left out" in comments(tmp_path / "a.ply")


def test_a_head_is_exported_without_its_face_unless_asked_for(tmp_path: Path) -> None:
    slice_ = make_slice()
    head = replace(slice_, acquisition=replace(slice_.acquisition, body_part="HEAD"))

    write_ply(make_prediction(head), tmp_path / "a.ply")
    write_ply(make_prediction(head), tmp_path / "b.ply", with_skin=True)

    assert "SKIN=left out" in comments(tmp_path / "a.ply")
    assert "SKIN=included" in comments(tmp_path / "b.ply")


def test_a_slice_without_a_cloud_gives_its_reason_and_no_file(tmp_path: Path) -> None:
    reason = "No cloud is made of MR."
    prediction = replace(make_prediction(), cloud=None, sample_dense=None, no_cloud_reason=reason)

    with pytest.raises(ExportError, match="No cloud is made of MR"):
        write_ply(prediction, tmp_path / "a.ply")
    assert list(tmp_path.iterdir()) == []


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    resource = pytest.importorskip("resource", reason="Windows limits no file's size")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_where_the_file_does_not_fit_the_old_one_stays(tmp_path: Path) -> None:
    target = tmp_path / "a.ply"
    target.write_text("old")

    with files_up_to(1000), pytest.raises(ExportError, match="larger than this place allows"):
        write_ply(make_prediction(), target)

    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.ply"]


def test_a_full_disk_ends_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(ExportError, match="The disk is full"):
        write_png(make_prediction(), tmp_path / "a.png", WINDOW)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_ends_in_a_sentence_without_its_path(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="folder does not exist") as caught:
        write_ply(make_prediction(), tmp_path / "Doe" / "a.ply")
    assert "Doe" not in str(caught.value)


def test_an_export_never_replaces_a_file(tmp_path: Path) -> None:
    for name in ("a.ply", "a.png"):
        (tmp_path / name).write_text("old")

    with pytest.raises(ExportError, match="is there already"):
        write_ply(make_prediction(), tmp_path / "a.ply")
    with pytest.raises(ExportError, match="is there already"):
        write_png(make_prediction(), tmp_path / "a.png", WINDOW)

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "a.ply": "old",
        "a.png": "old",
    }


@pytest.mark.parametrize("identifier", ["Roe^Jane", "JointNetta", "19700131", "1.2.840.99"])
def test_text_that_names_the_patient_is_never_released(tmp_path: Path, identifier: str) -> None:
    prediction = replace(prediction_with(identifier), weights_sha256=f"x{identifier.upper()}x")

    for write in (lambda p: write_ply(prediction, p), lambda p: write_png(prediction, p, WINDOW)):
        with pytest.raises(ExportError, match="identifies the patient"):
            write(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_part_of_the_name_is_enough_to_stop_an_export(tmp_path: Path) -> None:
    prediction = replace(prediction_with("Miller^Jane"), weights_sha256="by miller")

    with pytest.raises(ExportError, match="identifies the patient"):
        write_ply(prediction, tmp_path / "a.ply")


def test_a_file_name_with_the_patients_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="file name"):
        write_ply(prediction_with("Miller^Jane"), tmp_path / "miller.ply")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "identifier", ["abab", "M", "045Y", "1024", "Research", "0000", "JointNet"]
)
def test_words_that_every_export_holds_and_short_ones_stop_nothing(
    tmp_path: Path, identifier: str
) -> None:
    prediction = prediction_with(identifier)

    write_ply(prediction, tmp_path / "a.ply", binary=False)
    write_png(prediction, tmp_path / "a.png", WINDOW)


def test_short_numbers_and_parts_of_words_name_nobody() -> None:
    assert not names_patient("slice-007.dcm", frozenset({"7", "007", "Li^S"}))


def test_exports_are_readable_by_others(tmp_path: Path) -> None:
    (tmp_path / "reference").write_bytes(b"x")
    write_ply(make_prediction(), tmp_path / "a.ply")

    modes = {(tmp_path / name).stat().st_mode for name in ("reference", "a.ply")}
    assert len(modes) == 1
