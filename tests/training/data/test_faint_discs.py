import torch

from training.data.faint_discs import CONTRAST_HU, faint_discs


def test_discs_appear_in_tissue_and_nowhere_in_air() -> None:
    crop = torch.full((64, 64), 40.0)
    crop[:, :32] = -1000.0

    added = faint_discs(crop, torch.Generator().manual_seed(3))

    assert not added[:, :32].any()
    assert added.any()
    assert added.abs().max() <= 3 * CONTRAST_HU[1]


def test_discs_are_as_often_darker_as_brighter() -> None:
    generator = torch.Generator().manual_seed(0)
    crop = torch.zeros(48, 48)

    means = torch.stack([faint_discs(crop, generator).sum() for _ in range(200)])

    assert 60 < (means > 0).sum() < 140


def test_the_crop_that_came_in_is_left_alone() -> None:
    crop = torch.zeros(32, 32)

    faint_discs(crop, torch.Generator().manual_seed(0))

    assert not crop.any()
