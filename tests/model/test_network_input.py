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


def test_noise_is_the_median_detail_of_every_second_pixel_in_the_body(hu: Tensor) -> None:
    hu[..., :20, :] = -1000.0
    detail = (hu - mean_around(hu))[..., ::2, ::2].abs()
    body = hu[..., ::2, ::2] > BODY_HU

    expected = [1.48 * one[there].median() for one, there in zip(detail, body, strict=True)]

    assert noise_of(hu).flatten().tolist() == pytest.approx([float(one) for one in expected], 0.01)
