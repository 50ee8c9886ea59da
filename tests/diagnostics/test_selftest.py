import hashlib
import json
import pickle
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jrviewer import cli
from jrviewer.core.errors import JRViewerError
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import UInt8Array
from jrviewer.core.strength import STANDARD
from jrviewer.diagnostics import selftest, selftest_drawing
from jrviewer.export import provenance
from jrviewer.rendering.look import Look, MeasuredReference
from jrviewer.rendering.scene import NOTHING, Scene
from tests.support.boundaries import replace_network, replace_reader
from tests.support.record_factory import make_cloud, make_prediction
from tests.support.wine import IS_WINE

WEIGHTS = b"these weights"
MEASURED = selftest.measure(make_prediction().at(STANDARD))
Card = Callable[..., None]


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Card:
    """An installation whose card expects what the test says; reader and network are replaced."""
    (tmp_path / "model").mkdir()
    (tmp_path / "sample").mkdir()
    (tmp_path / "sample" / "phantom.dcm").write_text("phantom")
    (tmp_path / "model" / "joint.safetensors").write_bytes(WEIGHTS)

    def resource(name: str) -> Path:
        if not (tmp_path / name).exists():
            raise JRViewerError(f"The bundled file “{name}” is missing.")
        return tmp_path / name

    def write(sample: dict[str, Any], weights: bytes = WEIGHTS) -> None:
        text = {
            "weights_sha256": hashlib.sha256(weights).hexdigest(),
            "expected": {"sample": {"file": "phantom.dcm"} | sample},
        }
        (tmp_path / "model" / "card.json").write_text(json.dumps(text))

    monkeypatch.setattr(selftest, "resource", resource)
    monkeypatch.setattr(provenance, "resource", resource)
    replace_reader(monkeypatch, decoders=lambda: {"gdcm": "3.2"}, failing_codecs=list)
    monkeypatch.setattr(selftest, "_try_exports", lambda found: None)  # no patient stands behind
    replace_network(monkeypatch)
    return write


@pytest.fixture
def without_opengl(monkeypatch: pytest.MonkeyPatch) -> None:
    """No child process where a test is about something else."""
    monkeypatch.setattr(selftest, "_look_at_opengl", lambda found: None)


