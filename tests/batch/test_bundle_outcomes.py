"""What becomes of slices that the model refuses, warns of, or has no room for."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jrviewer import cli
from jrviewer.batch.bundle import ON_THE_CPU
from jrviewer.core.errors import DeviceMemoryError, InputRefusedError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Finding, Slice
from jrviewer.export.writer import SHOWS_TEXT
from tests.support.batch_runs import run_predict, write_inputs
from tests.support.boundaries import (
    RED,
    predict_at_once,
    read_text_files,
    replace_network,
    replace_reader,
)
from tests.support.dicom_factory import write_series
from tests.support.record_factory import make_erased, make_prediction

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with a file of two slices, one of one, and an empty one."""
    return write_inputs(tmp_path / "inputs")


def test_a_red_input_check_runs_nothing_and_gives_its_reasons(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch, predict_at_once(red=True))

    code, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--index", 0)

    (result,) = report["results"]
    assert code == 1
    assert (result["ok"], result["input_check"], result["reasons"]) == (False, "red", [RED])
    assert capsys.readouterr().err == f"argument 1: The model was not run. {RED}\n"


def test_run_anyway_is_written_into_the_exports(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch, predict_at_once(red=True))

    code, report = run_predict(
        tmp_path / "out", inputs / "I10.dcm", "--index", 0, "--run-anyway", "--only", "ply"
    )

    assert code == 0
    assert report["results"][0]["input_check"] == "red"
    assert b"comment overridden=yes\n" in (tmp_path / "out" / "I10.ply").read_bytes()


def without_cloud(slice_: Slice) -> Prediction:
    prediction = make_prediction(slice_, findings=[Finding("amber", "This is MR.")])
    reason = "No cloud is made from MR."
    return replace(prediction, cloud=None, sample_dense=None, no_cloud_reason=reason)


def test_a_slice_without_a_cloud_is_done_with_the_reason_in_its_message(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch, predict_at_once(without_cloud))

    code, report = run_predict(
        tmp_path / "out", inputs / "I10.dcm", "--index", 0, "--only", "ply,png"
    )

    (result,) = report["results"]
    assert code == 0
    assert (result["ply"], result["png"], result["points"]) == (None, "I10.png", None)
    assert result["message"] == "No cloud is made from MR."
    assert (result["input_check"], result["reasons"]) == ("amber", ["This is MR."])


def test_the_report_says_in_how_many_places_structure_may_be_gone(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch, predict_at_once(make_erased))

    _, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--only", "ply,png")

    assert [result["removed_marks"] for result in report["results"]] == [1, 1]


def head(slice_: Slice) -> Prediction:
    acquisition = replace(slice_.acquisition, body_part="HEAD")
    return make_prediction(replace(slice_, acquisition=acquisition))


@pytest.mark.parametrize(("switch", "points"), [((), 682), (("--with-skin",), 1024)])
def test_a_face_is_exported_only_when_asked_for(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    switch: tuple[str, ...],
    points: int,
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch, predict_at_once(head))

    _, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--only", "ply", *switch)

    assert report["results"][0]["points"] == points


def test_a_deidentified_head_is_done_with_a_warning_of_its_face(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch, predict_at_once(head))

    _, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--only", "dcm", "--deidentify")

    assert report["results"][0]["ok"]
    assert "show a face" in report["results"][0]["message"]
    assert "show a face" in capsys.readouterr().err


def full_but_on_the_cpu(made: Prediction | InputRefusedError) -> Callable[..., Prediction]:
    """A network whose graphics processor has no memory left, and what the CPU makes of a slice."""

    def predict(model: Any, slice_: Slice, **how: bool) -> Prediction:  # noqa: ANN401
        if getattr(model, "device", "") != "cpu fp32":
            raise DeviceMemoryError("full")
        if isinstance(made, InputRefusedError):
            raise made
        return replace(made, slice=slice_)

    return predict


def test_a_slice_that_the_graphics_memory_is_too_small_for_is_done_on_the_cpu_and_says_so(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch, full_but_on_the_cpu(make_prediction()))

    code, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--only", "png")

    assert code == 0
    assert [result["ok"] for result in report["results"]] == [True, True]
    assert {result["message"] for result in report["results"]} == {ON_THE_CPU}


