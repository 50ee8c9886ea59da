"""The command line from DICOM to verified exports, nothing replaced but the trained weights."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from scipy.ndimage import gaussian_filter

from jrviewer import cli, dicom
from jrviewer.core.records import Slice
from jrviewer.core.strength import parse_strength
from jrviewer.export import provenance
from jrviewer.export.provenance import verify
from jrviewer.model.joint_model import JointModel
from tests.support.dicom_factory import write_ct, write_series
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import body_image
from tests.support.small_network import small_net

pytestmark = pytest.mark.slow  # as a whole

WEIGHTS_SHA256 = "5c" * 32
NO_CLOUD = {"RescaleType": "US"}  # not HU: no cloud is made, which takes the longest


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real network with random weights takes the place of the trained one."""
    small = JointModel("JointNet test", WEIGHTS_SHA256, "CPU fp32", small_net(), 1.0)
    monkeypatch.setattr("jrviewer.model.load.load_model", lambda device="auto": small)
    monkeypatch.setattr(provenance, "installed_weights_sha256", lambda: WEIGHTS_SHA256)


def predict(out: Path, *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    code = cli.main(["predict", *map(str, arguments), "--out", str(out), "--run-anyway"])
    return code, json.loads((out / "report.json").read_text())["results"]


def slices_in(path: Path) -> Sequence[Slice]:
    (series,) = dicom.read([path]).series
    return series.slices


def chest(tmp_path: Path) -> Path:
    return write_ct(tmp_path / "I10.dcm", body_image(96, 96), rows=96, columns=96, spacing=(4, 4))


def small_ct() -> Path:
    return Path(str(get_testdata_file("CT_small.dcm")))


@pytest.mark.parametrize("deidentify", [(), ("--deidentify",)])
def test_a_well_known_slice_becomes_a_verified_object(
    tmp_path: Path, deidentify: tuple[str, ...]
) -> None:
    source = small_ct()

    code, (result,) = predict(tmp_path, source, "--only", "dcm", *deidentify)

    export = tmp_path / result["dcm"]
    assert code == 0
    assert verify(export, source).sentences[0].startswith("OK")
    assert dicom.inspect([export])[0].status == "open"


@pytest.mark.slow
@pytest.mark.shared
def test_a_patients_slice_becomes_a_verified_object(shared: Path, tmp_path: Path) -> None:
    folders = sorted((shared / "data" / "dicom").glob("LIDC*"))
    assert folders
    source = sorted(folders[0].rglob("*.dcm"))[40]

    code, (result,) = predict(tmp_path, source, "--only", "dcm")

    export = tmp_path / result["dcm"]
    before, after = slices_in(source)[0], slices_in(export)[0]
    assert code == 0
    assert verify(export, source).ok
    assert after.plane.origin_mm.tolist() == before.plane.origin_mm.tolist()
    assert dcmread(export).PatientID == dcmread(source).PatientID


def test_all_kinds_of_one_run_verify_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = chest(tmp_path)
    _, (result,) = predict(tmp_path / "out", source)

    for kind in ("ply", "png", "dcm"):
        assert cli.main(["verify", str(tmp_path / "out" / result[kind]), str(source)]) == 0
    assert capsys.readouterr().out.count("OK: an export of JRViewer") == 3


def test_any_flipped_byte_of_a_derived_object_is_caught(tmp_path: Path) -> None:
    _, (result,) = predict(tmp_path / "out", chest(tmp_path), "--only", "dcm")
    export = tmp_path / "out" / result["dcm"]
    content = export.read_bytes()
    places = {*range(0, 128, 9), *range(128, len(content) - 18432, 3), *range(0, len(content), 997)}

    for at in sorted({*places, len(content) - 1}):
        changed = bytearray(content)
        changed[at] ^= (0x01, 0x20, 0x80)[at % 3]
        export.write_bytes(changed)
        assert verify(export).status in {"changed", "not_ours"}, at


def test_a_derived_object_names_other_weights_and_another_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = write_ct(tmp_path / "other.dcm", np.zeros((96, 96)))
    _, (result,) = predict(tmp_path / "out", chest(tmp_path), "--only", "dcm")
    export = tmp_path / "out" / result["dcm"]

    assert verify(export, other).status == "other_source"
    monkeypatch.setattr(provenance, "installed_weights_sha256", lambda: "00" * 32)
    assert verify(export).status == "other_weights"


def test_a_folder_becomes_one_new_series_that_lies_on_its_source(tmp_path: Path) -> None:
    write_series(tmp_path / "in", 3, start=(-90.5, 12, 30), reverse_numbers=True, extra=NO_CLOUD)

    code, results = predict(tmp_path / "out", tmp_path / "in", "--only", "dcm")
    source, derived = dicom.read([tmp_path / "in", tmp_path / "out"]).series

    objects = [dcmread(tmp_path / "out" / result["dcm"]) for result in results]
    pixel = np.array([[5.0, 7.0]])
    assert code == 0
    assert len({one.SeriesInstanceUID for one in objects}) == 1
    assert len({one.SOPInstanceUID for one in objects}) == 3
    assert not derived.warnings
    for before, after in zip(source, derived, strict=True):
        assert after.shape == before.shape
        assert after.plane.to_patient(pixel).tolist() == before.plane.to_patient(pixel).tolist()
        assert after.acquisition.instance_number == before.acquisition.instance_number


def test_a_series_without_numbers_is_numbered_by_place(tmp_path: Path) -> None:
    write_series(tmp_path / "in", 3, extra={"InstanceNumber": None, **NO_CLOUD})

    predict(tmp_path / "out", tmp_path / "in", "--only", "dcm")

    assert [one.acquisition.instance_number for one in slices_in(tmp_path / "out")] == [1, 2, 3]


def test_another_run_makes_another_series(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "I10.dcm", extra=NO_CLOUD)
    uids = set()
    for name in ("one", "two"):
        _, (result,) = predict(tmp_path / name, source, "--only", "dcm")
        uids.add(dcmread(tmp_path / name / result["dcm"]).SeriesInstanceUID)

    assert len(uids) == 2


def test_a_deidentified_run_leaves_no_identity_in_any_file(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    paths = write_series(folder, 2)
    identifiers = slices_in(folder)[0].source.identifiers

    code, results = predict(tmp_path / "out", *paths, "--deidentify")

    written = [path for path in (tmp_path / "out").iterdir() if path.is_file()]
    assert code == 0
    names = {path.name for path in written} - {"manifest.parquet"}
    assert len(names) == 3 * len(results) + len(("report", "manifest", "summary"))
    for path in written:
        content = path.read_bytes().lower()
        assert not [one for one in identifiers if one.lower().encode() in content], path.suffix


def test_nothing_is_left_in_the_place_for_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)

    predict(tmp_path / "out", chest(tmp_path))

    assert list(temporary.iterdir()) == []
    assert not list((tmp_path / "out").glob(".*"))


def test_a_strength_reaches_every_export_and_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a blur for a network, as an untrained one removes nothing."""
    monkeypatch.setattr(JointModel, "denoise", lambda _, pixels, unit: gaussian_filter(pixels, 2))
    source = write_ct(tmp_path / "I10.dcm", make_noisy().slice.pixels, signed=True, spacing=(2, 2))
    removed = {}
    for strength in ("low", "40", "high"):
        out = tmp_path / strength
        code, (result,) = predict(out, source, "--strength", strength)
        assert code == 0
        stated = {verify(out / result[kind]).stated["strength"] for kind in ("ply", "png", "dcm")}
        assert len(stated) == 1
        assert result["strength"].removesuffix(" %") == strength
        assert result["strength"] in stated.pop()
        share = parse_strength(strength).reduction
        assert result["noise_after"] == pytest.approx((1 - share) * result["noise_before"], abs=0.1)
        after = slices_in(out / result["dcm"])[0].pixels
        removed[strength] = float(np.std(slices_in(source)[0].pixels - after))

    assert 0 < removed["low"] < removed["40"] < removed["high"]


def test_the_usual_strength_is_standard(tmp_path: Path) -> None:
    _, (result,) = predict(tmp_path / "out", chest(tmp_path), "--only", "png")

    assert result["strength"] == "standard"
    assert verify(tmp_path / "out" / result["png"]).stated["strength"] == "standard (50 %)"


def test_a_slice_in_which_noise_cannot_be_measured_says_so_in_the_report(tmp_path: Path) -> None:
    source = write_ct(tmp_path / "air.dcm", np.full((96, 96), -1000), rows=96, columns=96)

    _, (result,) = predict(tmp_path / "out", source, "--only", "png")

    assert result["noise_before"] is result["noise_after"] is None


@pytest.mark.parametrize(
    ("step_mm", "said"),
    [
        (20.0, b"cloud=interpolated between 3 slices, where they are at most 20 mm apart"),
        (40.0, b"cloud=inferred from this slice alone"),
    ],
)
def test_an_export_says_whether_its_cloud_knows_the_slices_beside(
    tmp_path: Path, step_mm: float, said: bytes
) -> None:
    body = body_image(96, 96)
    size = {"rows": 96, "columns": 96, "spacing": (4.0, 4.0)}
    write_series(tmp_path / "in", 3, step_mm=step_mm, pixels=body, **size)  # type: ignore[arg-type]

    _, results = predict(tmp_path / "out", tmp_path / "in", "--only", "ply")

    assert [result["points"] for result in results] == [1024] * 3
    for result in results:
        export = tmp_path / "out" / result["ply"]
        assert said in export.read_bytes()
        assert verify(export, tmp_path / "in").ok
