import math

import pytest
import torch
from torch import Tensor

from jrviewer.diagnostics.multiply_adds import MultiplyAdds
from training.experiments.clouds.networks import DEPTH, POINTS, VARIANTS, Diffusion, Queries


def batch(count: int = 2) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    random = torch.Generator().manual_seed(0)
    images = 300 * torch.randn((count, 1, 128, 128), generator=random)
    points = torch.rand((count, 3000, 3), generator=random) * 2 - 1
    points[..., 2] *= DEPTH
    labels = torch.randint(3, (count, 3000), generator=random)
    return images, points, labels, torch.tensor([[-DEPTH, DEPTH]]).repeat(count, 1)


def macs(name: str) -> int:
    net = VARIANTS[name]().requires_grad_(requires_grad=False)
    with MultiplyAdds() as counted, torch.no_grad():
        net.cloud(torch.zeros(1, 1, 128, 128))
    return counted.total


@pytest.mark.parametrize("name", VARIANTS)
def test_all_take_about_as_many_multiplications_as_ours(name: str) -> None:
    assert macs(name) == pytest.approx(macs("ours"), rel=0.2)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_cloud_has_1024_points_with_a_structure_each(name: str) -> None:
    net = VARIANTS[name]().eval()

    with torch.inference_mode():
        points, labels = net.cloud(torch.zeros(1, 1, 128, 128))

    assert points.shape == (POINTS, 3)
    assert set(labels.tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_few_steps_bring_the_loss_down(name: str) -> None:
    torch.manual_seed(0)
    net = VARIANTS[name]()
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3)
    losses = []
    for _ in range(6):
        loss = net.loss(*batch(), torch.Generator().manual_seed(1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())

    assert losses[-1] < losses[0]


def test_points_that_the_network_always_sends_to_one_place_end_there() -> None:
    class Knowing(Diffusion):
        def estimate(self, features: tuple[Tensor, ...], places: Tensor, t: Tensor) -> Tensor:
            out = super().estimate(features, places, t)
            out[..., :3] = torch.tensor([0.5, -0.5, 1.0])
            return out

    with torch.inference_mode():
        points, _ = Knowing().cloud(torch.zeros(1, 1, 128, 128))

    assert points.max(axis=0).tolist() == pytest.approx([0.5, -0.5, DEPTH], abs=1e-5)
    assert points.min(axis=0).tolist() == pytest.approx([0.5, -0.5, DEPTH], abs=1e-5)


def test_points_where_no_slice_exists_cost_nothing() -> None:
    net = Queries()
    images, points, labels, _ = batch(1)
    points[..., 2] = 0.0
    with torch.no_grad():
        net.out.weight.zero_()
        net.out.bias.zero_()
        net.start[..., 2] = torch.where(net.start[..., 0] > 0, 0.2, 0.0)
    generator = torch.Generator()

    with torch.no_grad():
        all_exist = net.loss(images, points, labels, torch.tensor([[-1.0, 1.0]]), generator)
        half_exist = net.loss(images, points, labels, torch.tensor([[-0.1, 0.1]]), generator)

    assert half_exist < all_exist
    assert math.isfinite(float(half_exist))