@pytest.mark.usefixtures("without_opengl")
def test_the_page_replaces_no_file(
    card: Card, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card(dict(MEASURED))
    page = tmp_path / "page.html"
    page.write_text("somebody's")

    assert cli.main(["self-test", "--html", str(page)]) == 0

    assert page.read_text() == "somebody's"
    assert "<html" in (tmp_path / "page-0002.html").read_text().lower()
    assert "numbered file beside it" in capsys.readouterr().err


@pytest.mark.usefixtures("without_opengl")
class TestSample:
    def test_a_sample_that_comes_out_as_expected_is_well(self, card: Card) -> None:
        card({name: value + 0.4 for name, value in MEASURED.items()})

        found = selftest.run()

        assert found["faults"] == []
        assert found["ok"]
        assert set(found["sample"]) == set(MEASURED)

    def test_a_number_off_by_more_than_its_tolerance_is_a_fault(self, card: Card) -> None:
        mean = MEASURED["denoised_mean"]
        card({"denoised_mean": {"value": mean + 0.2, "tolerance": 0.1}})

        found = selftest.run()

        assert not found["ok"]
        assert "denoised_mean" in found["faults"][0]
        assert found["sample"]["denoised_mean"]["found"] == mean

    def test_a_number_that_nothing_measures_is_a_fault(self, card: Card) -> None:
        card({"beauty": 1.0})

        assert "beauty" in selftest.run()["faults"][0]

    def test_a_card_that_expects_nothing_proves_nothing(self, card: Card) -> None:
        card({})

        assert "proves nothing" in selftest.run()["faults"][0]

    def test_other_weights_than_the_cards_are_a_fault(self, card: Card) -> None:
        card({"denoised_mean": MEASURED["denoised_mean"]}, weights=b"others")

        assert "not the ones" in selftest.run()["faults"][0]

    @pytest.mark.slow
    def test_a_missing_codec_is_a_fault_and_the_rest_is_tried(
        self, card: Card, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        card({"denoised_mean": MEASURED["denoised_mean"]})
        replace_reader(monkeypatch, decoders=lambda: {"gdcm": "missing"}, failing_codecs=list)

        found = selftest.run()

        assert found["faults"][0].startswith("Decoders are missing: gdcm.")
        assert found["sample"]["denoised_mean"]["ok"]

    def test_a_missing_card_is_a_sentence(
        self, card: Card, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["self-test"]) == 1
        assert "card.json” is missing" in capsys.readouterr().err

    def test_a_sample_that_cannot_be_read_is_a_sentence(self, card: Card, tmp_path: Path) -> None:
        card({})
        (tmp_path / "sample" / "phantom.dcm").write_text("")

        assert "sample cannot be read" in selftest.run()["faults"][0]

    def test_self_test_prints_json_and_ends_with_zero(
        self, card: Card, capsys: pytest.CaptureFixture[str]
    ) -> None:
        card({"denoised_mean": MEASURED["denoised_mean"]})

        assert cli.main(["self-test", "--json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed["ok"]
        assert printed["device"] == "auto fp32"
        assert set(printed["timings_s"]) >= {"codecs", "sample", "load_model", "predict"}

    def test_self_test_prints_lines_for_people(
        self, card: Card, capsys: pytest.CaptureFixture[str]
    ) -> None:
        card({"denoised_mean": MEASURED["denoised_mean"]})

        cli.main(["self-test"])

        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "JRViewer self-test: all is well"
        assert "codecs: gdcm 3.2" in lines


def test_a_cloud_is_measured_about_the_boxs_centre() -> None:
    assert MEASURED["points"] == 1024
    assert MEASURED["share_bone_percent"] == pytest.approx(100 * 341 / 1024)
    assert MEASURED["cloud_x_mean"] == pytest.approx(0, abs=6)
    assert MEASURED["cloud_x_sd"] == pytest.approx(0.7 * 224 / 3**0.5, rel=0.05)


def crash(sending: Connection, prediction: Prediction | None) -> None:
    raise SystemExit(139)


def never_end(sending: Connection, prediction: Prediction | None) -> None:
    threading.Event().wait()


@pytest.mark.slow
@pytest.mark.vtk
def test_opengl_and_every_look_of_the_3d_pane_are_tried_in_a_child_process() -> None:
    drawn = selftest_drawing.try_drawing(make_prediction())

    assert drawn.renderer not in ("", "unnamed")
    assert drawn.missing == []


def test_what_the_child_process_draws_needs_no_network() -> None:
    made = make_prediction()
    dense = make_cloud(made.slice.plane, 4096)
    bound = replace(made, sample_dense=lambda: dense)  # a function that cannot be sent

    sent = pickle.loads(pickle.dumps(selftest_drawing._without_network(bound)))

    cloud = sent.compute_dense_cloud()
    assert np.array_equal(cloud.points, dense.points)


@pytest.mark.vtk
def test_a_look_that_draws_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def show(
        scene: Scene,
        prediction: Prediction,
        grey: UInt8Array,
        look: Look,
        beside: MeasuredReference = NOTHING,
    ) -> bool:
        return False

    monkeypatch.setattr(Scene, "show", show)

    missing = selftest_drawing._missing_features(make_prediction())

    assert "eye-dome lighting" in missing
    assert "finding a point under the pointer" in missing
    assert "finding the measured surface under the pointer" in missing


@pytest.mark.skipif(IS_WINE, reason="Wine waits for a debugger where a program crashes")
def test_a_driver_that_crashes_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selftest_drawing, "draw", crash)
    found = selftest.Findings()

    selftest._look_at_opengl(found)

    assert found.about["opengl"] == {"ok": False, "renderer": ""}
    assert found.faults[0].startswith("OpenGL does not work here")


def test_a_computer_that_is_too_slow_to_draw_in_time_is_told_so_not_to_change_its_driver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(selftest_drawing, "draw", never_end)
    monkeypatch.setattr(selftest_drawing, "SECONDS", 0.1)
    found = selftest.Findings()

    selftest._look_at_opengl(found)

    (fault,) = found.faults
    assert "had not drawn" in fault
    assert "driver" not in fault


def test_the_page_tells_faults_and_facts_without_loading_anything() -> None:
    page = selftest.as_page(
        {"ok": False, "jrviewer": "9.9", "timings_s": {"predict": 0.25}, "faults": ["<b> is off"]}
    )
    assert "Something is wrong" in page
    assert "&lt;b&gt; is off" in page
    assert "0.25" in page
    assert not re.search(r"<script|https?:|<img|<b>", page)


@pytest.mark.slow
def test_the_installation_under_test_passes_its_own_self_test() -> None:
    found = selftest.run()

    assert {key: found[key] for key in ("failing_codecs", "exports")} == {
        "failing_codecs": [],
        "exports": {"ply": "ok", "png": "ok", "dcm": "ok"},
    }
