import numpy as np
import pytest
from scipy import ndimage
from scipy.spatial import cKDTree

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM, FloatArray
from jrviewer.model import cloud_sampling
from jrviewer.model.cloud_sampling import Expected

SHAPE = (3, 16, 128, 128)
DEPTH = 64 / 224


def tube(radius: float = 0.5, structure: int = 0, background: float = -30.0) -> FloatArray:
    """Logits of a tube along the depth axis."""
    logits = np.full(SHAPE, background, dtype=np.float32)
    steps = (np.arange(128) + 0.5) / 64 - 1
    distance = np.abs(np.hypot(steps[None, :], steps[:, None]) - radius)
    logits[structure] = np.where(distance < 1 / 64, 0.0, background)
    return logits


@pytest.mark.parametrize("count", [1000, 1024, 4096])
def test_there_are_as_many_points_as_asked_for(count: int) -> None:
    points, labels, sigma = Expected.of(tube(), np.zeros(SHAPE, np.float32)).sample(count)

    assert points.shape == (count, 3)
    assert labels.shape == sigma.shape == (count,)


def test_points_lie_on_the_likely_surface() -> None:
    points, _, _ = Expected.of(tube(0.5), np.zeros(SHAPE, np.float32)).sample(1024)

    inside_a_likely_cell = 1 / 64 + np.sqrt(2) / 128
    assert np.abs(np.hypot(points[:, 0], points[:, 1]) - 0.5).max() < inside_a_likely_cell
    assert np.abs(points[:, 2]).max() <= DEPTH


def test_points_cover_the_surface_more_evenly_than_chance() -> None:
    points, _, _ = Expected.of(tube(0.5), np.zeros(SHAPE, np.float32)).sample(512)
    random = np.random.default_rng(0)
    angle = random.uniform(0, 2 * np.pi, (2, 20_000))
    height = random.uniform(-DEPTH, DEPTH, (2, 20_000))
    truth, other = np.stack([0.5 * np.cos(angle), 0.5 * np.sin(angle), height], axis=-1)

    own, chance = (np.mean(cKDTree(cloud).query(truth)[0]) for cloud in (points, other[:512]))

    assert own < 0.8 * chance


def test_structures_get_points_in_proportion_to_their_probability() -> None:
    skin, bone = tube(0.7, structure=0), tube(0.3, structure=1)
    logits = np.maximum(skin, bone)
    cells = [(part > -1).sum() for part in logits]

    _, labels, _ = Expected.of(logits, np.zeros(SHAPE, np.float32)).sample(1024)

    wanted = np.array(cells) / sum(cells) * 1024
    assert np.abs(np.bincount(labels, minlength=3) - wanted).max() < 0.05 * 1024


def test_every_point_gets_the_sigma_of_its_own_place_and_structure() -> None:
    log_sigma = np.zeros((3, 16, 64, 64), np.float32)
    log_sigma[0, :8] = np.log(5.0)

    points, _, sigma = Expected.of(tube(), log_sigma).sample(1024)

    assert sigma[points[:, 2] < -0.01] == pytest.approx(5.0, rel=0.013)  # kept in steps of 2.5 %
    assert sigma[points[:, 2] > 0.01] == pytest.approx(1.0, rel=0.013)


def test_points_go_to_where_the_surface_is_expected_to_be_near() -> None:
    haze = np.full(SHAPE, -30.0, dtype=np.float32)
    haze[0, :, 32:96, 32:96] = 0.0
    rows = np.abs(np.arange(64) - 31.5)[:, None] * np.ones(64)
    log_sigma = np.broadcast_to(np.log(1 + 7 * rows), (3, 16, 64, 64)).astype(np.float32)

    sure, unsure = (
        np.abs(Expected.of(haze, of_points).sample(1024)[0][:, 1]).mean()
        for of_points in (log_sigma, np.zeros_like(log_sigma))
    )

    assert sure < 0.8 * unsure


