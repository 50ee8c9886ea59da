import math

import pytest
import torch

from jrviewer.network import Denoised, Surfaces
from training.losses import cell_index, denoising_loss, sigma_loss, surface_loss

DEPTH = 64 / 224
SHAPE = torch.Size((3, 16, 128, 128))


def flat_surfaces() -> Surfaces:
    return Surfaces(torch.zeros(1, *SHAPE), torch.zeros(1, 3, 16, 64, 64))


def test_a_perfect_slice_costs_less_than_the_noisy_one_left_alone() -> None:
    clean = torch.zeros(2, 1, 16, 16)
    noisy = torch.randn(2, 1, 16, 16) * 50
    variance = torch.full_like(clean, math.log(2500))

    perfect = denoising_loss(Denoised(clean, variance), noisy, clean)
    untouched = denoising_loss(Denoised(noisy, variance), noisy, clean)

    assert perfect < 0.2 < 0.9 < untouched


def test_the_same_share_of_noise_left_costs_the_same_at_every_dose() -> None:
    clean, noise = torch.zeros(1, 1, 32, 32), torch.randn(1, 1, 32, 32)
    variance = torch.zeros_like(clean)

    weak, strong = (
        denoising_loss(Denoised(0.5 * s * noise, variance + 2 * math.log(s)), s * noise, clean)
        for s in (80.0, 400.0)
    )

    assert strong == pytest.approx(float(weak), rel=0.05)


def test_a_shifted_region_costs_more_than_grain_of_the_same_size() -> None:
    clean, noise = torch.zeros(1, 1, 32, 32), torch.randn(1, 1, 32, 32) * 50
    grain = torch.ones(1, 1, 32, 32) * 10
    grain[..., ::2] *= -1
    variance = torch.full_like(clean, math.log(100))

    grainy = denoising_loss(Denoised(grain, variance), noise, clean)
    shifted = denoising_loss(Denoised(grain.abs(), variance), noise, clean)

    assert shifted > 1.5 * grainy


def test_points_fall_into_the_cells_of_their_places() -> None:
    points = torch.tensor([[[-1.0, -1.0, -DEPTH], [0.999, 0.999, DEPTH], [0.0, 0.5, 0.0]]])
    labels = torch.tensor([[0, 2, 1]])

    cells = cell_index(points, labels, SHAPE)

    rows = 128 * 128
    assert cells.tolist() == [[0, 3 * 16 * rows - 1, (16 + 8) * rows + 96 * 128 + 64]]


def test_points_outside_the_box_have_no_cell() -> None:
    points = torch.tensor([[[1.2, 0.0, 0.0], [0.0, 0.0, 0.3]]])

    assert cell_index(points, torch.zeros(1, 2, dtype=torch.long), SHAPE).tolist() == [[-1, -1]]


def test_knowing_nothing_costs_the_logarithm_of_the_number_of_cells() -> None:
    points, labels = torch.zeros(1, 5, 3), torch.zeros(1, 5, dtype=torch.long)

    loss = surface_loss(flat_surfaces(), points, labels, torch.tensor([[-DEPTH, DEPTH]]))

    assert loss == pytest.approx(math.log(3 * 16 * 128 * 128), rel=1e-5)


def test_depth_without_slices_takes_no_part() -> None:
    points, labels = torch.zeros(1, 5, 3) + 0.01, torch.zeros(1, 5, dtype=torch.long)

    loss = surface_loss(flat_surfaces(), points, labels, torch.tensor([[0.0, DEPTH]]))

    assert loss == pytest.approx(math.log(3 * 8 * 128 * 128), rel=1e-5)


def test_pushing_up_the_true_cell_lowers_the_loss() -> None:
    points, labels = torch.full((1, 4, 3), 0.25), torch.full((1, 4), 2)
    z_range = torch.tensor([[-DEPTH, DEPTH]])
    surfaces = flat_surfaces()
    cell = cell_index(points, labels, SHAPE)[0, 0]
    surfaces.logits.view(-1)[cell] = 5.0

    assert surface_loss(surfaces, points, labels, z_range) < math.log(3 * 16 * 128 * 128) - 4


def test_sigma_is_dearest_when_it_claims_too_much() -> None:
    torch.manual_seed(0)
    truth = torch.rand(1, 200, 3) * 0.1
    z_range = torch.tensor([[-DEPTH, DEPTH]])
    logits = torch.zeros(1, *SHAPE)

    bold, fair = (
        sigma_loss(Surfaces(logits, torch.full((1, 3, 16, 64, 64), math.log(mm))), truth, z_range)
        for mm in (1.0, 40.0)
    )

    assert fair < bold
