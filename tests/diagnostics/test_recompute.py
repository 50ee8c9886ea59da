from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jrviewer import cli, dicom
from jrviewer.core.errors import JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.resources import resource
from jrviewer.diagnostics.recompute import Comparison, recompute
from jrviewer.export.ply import write_ply
from jrviewer.export.provenance import verify
from jrviewer.model.load import load_model
from jrviewer.model.predict import predict
from jrviewer.model.spliced_cloud import in_series

pytestmark = pytest.mark.slow  # as a whole

SAMPLE = resource("sample/phantom.dcm")


@pytest.fixture(scope="module")
def prediction() -> Iterator[Prediction]:
    slice_ = dicom.read([SAMPLE]).series[0][0]
    yield predict(load_model("cpu"), slice_)
    dicom.close()


@pytest.mark.parametrize("points", [1000, 1024, 4096])
@pytest.mark.parametrize("binary", [True, False])
def test_a_cloud_of_this_computer_is_the_same(
    points: int, binary: bool, prediction: Prediction, tmp_path: Path
) -> None:
    path = tmp_path / "a.ply"
    write_ply(prediction, path, points=points, binary=binary, with_skin=False)  # type: ignore[arg-type]

    compared = recompute(path, verify(path).stated, SAMPLE)

    assert compared.same == compared.points > 0
    assert compared.most_mm < 0.001
    assert compared.ok
    assert "It is the same cloud." in compared.sentence


def test_a_cloud_between_slices_is_recomputed_from_its_whole_series(
    prediction: Prediction, tmp_path: Path
) -> None:
    first, folder = prediction.slice, tmp_path / "series"
    folder.mkdir()
    for number in (1, 2, 3):
        origin_mm = first.plane.origin_mm + np.array([0.0, 0.0, 20.0 * number])
        pixels = np.roll(first.pixels, number, axis=1)  # a slice is found by its pixels
        moved = replace(first, pixels=pixels, plane=replace(first.plane, origin_mm=origin_mm))
        dicom.write_phantom(moved, folder / f"{number}.dcm", "sparse", number)
    (series,) = dicom.read([folder]).series
    known = in_series(predict(load_model("cpu"), series[1]), series)
    path = tmp_path / "a.ply"
    write_ply(known, path)
    stated = verify(path).stated
    assert stated["cloud"].startswith("interpolated between 3 slices")

    assert "It is the same cloud." in recompute(path, stated, folder).sentence
    with pytest.raises(JRViewerError, match="whole series"):
        recompute(path, stated, folder / "2.dcm")


def test_a_cloud_that_lies_elsewhere_is_told(prediction: Prediction, tmp_path: Path) -> None:
    path = tmp_path / "a.ply"
    write_ply(prediction, path)
    content = bytearray(path.read_bytes())
    begin = content.index(b"end_header\n") + len(b"end_header\n")
    size = (len(content) - begin) // int(verify(path).stated["points"])
    for point in range(20):  # 2 % of them, by 5 mm along x
        at = begin + point * size
        moved = np.frombuffer(content, "<f4", 1, at) + np.float32(5)
        content[at : at + 4] = moved.tobytes()
    path.write_bytes(content)

    compared = recompute(path, verify(path).stated, SAMPLE)

    assert compared.points - compared.same == pytest.approx(20, abs=2)
    assert not compared.ok
    assert "do not rely on it" in compared.sentence


@pytest.mark.parametrize(
    ("device", "same", "median", "is_fine"),
    [
        ("CPU fp32", 1014, 0.0, True),
        ("CPU fp32", 1013, 0.0, False),
        ("CPU bf16", 180, 0.8, True),
        ("CPU bf16", 180, 3.0, False),
        ("NVIDIA X fp32", 180, 0.8, True),
    ],
)
def test_what_is_promised_hangs_on_the_precision(
    device: str, same: int, median: float, is_fine: bool
) -> None:
    assert Comparison(1024, same, median, 9.0, device).ok == is_fine


def test_only_clouds_are_recomputed(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    with pytest.raises(JRViewerError, match="Only a cloud"):
        recompute(tmp_path / "a.png", {}, SAMPLE)


def test_the_command_says_that_the_cloud_is_the_same(
    prediction: Prediction, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.ply"
    write_ply(prediction, path)

    assert cli.main(["verify", str(path), str(SAMPLE), "--recompute"]) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("OK: an export of JRViewer")
    assert said[1].endswith("It is the same cloud.")


def test_the_command_needs_the_source_to_recompute(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["verify", str(tmp_path / "a.ply"), "--recompute"]) == 1
    assert "name the source too" in capsys.readouterr().err


def test_a_measured_surface_is_not_called_another_cloud(tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_bytes(
        b"ply\nformat ascii 1.0\nelement vertex 1\n"
        b"property float x\nproperty float y\nproperty float z\nproperty uchar label\n"
        b"element face 0\nproperty list uchar int vertex_indices\nend_header\n0 0 0 1\n"
    )

    with pytest.raises(JRViewerError, match="Only a cloud"):
        recompute(tmp_path / "a.ply", {}, SAMPLE)