def test_the_same_surfaces_give_the_same_cloud() -> None:
    first, second = (
        Expected.of(tube(), np.zeros(SHAPE, np.float32)).sample(256)[0] for _ in range(2)
    )

    assert np.array_equal(first, second)


def test_a_network_may_lay_out_2_by_2_pixels_together() -> None:
    random = np.random.default_rng(4)
    logits = random.normal(0, 4, (3, 16, 128, 128)).astype(np.float32)
    log_sigma = random.normal(1, 1, (3, 16, 64, 64)).astype(np.float32)
    blocks = logits.reshape(48, 64, 2, 64, 2).transpose(1, 3, 0, 2, 4).reshape(64, 64, 192)
    sigmas = log_sigma.reshape(48, 64, 64).transpose(1, 2, 0)

    plain = Expected.of(logits, log_sigma, 1.2).sample(256)
    together = Expected.of_blocks(blocks, sigmas, 3, 1.2).sample(256)

    assert all(np.array_equal(one, other) for one, other in zip(plain, together, strict=True))


def test_the_expected_distance_rises_as_its_gradient_says() -> None:
    distance = np.random.default_rng(5).normal(9, 3, (3, 16, 64, 64)).astype(np.float32)
    cell_mm = np.array([8.0, 7.0, 7.0])  # layers, rows, columns
    slopes = [np.asarray(np.gradient(distance, cell_mm[i], axis=i + 1)) for i in (2, 1, 0)]
    gradient = np.moveaxis(np.array(slopes), 0, -1)
    cells = np.indices(distance.shape[1:]).reshape(3, -1).T
    centres_mm = ((cells + 0.5) * cell_mm - [64, 224, 224])[:, ::-1].astype(np.float32)

    for label in range(3):
        found = cloud_sampling.rise_of(distance)(
            centres_mm, np.full(len(cells), label, dtype=np.uint8)
        )
        assert found == pytest.approx(gradient[label].reshape(-1, 3), abs=1e-5)


@pytest.mark.parametrize("count", [1024, 4096])
def test_rounding_moves_hardly_a_point(count: int) -> None:
    random = np.random.default_rng(0)
    logits = np.maximum(tube(0.7, structure=0), tube(0.3, structure=1))
    logits += 3 * ndimage.gaussian_filter(random.standard_normal(SHAPE), 2).astype(np.float32)
    log_sigma = 1 + ndimage.gaussian_filter(random.standard_normal((3, 16, 64, 64)), 2)
    log_sigma = log_sigma.astype(np.float32)

    first, *others = (
        Expected.of(
            logits + np.float32(size) * random.standard_normal(SHAPE, dtype=np.float32),
            log_sigma + np.float32(size) * random.standard_normal(log_sigma.shape, np.float32),
        ).sample(count)
        for size in (0.0, 1e-6, 1e-6, 1e-6)
    )

    for points, labels, _ in others:
        apart = np.linalg.norm(points - first[0], axis=1) * BOX_HALF_WIDTH_MM
        assert ((apart < 0.1) & (labels == first[1])).mean() >= 0.99


def test_a_structure_as_likely_as_the_haze_at_its_edge_keeps_its_share() -> None:
    logits = np.maximum(tube(0.7, structure=0), tube(0.3, structure=1) - 1.0)
    mass = [np.exp(part[part > -5]).sum() for part in logits[:2]]

    _, labels, _ = Expected.of(logits, np.zeros(SHAPE, np.float32)).sample(1024)

    assert (labels == 1).mean() == pytest.approx(mass[1] / sum(mass), abs=0.05)


def test_the_left_of_the_image_is_the_left_of_the_cloud() -> None:
    logits = np.full(SHAPE, -30.0, dtype=np.float32)
    logits[2, 12, 20:24, 100:104] = 0.0

    points, labels, _ = Expected.of(logits, np.zeros(SHAPE, np.float32)).sample(16)

    assert points.mean(axis=0) == pytest.approx(
        [102 / 64 - 1, 22 / 64 - 1, (12.5 / 8 - 1) * DEPTH], abs=0.01
    )
    assert set(labels.tolist()) == {2}
