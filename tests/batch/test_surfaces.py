"""`jrviewer surface`: the measured surface of whole series as meshes, without a window."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from jrviewer import cli
from jrviewer.export.provenance import verify
from tests.batch.runs import replace_model
from tests.support.dicom_factory import write_ct, write_series
from tests.support.dicom_objects import PATIENT_ID, PATIENT_NAME

Captured = pytest.CaptureFixture[str]
BODY_HU, BONE_HU = 40, 700


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_model(monkeypatch)


def write_block(
    folder: Path, count: int = 12, uid: str = "1.2.7", body_part: str = "CHEST"
) -> None:
    """Slices 5 mm apart of a body of 120 × 160 mm with a bone of 40 × 40 mm in it."""
    pixels = np.full((64, 80), -1000)
    pixels[12:52, 8:62] = BODY_HU
    pixels[25:38, 30:43] = BONE_HU
    for index in range(count):
        write_ct(
            folder / f"image-{index:02d}.dcm",
            pixels,
            spacing=(3, 3),
            position=(-100, -90, 5.0 * index),
            series_uid=uid,
            instance=index + 1,
            extra={"BodyPartExamined": body_part},
        )


def mesh_of(path: Path) -> trimesh.Trimesh:
    mesh: Any = trimesh.load(path, force="mesh")
    assert isinstance(mesh, trimesh.Trimesh)
    return mesh


def surface(out: Path, *arguments: object) -> int:
    return cli.main(["surface", *map(str, arguments), "--out", str(out), "--run-anyway"])


def test_the_mesh_lies_in_patient_millimetres_and_is_sealed(tmp_path: Path) -> None:
    write_block(tmp_path / "in")

    assert surface(tmp_path / "out", tmp_path / "in", "--only", "stl,obj,ply") == 0

    names = [f"measured-surface.{kind}" for kind in ("obj", "ply", "stl")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    for name in names:
        path = tmp_path / "out" / name
        mesh = mesh_of(path)
        assert np.allclose(mesh.bounds, [[-77, -55, 0], [85, 65, 55]], atol=2.5)
        assert verify(path).status in ("ok", "other_weights")  # the small network's are not ours


def test_an_stl_is_written_where_no_format_is_named(tmp_path: Path) -> None:
    write_block(tmp_path / "in")

    surface(tmp_path / "out", tmp_path / "in")

    assert [path.name for path in (tmp_path / "out").iterdir()] == ["measured-surface.stl"]


def test_the_facts_of_every_series_are_told_as_json(tmp_path: Path, capsys: Captured) -> None:
    write_block(tmp_path / "a")
    write_series(tmp_path / "b", 3, series_uid="1.2.8")

    assert surface(tmp_path / "out", tmp_path / "a", tmp_path / "b", "--json") == 1

    printed = capsys.readouterr()
    first, second = json.loads(printed.out)
    assert first["ok"]
    assert first["argument"] == 1
    assert first["slices"] == 12
    assert first["grid_mm"] == pytest.approx([3, 3, 3], abs=0.2)
    assert first["triangles"] == len(mesh_of(tmp_path / "out" / first["stl"]).faces)
    assert first["skin"]
    assert first["obj"] is None
    assert not second["ok"]
    assert second["message"].startswith("No measured surface: 3 slices are too few")
    assert printed.err == f"argument 2: {second['message']}\n"


def test_a_heads_skin_is_written_only_when_asked_for(tmp_path: Path, capsys: Captured) -> None:
    write_block(tmp_path / "in", body_part="HEAD")

    surface(tmp_path / "out", tmp_path / "in")
    assert "skin left out" in capsys.readouterr().out
    surface(tmp_path / "out", tmp_path / "in", "--with-skin")
    assert "skin included" in capsys.readouterr().out

    without, with_skin = (
        mesh_of(tmp_path / "out" / name)
        for name in ("measured-surface.stl", "measured-surface-0002.stl")
    )
    assert without.extents[0] == pytest.approx(39, abs=4)
    assert with_skin.extents[0] == pytest.approx(162, abs=4)


def test_files_of_a_series_share_a_name_and_none_is_replaced(tmp_path: Path) -> None:
    write_block(tmp_path / "in" / "a")
    write_block(tmp_path / "in" / "b", uid="1.2.9")
    out = tmp_path / "out"
    out.mkdir()
    (out / "measured-surface.obj").write_text("another's")

    assert surface(out, tmp_path / "in", "--only", "stl,obj") == 0

    assert sorted(path.name for path in out.iterdir()) == [
        "measured-surface-0002.obj",
        "measured-surface-0002.stl",
        "measured-surface-0003.obj",
        "measured-surface-0003.stl",
        "measured-surface.obj",
    ]
    assert (out / "measured-surface.obj").read_text() == "another's"


def test_nothing_printed_or_written_names_the_patient(tmp_path: Path, capsys: Captured) -> None:
    write_block(tmp_path / "in")

    surface(tmp_path / "out", tmp_path / "in", "--only", "obj,ply")

    printed = capsys.readouterr()
    written = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    for word in (PATIENT_NAME, PATIENT_ID):
        assert word not in printed.out + printed.err
        assert word.encode() not in written


def test_a_file_that_is_no_image_falls_short_and_the_rest_is_measured(tmp_path: Path) -> None:
    write_block(tmp_path / "in")
    (tmp_path / "in" / "note.txt").write_text("no image")

    assert surface(tmp_path / "out", tmp_path / "in") == 1

    assert (tmp_path / "out" / "measured-surface.stl").is_file()
