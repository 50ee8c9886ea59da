import json
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from jrviewer import NOTICE, cli
from jrviewer.core.errors import ModelError
from jrviewer.core.prediction import Prediction
from jrviewer.core.progress import Report
from jrviewer.core.records import Slice
from tests.support.batch_runs import run_predict, write_inputs
from tests.support.boundaries import (
    predict_at_once,
    read_text_files,
    replace_module,
    replace_network,
    replace_reader,
)
from tests.support.record_factory import make_prediction

KEYS = {
    "warnings",
    *("source", "argument", "ok", "message", "points", "seconds"),
    *("ply", "vtp", "csv", "png", "dcm", "sheet-pdf", "sheet-png"),
    *("input_check", "reasons", "removed_marks", "strength", "strength_reached"),
    *("noise_before", "noise_after"),
}
OnSlice = Callable[[Slice], None] | None
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    """A folder with a file of two slices, one of one, and an empty one."""
    return write_inputs(tmp_path / "inputs")


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch)


@pytest.mark.usefixtures("replaced")
class TestPredict:
    def test_every_slice_gets_its_exports_and_a_result(self, inputs: Path, tmp_path: Path) -> None:
        code, report = run_predict(tmp_path / "out", inputs / "I10.dcm")

        assert code == 0
        assert [result["ply"] for result in report["results"]] == ["I10.ply", "I10-0002.ply"]
        assert {path.name for path in (tmp_path / "out").iterdir()} - {"manifest.parquet"} == {
            *("I10-0002.denoised.dcm", "I10-0002.ply", "I10-0002.png"),
            *("I10.denoised.dcm", "I10.ply", "I10.png"),
            *("manifest.jsonl", "report.json", "summary.html"),
        }

    def test_the_report_has_exactly_the_agreed_keys(self, inputs: Path, tmp_path: Path) -> None:
        _, report = run_predict(tmp_path / "out", inputs)

        assert set(report) == {"model", "weights_sha256", "device", "results"}
        assert all(set(result) == KEYS for result in report["results"])

    def test_what_is_refused_ends_in_one_line_and_the_rest_is_still_done(
        self, inputs: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        code, report = run_predict(tmp_path / "out", inputs / "void.dcm", inputs / "I10.dcm")

        printed = capsys.readouterr()
        assert code == 1
        assert printed.err == "argument 1: The file is empty. Export it again.\n"
        assert printed.out == f"2 of 3 done; the details are in report.json. {NOTICE}\n"
        assert [result["argument"] for result in report["results"]] == [1, 2, 2]
        assert [result["ok"] for result in report["results"]] == [False, True, True]
        assert report["results"][0]["source"] is None

    def test_a_file_named_after_the_patient_is_exported_under_a_number(
        self, inputs: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        _, report = run_predict(tmp_path / "out", inputs / "Miller_J.dcm")

        printed = capsys.readouterr()
        assert report["results"][0]["png"] == "slice-0001.png"
        for text in (printed.out, printed.err, json.dumps(report)):
            assert "miller" not in text.lower()

    def test_a_folder_is_one_argument(self, inputs: Path, tmp_path: Path) -> None:
        _, report = run_predict(tmp_path / "out", inputs)

        assert {result["argument"] for result in report["results"]} == {1}

    def test_only_the_kinds_asked_for_are_written(self, inputs: Path, tmp_path: Path) -> None:
        code, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--only", "png")

        assert code == 0
        assert [result["ply"] for result in report["results"]] == [None, None]
        assert not list((tmp_path / "out").glob("*.ply"))

    def test_one_slice_is_chosen_by_its_index(self, inputs: Path, tmp_path: Path) -> None:
        code, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--index", 1)

        assert code == 0
        assert len(report["results"]) == 1

    def test_an_index_beyond_the_series_falls_short(
        self, inputs: Path, tmp_path: Path, capsys: Captured
    ) -> None:
        code, _ = run_predict(tmp_path / "out", inputs / "I10.dcm", "--index", 2)

        assert code == 1
        assert capsys.readouterr().err == (
            "argument 1: There is no slice 2: this series has 0 to 1.\n"
        )

    @pytest.mark.parametrize("points", [1000, 1024, 4096])
    def test_the_number_of_points_is_the_one_asked_for(
        self, inputs: Path, tmp_path: Path, points: int
    ) -> None:
        arguments = (inputs / "I10.dcm", "--points", points, "--only", "ply")

        _, report = run_predict(tmp_path / "out", *arguments)

        assert report["results"][0]["points"] == points

    def test_the_device_reaches_the_model(self, inputs: Path, tmp_path: Path) -> None:
        _, report = run_predict(tmp_path / "out", inputs / "I10.dcm", "--device", "cpu")

        assert report["device"] == "cpu fp32"

    def test_the_output_folder_is_made(self, inputs: Path, tmp_path: Path) -> None:
        code, _ = run_predict(tmp_path / "deep" / "out", inputs / "I10.dcm", "--only", "ply,png")

        assert code == 0

    def test_an_output_folder_that_cannot_be_made_ends_in_a_sentence(
        self, inputs: Path, capsys: Captured
    ) -> None:
        place = inputs / "void.dcm" / "out"

        assert cli.main(["predict", str(inputs / "I10.dcm"), "--out", str(place)]) == 1
        assert "output folder cannot be made" in capsys.readouterr().err


def test_without_a_model_predict_ends_in_its_sentence(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def missing(device: str) -> None:
        raise ModelError("The weights are missing. Install JRViewer again.")

    replace_reader(monkeypatch)
    replace_module(monkeypatch, "model.load", load_model=missing)

    assert cli.main(["predict", str(inputs / "I10.dcm"), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err == "The weights are missing. Install JRViewer again.\n"


def test_an_interrupted_run_says_so_without_a_traceback(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    def interrupted(paths: Sequence[Path], report: object, **how: object) -> None:
        raise KeyboardInterrupt

    replace_reader(monkeypatch, read=interrupted)
    replace_network(monkeypatch)

    assert cli.main(["predict", str(inputs), "--out", str(tmp_path / "out")]) == 1
    assert "Stopped" in capsys.readouterr().err


def test_slices_are_predicted_while_the_rest_is_still_being_read(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predicted = threading.Event()

    def predict(slice_: Slice) -> Prediction:
        predicted.set()
        return make_prediction(slice_)

    def read(paths: Sequence[Path], report: Report, *, on_slice: OnSlice) -> SimpleNamespace:
        opened = read_text_files(paths, report, on_slice=on_slice)
        assert predicted.wait(10)
        return opened

    replace_reader(monkeypatch, read=read)
    replace_network(monkeypatch, predict_at_once(predict))

    code, _ = run_predict(tmp_path / "out", inputs / "I10.dcm", "--only", "png")

    assert code == 0


def test_progress_is_shown_on_a_terminal_only(
    inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    replace_reader(monkeypatch)
    replace_network(monkeypatch)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    run_predict(tmp_path / "out", inputs / "I10.dcm", "--only", "ply")

    printed = capsys.readouterr()
    assert "slice 2 of 2" in printed.err
    assert printed.out.count("\n") == 1
