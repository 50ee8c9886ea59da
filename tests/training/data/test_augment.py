import torch

from training.data.augment import Strength, augment

STILL = Strength(turn_degrees=0, scale=0, stretch=0, shift=0, bend=0, hu_shift=0, hu_noise=0)
DEPTH = 64 / 224


def ball(x: float, y: float) -> tuple[torch.Tensor, torch.Tensor]:
    """An image with a bright disc and one true point in its middle."""
    steps = (torch.arange(128) + 0.5) / 64 - 1
    distance = torch.hypot(steps[None, :] - x, steps[:, None] - y)
    image = torch.where(distance < 0.08, 500.0, -1000.0)[None, None]
    return image, torch.tensor([[[x, y, 0.1]]])


def middle(image: torch.Tensor) -> torch.Tensor:
    """Box x and y of the bright disc's centre."""
    steps = (torch.arange(128) + 0.5) / 64 - 1
    weight = (image[0, 0] + 1000).clamp(min=0)
    x = (weight.sum(dim=0) * steps).sum() / weight.sum()
    y = (weight.sum(dim=1) * steps).sum() / weight.sum()
    return torch.stack([x, y])


def test_without_strength_only_the_mirror_is_left() -> None:
    image, points = ball(0.4, -0.2)
    z_range = torch.tensor([[-DEPTH, DEPTH]])

    seen = set()
    for seed in range(8):
        generator = torch.Generator().manual_seed(seed)
        _, moved, depth = augment(image, points, z_range, generator, STILL)
        seen.add(tuple(round(v, 4) for v in moved[0, 0].tolist()))
        assert torch.allclose(depth, z_range)

    assert seen == {(0.4, -0.2, 0.1), (-0.4, -0.2, 0.1)}


def test_image_and_truth_move_together() -> None:
    image, points = ball(0.35, -0.25)
    z_range = torch.tensor([[-DEPTH, DEPTH]])

    for seed in range(12):
        generator = torch.Generator().manual_seed(seed)
        moved, moved_points, _ = augment(
            image, points, z_range, generator, Strength(hu_shift=0, hu_noise=0)
        )
        assert torch.allclose(middle(moved), moved_points[0, 0, :2], atol=0.012)


def test_a_larger_body_is_deeper_too_and_its_slices_reach_no_further_than_the_box() -> None:
    image, points = ball(0.3, 0.0)
    z_range = torch.tensor([[-DEPTH, 0.15]])
    strength = Strength(
        turn_degrees=0, scale=0.12, stretch=0, shift=0, bend=0, hu_shift=0, hu_noise=0
    )

    for seed in range(6):
        generator = torch.Generator().manual_seed(seed)
        _, moved, depth = augment(image, points, z_range, generator, strength)
        growth = abs(moved[0, 0, 0].item()) / 0.3
        assert abs(moved[0, 0, 2].item() / 0.1 - growth) < 1e-4
        assert abs(depth[0, 1].item() - min(0.15 * growth, DEPTH)) < 1e-5
        assert depth[0, 0].item() >= -DEPTH - 1e-6


def test_one_seed_gives_one_sample() -> None:
    image, points = ball(0.1, 0.2)
    z_range = torch.tensor([[-DEPTH, DEPTH]])

    first, second = (
        augment(image, points, z_range, torch.Generator().manual_seed(3))[0] for _ in range(2)
    )

    assert torch.equal(first, second)