def test_what_the_cpu_refuses_is_refused_with_its_reasons(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace_reader(monkeypatch)
    refusal = InputRefusedError(f"The model was not run. {RED}", [RED])
    replace_network(monkeypatch, full_but_on_the_cpu(refusal))

    code, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--index", 0)

    (result,) = report["results"]
    assert code == 1
    assert (result["ok"], result["reasons"]) == (False, [RED])
    assert result["message"] == f"{ON_THE_CPU} The model was not run. {RED}"


def test_a_second_run_keeps_every_file_and_writes_a_report_of_its_own(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch)
    out = tmp_path / "out"
    run_predict(out, inputs / "I10.dcm", "--only", "ply,png")
    grows = {"manifest.jsonl", "manifest.parquet"}
    before = {path: path.read_bytes() for path in out.iterdir() if path.name not in grows}
    capsys.readouterr()

    assert cli.main(["predict", str(inputs / "Miller_J.dcm"), "--out", str(out)]) == 0

    assert {path: path.read_bytes() for path in before} == before
    assert "report-0002.json" in capsys.readouterr().out
    assert (out / "report-0002.json").is_file()


def test_exports_among_the_inputs_are_passed_over_with_a_word(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch)
    (inputs / "void.dcm").unlink()
    (inputs / "I10.denoised.dcm").write_text("Roe^Jane app=JRViewer 1\ncontent_sha256=0")

    code, report = run_predict(tmp_path / "out", inputs, "--only", "png")

    assert code == 0
    assert [result["png"] for result in report["results"]] == [
        *("I10.png", "I10-0002.png", "slice-0001.png")
    ]
    assert capsys.readouterr().err == "argument 1: 1 file is an export of JRViewer: passed over.\n"


def test_what_the_reader_noticed_is_in_the_report_and_said_once(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def read(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as the reader that it wraps
        opened = read_text_files(*given, **named)
        opened.series = tuple(replace(one, warnings=("It has gaps.",)) for one in opened.series)
        return opened

    replace_reader(monkeypatch, read=read)
    replace_network(monkeypatch)

    code, report = run_predict(tmp_path / "out", inputs / "I10.dcm")

    assert code == 0
    assert [result["warnings"] for result in report["results"]] == [["It has gaps."]] * 2
    assert capsys.readouterr().err == "argument 1: Warning: It has gaps.\n"


def with_burned_in_text(slice_: Slice) -> Prediction:
    acquisition = replace(slice_.acquisition, burned_in_text="yes")
    return make_prediction(replace(slice_, acquisition=acquisition))


def test_a_picture_that_shows_text_is_done_with_a_warning_on_stderr_and_in_the_report(
    inputs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch, predict_at_once(with_burned_in_text))

    code, report = run_predict(tmp_path / "out", inputs / "Miller_J.dcm", "--only", "png")

    assert code == 0
    assert report["results"][0]["message"] == SHOWS_TEXT
    assert capsys.readouterr().err == f"argument 1: Warning: {SHOWS_TEXT}\n"


def test_warnings_of_files_reach_report_and_stderr_in_an_archive_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Of a series, of one of its slices, and of a second series; each is said once."""
    replace_network(monkeypatch)
    odd = write_series(tmp_path / "in", 5, missing=[2])[0]
    odd.write_bytes(odd.read_bytes() + b"\0\0")
    write_series(tmp_path / "in" / "b", 7, missing=[1, 2], series_uid="1.2.3")
    shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path / "in")

    _, report = run_predict(tmp_path / "out", tmp_path / "all.zip", "--only", "png")

    gaps = {one for result in report["results"] for one in result["warnings"] if "gaps" in one}
    assert gaps == {f"{n} missing: the series has gaps." for n in ("1 slice", "2 slices")}
    assert [len(result["warnings"]) for result in report["results"]].count(2) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if "Warning" in line]
    assert len(lines) == len(set(lines)) == 3


def test_warnings_come_with_a_chosen_slice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace_network(monkeypatch)
    write_series(tmp_path / "in", 5, missing=[2])

    _, report = run_predict(tmp_path / "out", tmp_path / "in", "--index", 0, "--only", "png")

    assert [len(result["warnings"]) for result in report["results"]] == [1]
