import numpy as np
import pytest
import torch
from torch import Tensor, nn

from jrviewer.core.geometry import FloatArray
from jrviewer.model.joint_model import JointModel
from tests.support.record_factory import body_image
from tests.support.small_network import small_net
from training.evaluate import mc_dropout


class Recorder(nn.Module):
    """A head that gives back what reaches it."""

    def forward(self, features: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return features


@pytest.fixture
def model() -> JointModel:
    return JointModel("small", "0" * 64, "CPU", small_net(), 1.0)


def cloud_of(model: JointModel, image: FloatArray) -> tuple[FloatArray, np.ndarray, FloatArray]:
    return model.clouds(image, (64,))[0]


def test_a_share_of_all_values_is_lost_and_the_rest_make_up_for_it() -> None:
    head, ones = Recorder(), (torch.ones(1, 8, 64, 64), torch.ones(1, 16, 32, 32))

    with mc_dropout.dropping(head, 0.3, torch.Generator().manual_seed(0)):
        dropped = head(ones)

    for part in dropped:
        assert (part == 0).float().mean() == pytest.approx(0.3, abs=0.02)
        assert part.mean() == pytest.approx(1.0, abs=0.03)
    assert all(torch.equal(a, b) for a, b in zip(head(ones), ones, strict=True))


def test_the_spread_is_the_same_every_time_and_leaves_the_network_as_it_was(
    model: JointModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mc_dropout, "PASSES", 2)
    monkeypatch.setattr(mc_dropout, "DENSE_POINTS", 1024)
    image = body_image()
    points, labels, before = cloud_of(model, image)

    first, second = (mc_dropout.spread_mm(model, image, points, labels) for _ in range(2))

    assert np.array_equal(first, second)
    assert first.shape == (64,)
    again = cloud_of(model, image)
    assert np.array_equal(again[0], points)
    assert np.array_equal(again[2], before)


def test_surfaces_that_dropout_moves_spread_more_than_those_it_leaves(
    model: JointModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with torch.no_grad():
        model.net.cloud.out.weight.mul_(50)  # a network that is sure of its surfaces
    image = body_image()
    points, labels, _ = cloud_of(model, image)
    monkeypatch.setattr(mc_dropout, "PASSES", 3)
    monkeypatch.setattr(mc_dropout, "DENSE_POINTS", 1024)
    moved = mc_dropout.spread_mm(model, image, points, labels)
    monkeypatch.setattr(mc_dropout, "RATE", 0.0)

    assert moved.mean() > 1.05 * mc_dropout.spread_mm(model, image, points, labels).mean()


def test_a_structure_that_a_pass_has_lost_counts_as_half_the_box_away() -> None:
    points, others = np.zeros((2, 3)), np.array([[0.0, 0.0, 0.1]])

    distance = mc_dropout._to_nearest(points, np.array([0, 1]), others, np.array([0]))

    assert distance.tolist() == pytest.approx([0.1, 64 / 224])
