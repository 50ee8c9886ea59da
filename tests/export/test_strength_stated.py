"""Every export states the strength and what became of the noise, in the words of the window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from jrviewer import dicom
from jrviewer.core.prediction import Prediction
from jrviewer.core.records import Window
from jrviewer.core.strength import LOW, STANDARD, Strength
from jrviewer.export import provenance
from jrviewer.export.comparison_image import draw_comparison
from jrviewer.export.ply import write_ply
from jrviewer.export.png import write_png
from jrviewer.export.provenance import verify
from tests.support.dicom_factory import write_ct
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import make_prediction, make_slice

WINDOW = Window(40, 400)


@pytest.fixture(autouse=True)
def weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "installed_weights_sha256", lambda: "ab" * 32)


def described(prediction: Prediction) -> dict[str, str]:
    return dict(line.split("=", 1) for line in provenance.describe(prediction))


def drawn(prediction: Prediction) -> str:
    return draw_comparison(prediction, WINDOW, ())[1]


def derived(prediction: Prediction, tmp_path: Path, *, deidentified: bool = False) -> str:
    """The Derivation Description of a real object with these images."""
    source = write_ct(tmp_path / "a.dcm", prediction.slice.pixels, signed=True)
    ((image,),) = dicom.read([source]).series
    mine = replace(prediction, slice=image)
    mine.compute_removed()
    dicom.write_derived(mine, tmp_path / "b.dcm", deidentified=deidentified, removed_marks=0)
    return str(dcmread(tmp_path / "b.dcm").DerivationDescription)


def test_text_exports_state_strength_and_noise_and_verify(tmp_path: Path) -> None:
    prediction = make_noisy().at(STANDARD)
    write_ply(prediction, tmp_path / "a.ply")
    write_png(prediction, tmp_path / "a.png", WINDOW)

    for name in ("a.ply", "a.png"):
        verdict = verify(tmp_path / name)
        assert verdict.ok
        assert verdict.stated["strength"] == "standard (50 %)"
        assert verdict.stated["noise"] == described(prediction)["noise"]
        assert verdict.stated["noise"].startswith("Noise ")
        assert "(-50 %)" in verdict.stated["noise"]


def test_an_export_from_before_strengths_still_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = provenance.describe
    monkeypatch.setattr(
        "jrviewer.export.cloud_table.describe",
        lambda *known: [
            line for line in new(*known) if line.partition("=")[0] not in ("strength", "noise")
        ],
    )
    write_ply(make_prediction(), tmp_path / "a.ply")

    verdict = verify(tmp_path / "a.ply")

    assert verdict.ok
    assert "strength" not in verdict.stated


def test_the_picture_says_the_strength_and_the_noise() -> None:
    assert "AI, strength low (30 %): Noise " in drawn(make_noisy().at(LOW))
    assert "(-30 %)" in drawn(make_noisy().at(LOW))


def test_the_second_picture_is_the_one_of_its_strength() -> None:
    noisy = make_noisy()
    pictures = {draw_comparison(noisy.at(Strength(by)), WINDOW, ())[0] for by in (0.3, 0.5, 0.75)}
    assert len(pictures) == 3


@pytest.mark.parametrize("deidentified", [False, True])
def test_a_derived_object_says_the_strength_and_the_noise(
    tmp_path: Path, deidentified: bool
) -> None:
    said = derived(make_noisy().at(STANDARD), tmp_path, deidentified=deidentified)
    assert "strength standard (50 %)" in said
    assert "(−50 %). What was removed looks like noise." in said


def test_a_derived_object_holds_the_slice_at_its_strength(tmp_path: Path) -> None:
    prediction = make_noisy().at(LOW)
    derived(prediction, tmp_path)
    ((image,),) = dicom.read([tmp_path / "b.dcm"]).series
    assert np.abs(image.pixels - prediction.denoised).max() <= 1.5


def test_no_export_claims_less_noise_where_none_was_removed(tmp_path: Path) -> None:
    untouched = make_noisy(removed=0.0).at(STANDARD)
    stated = described(untouched)["noise"]

    assert stated.startswith("Noise unchanged: 1")
    for said in (drawn(untouched), derived(untouched, tmp_path)):
        assert stated in said
        assert "ardly anything" in said
        assert "looks like noise" not in said
        assert "Noise reduced" not in said


def test_where_nothing_was_measured_every_export_says_so(tmp_path: Path) -> None:
    air = make_slice(np.full((160, 160), -1000))
    unknown = replace(make_prediction(air), fully_denoised=air.pixels, strength=STANDARD)

    assert described(unknown)["noise"] == "Noise could not be measured"
    assert "Noise could not be measured" in drawn(unknown)
    assert "Noise could not be measured." in derived(unknown, tmp_path)
