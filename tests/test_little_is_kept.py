"""What a prediction keeps, and what it asks the network for again."""

import gc
from types import FunctionType, ModuleType

import numpy as np
import pytest
import torch

from jrviewer.model.cloud_sampling import Expected
from jrviewer.model.joint_model import JointModel
from jrviewer.model.network import Surfaces
from jrviewer.model.predict import DENSE_POINTS, predict
from tests.support.record_factory import make_slice
from tests.support.small_network import small_net


@pytest.fixture(scope="module")
def model() -> JointModel:
    return JointModel("small 0", "0" * 64, "CPU fp32", small_net(), sharpness=1.0)


def test_the_dense_cloud_is_what_the_same_pass_of_the_network_would_have_given(
    model: JointModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    expected = JointModel.expected

    def remember(model: JointModel, surfaces: Surfaces) -> Expected:
        said.append(expected(model, surfaces))
        return said[-1]

    monkeypatch.setattr(JointModel, "expected", remember)
    prediction = predict(model, make_slice())
    dense = prediction.compute_dense_cloud()

    assert dense is not None
    points, labels, _ = said[0].sample(DENSE_POINTS)
    assert (dense.points == dense.box.to_patient(points).astype(np.float32)).all()
    assert (dense.labels == labels).all()


def test_a_prediction_keeps_its_images_and_little_else(model: JointModel) -> None:
    """A series has hundreds; what the network said of a slice's surroundings takes 0.6 MB."""
    prediction = predict(model, make_slice())
    left, seen, kept = [prediction], {id(model), id(prediction.slice)}, 0
    while left:
        one = left.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType | torch.nn.Module):
            continue
        seen.add(id(one))
        kept += one.nbytes if isinstance(one, np.ndarray) else 0
        left += gc.get_referents(one)

    images = prediction.slice.pixels.size * 2
    assert images < kept < images + 200_000
