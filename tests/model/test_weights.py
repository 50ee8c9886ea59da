"""The weights that ship: card, file and numbers belong together."""

import hashlib
import json
from typing import Any

import numpy as np
import pytest

from jrviewer import dicom
from jrviewer.core.prediction import Prediction
from jrviewer.core.resources import resource
from jrviewer.core.strength import HIGH, LOW, STANDARD, Strength
from jrviewer.diagnostics import selftest
from jrviewer.model.load import load_model
from jrviewer.model.network import Config
from jrviewer.model.predict import predict

MAX_BYTES = 16_000_000


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(resource("model/card.json").read_text("utf-8"))
    return content


@pytest.fixture(scope="module")
def prediction() -> Prediction:
    slices = dicom.read([resource("sample/phantom.dcm")]).series[0]
    return predict(load_model("cpu"), slices[0])


def test_the_card_is_of_this_very_file(card: dict[str, Any]) -> None:
    content = resource("model/joint.safetensors").read_bytes()

    assert card["weights_sha256"] == hashlib.sha256(content).hexdigest()
    assert len(content) <= MAX_BYTES


def test_the_card_states_the_network_s_sizes(card: dict[str, Any]) -> None:
    net = load_model("cpu").net

    assert net.config == Config.from_values(card["architecture"])
    assert card["parameters"] == sum(p.numel() for p in net.parameters())


def test_the_card_names_its_data_with_licences_and_its_limits(card: dict[str, Any]) -> None:
    assert len(card["data"]) > 5
    assert all(source["licence"] for source in card["data"])
    assert any("Not for diagnosis" in limit for limit in card["limits"])


def test_the_sample_comes_out_as_the_card_says(
    card: dict[str, Any], prediction: Prediction
) -> None:
    compared = selftest.compare(card["expected"]["sample"], selftest.measure(prediction))

    assert compared
    assert [name for name, cell in compared.items() if not cell["ok"]] == []


def test_the_model_removes_noise_from_the_sample_and_adds_none(prediction: Prediction) -> None:
    removed = prediction.slice.pixels - prediction.denoised
    tissue = np.abs(prediction.denoised - 40) < 30

    assert removed[tissue].std() > 5
    assert prediction.denoised[tissue].std() < prediction.slice.pixels[tissue].std()


@pytest.mark.parametrize(("strength", "least"), [(LOW, 0.25), (STANDARD, 0.45), (HIGH, 0.70)])
def test_the_noise_of_the_sample_goes_by_the_strength(
    prediction: Prediction, strength: Strength, least: float
) -> None:
    chosen = prediction.at(strength)

    assert chosen.noise_before is not None
    assert chosen.noise_after is not None
    assert least <= 1 - chosen.noise_after / chosen.noise_before <= strength.reduction + 0.01


def test_the_cloud_of_the_sample_holds_every_structure(prediction: Prediction) -> None:
    assert prediction.cloud is not None
    assert set(prediction.cloud.labels.tolist()) == {0, 1, 2}
    assert (prediction.cloud.sigma > 0).all()
