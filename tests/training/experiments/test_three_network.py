import numpy as np
import pytest
import torch

from jrviewer.model.network import JointNet
from training.data.real_noise.native import NativeSeries
from training.data.real_noise.spectra import Fields
from training.experiments.three_network import (
    CORRELATION,
    CROP_PIXELS,
    Alone,
    Neighbours,
    Triples,
    going_on,
    middle_of,
    spheres,
    started,
)


def shipped() -> JointNet:
    """An untrained one whose denoiser says something."""
    net = JointNet().eval()
    torch.nn.init.normal_(net.denoising.out.weight, std=0.1)
    return net


def series(step_mm: float) -> NativeSeries:
    random = np.random.default_rng(0)
    slices = tuple(random.normal(40, 5, (128, 128)).astype(np.float32) for _ in range(8))
    return NativeSeries("s", "p", "train", "chest", "D", step_mm, 0.7, slices)


@pytest.mark.parametrize("network", [Alone, Neighbours])
def test_at_first_it_denoises_as_the_shipped_weights_do(
    network: type[Alone] | type[Neighbours],
) -> None:
    net = shipped()
    three = torch.randn(1, 3, 24, 32) * 30

    with torch.inference_mode():
        found = started(network(), net).eval().denoise(three, 0.0)
        wanted = net.denoise(three[:, 1:2], 0.0).hu

    assert torch.allclose(found, wanted, atol=1e-3)
    assert not torch.allclose(found, three[:, 1:2])


def test_what_it_makes_of_the_neighbours_can_be_learnt() -> None:
    net = started(Neighbours(), shipped())
    noisy = torch.randn(2, 3, 32, 32) * 30

    net.loss(noisy, torch.zeros(2, 1, 32, 32), torch.zeros(2), torch.Generator()).backward()

    taught = net.encoder.stem.weight.grad
    assert taught is not None
    assert taught[:, 12:].abs().sum() > 0


def test_noise_goes_on_in_the_neighbours_alone_and_keeps_its_strength() -> None:
    random = torch.Generator().manual_seed(0)
    noise = going_on(torch.randn((40, 128, 128), generator=random), random)

    def correlation(one: int, other: int) -> torch.Tensor:
        return (noise[:, one] * noise[:, other]).mean(dim=(1, 2))

    beside = torch.cat([correlation(0, 1), correlation(1, 2)])
    assert noise.std(dim=(2, 3)) == pytest.approx(torch.ones(40, 3).numpy(), abs=0.05)
    assert beside.min() > -0.06
    assert 0.8 * CORRELATION < beside.max() < CORRELATION + 0.06
    assert correlation(0, 2).abs().max() < 0.06


def test_a_sphere_is_no_cylinder() -> None:
    random = torch.Generator().manual_seed(3)
    added = spheres(0.7, 3.0, random)

    areas = (added.abs() > 1).sum(dim=(1, 2))
    assert areas[1] > 0
    assert len(set(areas.tolist())) > 1


def test_crops_are_three_slices_apart_by_up_to_three_millimetres_and_the_middle_is_wanted() -> None:
    noisy, clean, kind = Triples([series(1.0)], Fields()).draw(1, 0)

    assert noisy.shape[1:] == (3, CROP_PIXELS, CROP_PIXELS)
    assert clean.shape[1:] == (1, CROP_PIXELS, CROP_PIXELS)
    assert (kind == 0).all()
    assert ((noisy[:, 1:2] - clean).std(dim=(1, 2, 3)) > 3).all()


def test_the_middle_slice_comes_back_in_its_size() -> None:
    slices = series(1.0).slices

    assert middle_of(Neighbours().eval(), (slices[0], slices[1], slices[2])).shape == (128, 128)
