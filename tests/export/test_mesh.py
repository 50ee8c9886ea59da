"""The measured surface as a mesh, read back by trimesh."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from jrviewer.core.errors import ExportError
from jrviewer.core.geometry import VolumeGeometry
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Structure, SurfaceMesh
from jrviewer.export.mesh import MeshKind, write_mesh
from jrviewer.export.own_exports import is_export_file
from jrviewer.export.provenance import verify
from tests.support.record_factory import make_prediction, make_slice, slice_named

KINDS: tuple[MeshKind, ...] = ("stl", "obj", "ply")


def box_around(centre: tuple[float, float, float], size: float) -> trimesh.Trimesh:
    box: trimesh.Trimesh = trimesh.creation.box(extents=(size, 2 * size, 3 * size))
    box.apply_translation(centre)
    return box


@pytest.fixture(scope="module")
def measured() -> SurfaceMesh:
    """A skin box of 60 × 120 × 180 mm with a bone box of half the size in it."""
    skin, bone = box_around((10, -20, 300), 60), box_around((10, -20, 300), 30)
    return SurfaceMesh(
        np.concatenate([skin.vertices, bone.vertices]).astype(np.float32),
        np.concatenate([skin.vertex_normals, bone.vertex_normals]).astype(np.float32),
        np.concatenate([skin.faces, bone.faces + len(skin.vertices)]).astype(np.int32),
        np.repeat([Structure.SKIN, Structure.BONE], 12).astype(np.uint8),
        VolumeGeometry(np.zeros(3), np.eye(3), (500.0, 500.0), np.arange(0.0, 200.0, 5.0)),
        (3.1, 2.9, 2.8),
    )


def read(path: Path) -> trimesh.Trimesh:
    mesh: Any = trimesh.load(path, process=False, force="mesh")
    assert isinstance(mesh, trimesh.Trimesh)
    return mesh


def head() -> Prediction:
    slice_ = make_slice()
    return make_prediction(
        replace(slice_, acquisition=replace(slice_.acquisition, body_part="HEAD"))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_trimesh_reads_the_same_triangles_in_patient_millimetres(
    tmp_path: Path, measured: SurfaceMesh, kind: MeshKind
) -> None:
    path = tmp_path / f"a.{kind}"

    assert write_mesh(measured, make_prediction(), path, kind, with_skin=True) == 24

    mesh = read(path)
    assert len(mesh.faces) == 24
    assert np.allclose(mesh.bounds, [[-20, -80, 210], [40, 40, 390]], atol=1e-3)
    assert mesh.volume == pytest.approx(60 * 120 * 180 * (1 + 1 / 8), rel=1e-4)  # faces outwards


def test_a_ply_keeps_normals_labels_and_colours(tmp_path: Path, measured: SurfaceMesh) -> None:
    write_mesh(measured, make_prediction(), tmp_path / "a.ply", "ply", with_skin=True)

    data = read(tmp_path / "a.ply").metadata["_ply_raw"]["vertex"]["data"]
    assert np.asarray(data["label"]).ravel().tolist() == [0] * 8 + [1] * 8
    normals = np.stack([np.asarray(data[name]).ravel() for name in ("nx", "ny", "nz")], axis=1)
    assert np.allclose(normals, measured.normals)


def test_an_obj_has_a_group_for_each_structure(tmp_path: Path, measured: SurfaceMesh) -> None:
    prediction = replace(make_prediction(), contrast="seen")

    write_mesh(measured, prediction, tmp_path / "a.obj", "obj", with_skin=True)

    groups = [
        line for line in (tmp_path / "a.obj").read_text().splitlines() if line.startswith("g ")
    ]
    assert groups == ["g skin", "g bone_or_contrast_medium"]


@pytest.mark.parametrize("kind", ["obj", "ply"])
def test_the_file_says_frame_grid_and_that_nothing_is_inferred(
    tmp_path: Path, measured: SurfaceMesh, kind: MeshKind
) -> None:
    write_mesh(measured, make_prediction(), tmp_path / f"a.{kind}", kind)

    said = (tmp_path / f"a.{kind}").read_bytes()
    assert b"SPACE=LPS" in said
    assert b"UNITS=mm" in said
    assert b"GRID_MM=2.800 2.900 3.100 along rows, columns and slices" in said
    assert b"surface measured from 40 slices; nothing in it is inferred" in said
    assert b"inferred from this slice" not in said


@pytest.mark.parametrize("kind", KINDS)
def test_the_skin_of_a_head_is_written_only_when_asked_for(
    tmp_path: Path, measured: SurfaceMesh, kind: MeshKind
) -> None:
    assert write_mesh(measured, head(), tmp_path / f"a.{kind}", kind) == 12
    assert write_mesh(measured, head(), tmp_path / f"b.{kind}", kind, with_skin=True) == 24

    assert np.allclose(read(tmp_path / f"a.{kind}").bounds, [[-5, -50, 255], [25, 10, 345]])


def test_a_surface_of_skin_alone_gives_a_reason_and_no_file(
    tmp_path: Path, measured: SurfaceMesh
) -> None:
    skin = replace(measured, faces=measured.faces[:12], labels=measured.labels[:12])

    with pytest.raises(ExportError, match="All of the measured surface is skin"):
        write_mesh(skin, head(), tmp_path / "a.stl", "stl")

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_sealed_and_recognised_as_our_own(
    tmp_path: Path, measured: SurfaceMesh, kind: MeshKind
) -> None:
    path = tmp_path / f"a.{kind}"
    write_mesh(measured, make_prediction(), path, kind)

    assert verify(path).status == ("ok" if kind == "stl" else "other_weights")
    assert is_export_file(path)

    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    assert verify(path).status == "changed"


def test_an_stl_is_as_long_as_readers_expect(tmp_path: Path, measured: SurfaceMesh) -> None:
    write_mesh(measured, make_prediction(), tmp_path / "a.stl", "stl")

    assert (tmp_path / "a.stl").stat().st_size == 80 + 4 + 24 * 50


def test_a_file_name_with_the_patients_name_is_refused(
    tmp_path: Path, measured: SurfaceMesh
) -> None:
    prediction = make_prediction(slice_named("a.dcm", "Zaphod^Beeblebrox"))

    with pytest.raises(ExportError, match="file name"):
        write_mesh(measured, prediction, tmp_path / "zaphod.stl", "stl")
