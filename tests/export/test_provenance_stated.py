"""What every export says of its making, before anybody verifies it."""

from dataclasses import replace
from pathlib import Path

from jrviewer import NOTICE, __version__
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Finding, Source, Window
from jrviewer.export.png import write_png
from jrviewer.export.provenance import describe, verify
from tests.support.record_factory import make_prediction, make_slice

WEIGHTS_SHA256, PIXELS_SHA256, FILE_SHA256 = "ab" * 32, "12" * 32, "34" * 32


def prediction_of(path: Path) -> Prediction:
    chosen = replace(
        make_slice(), source=Source(path, pixels_sha256=PIXELS_SHA256, file_sha256=FILE_SHA256)
    )
    return make_prediction(chosen, weights_sha256=WEIGHTS_SHA256)


def test_an_export_says_how_it_was_made(source: Path) -> None:
    findings = [Finding("red", "This is no CT.")]
    prediction = replace(prediction_of(source), findings=tuple(findings), overridden=True)

    assert describe(prediction, 1024) == (
        f"app=JRViewer {__version__}",
        f"notice={NOTICE}",
        "model=JointNet 0.0",
        f"weights_sha256={WEIGHTS_SHA256}",
        f"source_pixels_sha256={PIXELS_SHA256}",
        f"source_file_sha256={FILE_SHA256}",
        "source_frame=0",
        "points=1024",
        "cloud=inferred from this slice alone",
        "device=CPU fp32",
        "input_check=red",
        "overridden=yes",
        "strength=100 %",
        "noise=Noise could not be measured",
        f"removed_marks={len(prediction.compute_removed().marks)}",
    )


def test_what_holds_no_cloud_says_nothing_of_one(source: Path, tmp_path: Path) -> None:
    prediction = prediction_of(source)
    write_png(prediction, tmp_path / "a.png", Window(40, 400))

    lines = [*describe(prediction), *verify(tmp_path / "a.png").stated]
    assert not any(line.startswith(("points", "cloud")) for line in lines)
    assert any(line.startswith("cloud=") for line in describe(prediction, 1000))


def test_line_breaks_and_odd_letters_cannot_break_a_header(source: Path) -> None:
    prediction = replace(prediction_of(source), device="CPU\nend_header × 2")

    assert "device=CPU end_header ? 2" in describe(prediction, 1)


def test_neither_path_nor_uid_is_said(source: Path) -> None:
    said = " ".join(describe(prediction_of(source), 1))

    assert not any(text in said for text in (source.name, str(source.parent), "1.2.3"))
    assert said.isascii()
