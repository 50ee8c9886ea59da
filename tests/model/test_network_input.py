import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from jrviewer.model.network_input import (
    BODY_HU,
    CT,
    DETAIL_HU,
    DETAIL_LIMIT,
    HU_SCALE,
    noise_of,
    see,
    shuffled,
    unshuffled,
)


@pytest.fixture
def hu() -> Tensor:
    return 40 + 60 * torch.randn(2, 1, 64, 48, generator=torch.Generator().manual_seed(1))


def mean_around(hu: Tensor) -> Tensor:
    return F.avg_pool2d(hu, 5, stride=1, padding=2, count_include_pad=False)


def test_detail_is_a_pixel_less_the_mean_of_five_by_five_also_at_the_edges(hu: Tensor) -> None:
    seen = see(hu, CT)

    expected = ((hu - mean_around(hu)) / DETAIL_HU).clamp(-DETAIL_LIMIT, DETAIL_LIMIT)
    assert torch.allclose(seen[:, :1], hu / HU_SCALE)
    assert torch.allclose(seen[:, 1:2], expected, atol=1e-5)


def test_noise_is_the_median_detail_of_every_fourth_pixel_in_the_body(hu: Tensor) -> None:
    hu[..., :20, :] = -1000.0
    detail = (hu - mean_around(hu))[..., ::4, ::4].abs()
    body = hu[..., ::4, ::4] > BODY_HU

    expected = [1.48 * one[there].median() for one, there in zip(detail, body, strict=True)]

    assert noise_of(hu).flatten().tolist() == pytest.approx([float(one) for one in expected], 0.01)


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("inference", [False, True])
def test_pixels_become_channels_and_channels_pixels_as_torch_has_it(
    hu: Tensor, kind: torch.dtype, inference: bool
) -> None:
    x = torch.cat([hu, hu + 1, hu + 2], dim=1).to(kind)
    deep = F.pixel_unshuffle(x, 2).contiguous(memory_format=torch.channels_last)

    with torch.inference_mode(inference):
        assert torch.equal(unshuffled(x.split(1, 1)), deep)
        assert unshuffled(x.split(1, 1)).is_contiguous(memory_format=torch.channels_last)
        assert torch.equal(shuffled(deep), x)


def test_gradients_go_through_both(hu: Tensor) -> None:
    x = hu.clone().requires_grad_()
    shuffled(unshuffled(x.split(1, 1)) * 3).sum().backward()

    assert x.grad is not None
    assert torch.equal(x.grad, torch.full_like(x, 3.0))
