import math

import pytest
import torch

from jrviewer.model.network import LOG_SIGMA, Denoised, Surfaces
from training.fit.losses import (
    cell_index,
    contrast_loss,
    denoising_loss,
    sigma_loss,
    surface_distance,
    surface_loss,
)

DEPTH = 64 / 224
CELLS = 3 * 16


def flat_surfaces(log_sigma: float = LOG_SIGMA) -> Surfaces:
    raw = torch.zeros(1, 5 * CELLS, 64, 64)
    raw[:, :CELLS] = log_sigma - LOG_SIGMA
    return Surfaces(raw.contiguous(memory_format=torch.channels_last), 3)


def values_of(surfaces: Surfaces) -> torch.Tensor:
    """The raw values in the order that cells are counted in."""
    return surfaces.raw.permute(0, 2, 3, 1).flatten()


def test_a_perfect_slice_costs_less_than_the_noisy_one_left_alone() -> None:
    clean = torch.zeros(2, 1, 16, 16)
    noisy = torch.randn(2, 1, 16, 16) * 50
    variance = torch.full_like(clean, math.log(2500))

    perfect = denoising_loss(Denoised(clean, variance), noisy, clean)
    untouched = denoising_loss(Denoised(noisy, variance), noisy, clean)

    assert perfect < 0.2 < 0.9 < untouched


def test_contrast_costs_the_square_of_the_share_that_is_lost() -> None:
    discs = torch.zeros(2, 1, 16, 16)
    discs[:, :, 4:9, 4:9] = torch.tensor([30.0, -12.0])[:, None, None, None]

    assert contrast_loss(discs, discs) == 0
    assert contrast_loss(0.5 * discs, discs) == pytest.approx(0.25)
    assert contrast_loss(torch.zeros_like(discs), discs) == pytest.approx(1)
    assert contrast_loss(discs[:0], discs[:0]) == 0  # a step may hold no disc at all


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


def test_points_fall_into_the_cells_of_their_positions() -> None:
    points = torch.tensor([[[-1.0, -1.0, -DEPTH], [0.999, 0.999, DEPTH], [0.0, 0.5, 0.0]]])
    labels = torch.tensor([[0, 2, 1]])
    surfaces = flat_surfaces()

    logits, sigmas = cell_index(points, labels, surfaces)

    values_of(surfaces)[logits[0]] = torch.tensor([1.0, 2.0, 3.0])
    values_of(surfaces)[sigmas[0]] = torch.tensor([0.5, 1.5, 2.5])
    box, sigma = surfaces.logits[0], surfaces.log_sigma[0] - LOG_SIGMA
    found = [box[0, 0, 0, 0], box[2, 15, 127, 127], box[1, 8, 96, 64]]
    found += [sigma[0, 0, 0, 0], sigma[2, 15, 63, 63], sigma[1, 8, 48, 32]]
    assert [value.item() for value in found] == [1.0, 2.0, 3.0, 0.5, 1.5, 2.5]
    assert box.count_nonzero() == sigma.count_nonzero() == 3


def test_points_outside_the_box_have_no_cell() -> None:
    points = torch.tensor([[[1.2, 0.0, 0.0], [0.0, 0.0, 0.3]]])

    logits, _ = cell_index(points, torch.zeros(1, 2, dtype=torch.long), flat_surfaces())

    assert logits.tolist() == [[-1, -1]]


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
    values_of(surfaces)[cell_index(points, labels, surfaces)[0][0, 0]] = 5.0

    assert surface_loss(surfaces, points, labels, z_range) < math.log(3 * 16 * 128 * 128) - 4


def test_sigma_costs_least_at_the_distance_that_cells_have() -> None:
    truth = plane_of_points(z=DEPTH / 2)
    one_layer = torch.tensor([[0.0, 0.01]])  # cells 0–8 mm from the slice, the surface at 32

    costs = []
    for mm in (4.0, 28.0 / 0.8, 140.0):
        torch.manual_seed(0)
        costs.append(float(sigma_loss(flat_surfaces(math.log(mm)), truth, one_layer)))

    assert costs[1] < min(costs[0], costs[2])


def test_the_distance_to_a_sampled_surface_is_that_to_the_surface_not_to_its_samples() -> None:
    places = torch.tensor([[0.1, 0.1, 0.0], [0.3, -0.2, 10 / 224], [1.2, 0.0, 0.0]])

    distance = surface_distance(places, plane_of_points(z=0.0)[0])

    assert distance[0] < 0.1
    assert distance[1] == pytest.approx(10.0, abs=0.1)
    assert 35.0 < distance[2] < 0.2 * 224  # beyond its edge


def plane_of_points(z: float) -> torch.Tensor:
    """Samples (1, 6000, 3) of the box's cross-section at a depth."""
    points = torch.rand(1, 6000, 3, generator=torch.Generator().manual_seed(1)) * 2 - 1
    points[..., 2] = z
    return points
