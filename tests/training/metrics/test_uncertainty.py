import numpy as np
import pytest

from training.metrics.uncertainty import Errors, scores


def errors(sigma_mm: np.ndarray, distance_mm: np.ndarray) -> Errors:
    return Errors(np.linspace(0, 64, len(sigma_mm)), sigma_mm, distance_mm)


def test_an_exact_sigma_reaches_the_highest_possible_rank_correlation() -> None:
    random = np.random.default_rng(1)
    sigma_mm = random.lognormal(1.0, 0.4, 20_000)

    exact = scores(errors(sigma_mm, sigma_mm * np.abs(random.standard_normal(20_000))))
    unaware = scores(errors(sigma_mm, np.abs(random.standard_normal(20_000))))

    assert exact["spearman"] == pytest.approx(exact["spearman_if_exact"], abs=0.03)
    assert abs(unaware["spearman"]) < 0.03 < 0.3 < unaware["spearman_if_exact"]


def test_points_within_the_radius_are_counted_at_their_depth() -> None:
    sigma_mm = np.linspace(1.0, 1.01, 9)
    distance_mm = np.array([0.0, 2.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 1.0])

    found = scores(errors(sigma_mm, distance_mm))  # 8 mm apart; 90 % lie within 1.645 sigma

    assert found["coverage90"] == pytest.approx(6 / 9)
    assert found["by_depth_mm"] == pytest.approx({"0-8": 1.0, "8-24": 0.5, "24-64": 4 / 6})
