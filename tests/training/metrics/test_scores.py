import numpy as np
import pytest

from jrviewer.core.geometry import BOX_HALF_WIDTH_MM
from training.metrics import scores as metrics
from training.metrics.scores import Truth


def mm(*points: tuple[float, float, float]) -> np.ndarray:
    return np.array(points) / BOX_HALF_WIDTH_MM


def truth(*points: tuple[float, float, float], labels: tuple[int, ...] | None = None) -> Truth:
    own = np.array(labels or [0] * len(points), dtype=np.uint8)
    return Truth(mm(*points), own, (-64 / BOX_HALF_WIDTH_MM, 64 / BOX_HALF_WIDTH_MM))


def skin(points: np.ndarray) -> np.ndarray:
    return np.zeros(len(points), dtype=np.uint8)


def test_rmse_is_in_the_images_own_unit() -> None:
    image = np.array([[3.0, 0.0], [0.0, 99.0]])

    assert metrics.rmse(
        image, np.zeros((2, 2)), np.array([[True, True], [True, False]])
    ) == pytest.approx(np.sqrt(3.0))


def test_the_bias_of_a_shifted_tissue_is_its_shift() -> None:
    reference = np.full((20, 20), 40.0)
    reference[:, 10:] = -800.0
    image = reference.copy()
    image[:, :10] += 7.0
    image[:, 10:] -= 2.0

    bias = metrics.tissue_bias(image, reference, np.ones((20, 20), bool))

    assert bias == {"soft_tissue": 7.0, "lung": -2.0}


def test_l1_is_half_the_sum_of_both_mean_distances_in_mm() -> None:
    scores = metrics.cloud_scores(mm((0, 0, 0)), skin(mm((0, 0, 0))), truth((3, 4, 0), (0, 0, 2)))

    # predicted → true: 2; true → predicted: (5 + 2) / 2
    assert scores["L1_mm"] == pytest.approx((2 + 3.5) / 2)


def test_l2_is_the_sum_of_both_mean_squares_in_box_units() -> None:
    scores = metrics.cloud_scores(mm((0, 0, 0)), skin(mm((0, 0, 0))), truth((3, 4, 0), (0, 0, 2)))

    assert scores["L2"] == pytest.approx((4 + (25 + 4) / 2) / 224**2)


def test_hd95_is_the_worse_of_both_directions() -> None:
    points = mm(*[(i, 0, 0) for i in range(21)])

    scores = metrics.cloud_scores(points, skin(points), truth((0, 0, 0)))

    assert scores["hd95_mm"] == pytest.approx(19.0)


def test_the_f_score_is_the_harmonic_mean_of_precision_and_recall() -> None:
    there, back = np.array([1.0, 9.0]), np.array([1.0, 1.0, 1.0, 9.0])

    assert metrics.f_score(there, back, 5.0) == pytest.approx(2 * 0.5 * 0.75 / 1.25)
    assert metrics.f_score(there, back, 0.5) == 0.0


def test_predicted_points_beyond_the_existing_slices_do_not_count() -> None:
    points = mm((0, 0, 1), (0, 0, 50))
    short = Truth(mm((0, 0, 0)), skin(mm((0, 0, 0))), (-10 / 224, 10 / 224))

    scores = metrics.cloud_scores(points, skin(points), short)

    assert scores["L1_mm"] == pytest.approx(1.0)


def test_depth_bins_ask_the_points_within_and_answer_from_anywhere() -> None:
    points = mm((0, 0, 7), (0, 0, 30))

    scores = metrics.cloud_scores(points, skin(points), truth((0, 0, 9), (0, 0, 4), (0, 0, -40)))

    # 0–8 mm: 7 → 9 is 2, 4 → 7 is 3; 8–24 mm: no predicted point; 24–64: 30 → 9 is 21, −40 → 7
    assert scores["by_depth_mm"] == pytest.approx({"0-8": 2.5, "24-64": (21 + 47) / 2})


def test_a_structure_is_compared_with_itself_alone() -> None:
    points = mm((0, 0, 0), (10, 0, 0))
    labels = np.array([0, 1], dtype=np.uint8)

    scores = metrics.cloud_scores(points, labels, truth((1, 0, 0), (16, 0, 0), labels=(0, 1)))

    assert scores["by_structure"] == pytest.approx({"skin": 1.0, "bone": 6.0})


def test_the_gap_closed_is_the_share_of_the_way_to_the_floor() -> None:
    assert metrics.gap_closed(baseline=13.0, ours=7.0, floor=5.0) == pytest.approx(0.75)


def test_the_bootstrap_interval_holds_the_mean_and_shrinks_to_it_for_equal_patients() -> None:
    low, high = metrics.bootstrap([1.0, 2.0, 6.0], seed=1)

    assert 1.0 <= low < 3.0 < high <= 6.0
    assert metrics.bootstrap([2.0, 2.0], seed=1) == [2.0, 2.0]


def test_averages_go_level_by_level_and_skip_what_a_row_lacks() -> None:
    rows = [{"a": 1.0, "b": {"x": 2.0}}, {"a": 3.0, "b": {"x": 4.0, "y": 5.0}}]

    assert metrics.average(rows) == {"a": 2.0, "b": {"x": 3.0, "y": 5.0}}
