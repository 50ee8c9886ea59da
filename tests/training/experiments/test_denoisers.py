import pytest
import torch
from torch import nn

from jrviewer.diagnostics.multiply_adds import MultiplyAdds
from jrviewer.model.network import Denoised
from training.experiments.denoisers.networks import (
    SIZES,
    Attention,
    Convolutional,
    FewSteps,
    InSteps,
    Mirrored,
)

SMALL = (8, 8, 16)


def noise(seed: int, rows: int = 40, columns: int = 24) -> torch.Tensor:
    random = torch.Generator().manual_seed(seed)
    return 30 * torch.randn((2, 1, rows, columns), generator=random)


def trained_a_little(net: Convolutional) -> Convolutional:
    """With an output layer that says something."""
    torch.nn.init.normal_(net.head.out.weight, std=0.1, generator=torch.Generator().manual_seed(0))
    return net.eval()


@pytest.mark.parametrize(("size", "name"), [(size, name) for size in SIZES for name in SIZES[size]])
def test_all_take_about_as_many_multiplications_as_ours(size: int, name: str) -> None:
    def macs(which: str) -> float:
        net = SIZES[size][which]().eval()
        with torch.inference_mode(), MultiplyAdds() as counted:
            net.denoise(torch.zeros(1, 1, 64, 64), 0.0)
        return counted.total / 64**2

    assert macs(name) == pytest.approx(macs("ours"), rel=0.15)
    assert macs(name) < size * 40_000


@pytest.mark.parametrize("name", SIZES[1])
def test_a_step_teaches_every_weight(name: str) -> None:
    net = SIZES[1][name]()
    with torch.no_grad():
        for one in net.parameters():  # the output starts at zero, and would hold all others back
            one.add_(0.01)

    random = torch.Generator().manual_seed(0)
    net.loss(noise(0, 32, 32), torch.zeros(2, 1, 32, 32), torch.zeros(2), random).backward()

    assert [key for key, one in net.named_parameters() if one.grad is None] == []


@pytest.mark.parametrize("name", SIZES[1])
def test_before_the_first_step_the_variance_weighs_little_beside_the_error(name: str) -> None:
    random = torch.Generator().manual_seed(0)
    loss = SIZES[1][name]().loss(
        noise(0, 32, 32), torch.zeros(2, 1, 32, 32), torch.zeros(2), random
    )

    assert loss.item() < 1.6  # 1 for the error, 0.5 for that of coarse pixels


def test_a_slice_of_any_size_keeps_it() -> None:
    attention = Attention(16, is_shifted=True)

    assert attention(torch.ones(1, 16, 9, 13)).shape == (1, 16, 9, 13)


def test_the_mean_with_the_mirror_image_knows_no_left_and_right() -> None:
    net = Mirrored(trained_a_little(Convolutional(SMALL)))
    hu = noise(1)

    with torch.inference_mode():
        one, other = net.denoise(hu, 0.0), net.denoise(hu.flip(3), 0.0).flip(3)

    assert torch.allclose(one, other, atol=1e-3)
    assert not torch.allclose(one, hu)


def test_a_network_that_knows_the_answer_takes_the_last_step_to_it() -> None:
    class Knowing(FewSteps):
        def _at(self, hu, kind, t):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            found = super()._at(hu, kind, t)
            return found._replace(hu=torch.full_like(hu, 7.0))

    denoised = Knowing(SMALL).denoise(noise(2), 0.0)

    assert torch.allclose(denoised, torch.full_like(denoised, 7.0), atol=1e-4)


def test_in_steps_a_denoiser_goes_a_third_a_half_and_all_of_the_way_it_sees() -> None:
    class Halving(nn.Module):  # of whatever noise is left, half
        def denoise(self, hu: torch.Tensor, kind: float) -> Denoised:
            return Denoised(hu / 2, torch.zeros_like(hu))

    whole = InSteps(Halving())  # type: ignore[arg-type]
    hu = torch.full((1, 1, 4, 4), 60.0)

    denoised = whole.denoise(hu, 0.0)

    assert torch.allclose(denoised, hu * (1 - 1 / 6) * (1 - 1 / 4) * (1 / 2))
