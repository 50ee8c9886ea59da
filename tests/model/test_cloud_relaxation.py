import numpy as np
import pytest
from scipy.spatial import cKDTree

from jrviewer.core.geometry import FloatArray
from jrviewer.model.cloud_relaxation import (
    PARTS,
    PLACES_PER_POINT,
    ROUNDS,
    SENT_AWAY,
    AtPoints,
    Labels,
    in_parts,
    relax,
)

PER_POINT = ROUNDS * PLACES_PER_POINT
SKIN, BONE = 0, 1


def everywhere(value: float | list[float]) -> AtPoints:
    return lambda points, labels: np.broadcast_to(
        np.asarray(value, float), (len(points), *np.shape(value))
    )


LEVEL = everywhere([0.0, 0.0, 0.0])


def rest(
    points: FloatArray,
    places: FloatArray,
    structures: Labels | None = None,
    distance: AtPoints | None = None,
    rise: AtPoints = LEVEL,
) -> tuple[FloatArray, Labels]:
    if structures is None:
        structures = np.zeros(len(places), np.uint8)
    labels = np.zeros(len(points), np.uint8)
    return relax(points, labels, in_parts(places, structures), distance or everywhere(0.0), rise)


def heaps(*sizes_and_x: tuple[int, float], seed: int = 0) -> FloatArray:
    """So many places within a few millimetres of (x, 0, 0), in any order."""
    random = np.random.default_rng(seed)
    parts = [random.normal([x, 0, 0], 2.0, (size, 3)) for size, x in sizes_and_x]
    return random.permutation(np.concatenate(parts))


def test_a_point_comes_to_rest_at_the_median_of_its_places_not_at_their_mean() -> None:
    places = heaps((PER_POINT * 3 // 4, 0.0), (PER_POINT // 4, 60.0))

    points, _ = rest(np.array([[25.0, 5.0, 0.0]]), places)

    assert np.linalg.norm(points[0]) < 2.0
    assert places[:, 0].mean() == pytest.approx(15.0, abs=1.5)


def test_a_point_goes_down_the_expected_distance_as_far_as_its_places_let_it() -> None:
    places = heaps((PER_POINT, 0.0))
    begin = np.zeros((1, 3))

    held, drawn = (
        rest(begin, places, rise=everywhere([rise, 0.0, 0.0]))[0][0, 0] for rise in (0.2, 5.0)
    )

    assert -2.0 < held < 0.0  # a place pulls with 1 mm per mm
    assert drawn < -20.0


def test_points_that_help_little_go_where_one_stands_for_too_much() -> None:
    crowd = heaps((39, 0.0), seed=1)
    begin = np.concatenate([crowd, [[200.0, 0.0, 0.0]]])
    places = heaps((20 * PER_POINT, 0.0), (20 * PER_POINT, 200.0))

    points, _ = rest(begin, places)

    assert (points[:, 0] > 100).sum() == 2  # a second beside the one
    assert SENT_AWAY * 40 > 1


def test_a_point_that_is_sent_away_takes_the_structure_that_it_comes_to() -> None:
    begin = np.concatenate([heaps((39, 0.0), seed=1), [[200.0, 0.0, 0.0]]])
    places = heaps((20 * PER_POINT, 0.0), (20 * PER_POINT, 200.0))
    structures = np.where(places[:, 0] > 100, BONE, SKIN).astype(np.uint8)

    points, labels = rest(begin, places, structures)

    sent = (points[:, 0] > 100) & (np.arange(40) < 39)
    assert sent.any()
    assert set(labels[sent].tolist()) == {BONE}
    assert set(labels[~sent].tolist()) == {SKIN}


def test_no_point_is_sent_to_where_the_surface_is_not_expected_to_be() -> None:
    begin = np.concatenate([heaps((39, 0.0), seed=1), [[200.0, 0.0, 0.0]]])
    places = heaps((20 * PER_POINT, 0.0), (20 * PER_POINT, 200.0))

    def far(points: FloatArray, labels: Labels) -> FloatArray:
        return np.where(points[:, 0] > 100, 1000.0, 0.0)

    points, _ = rest(begin, places, distance=far)

    assert (points[:, 0] > 100).sum() <= 1


def test_places_that_it_never_saw_lie_nearer_to_the_cloud_than_before() -> None:
    random = np.random.default_rng(0)
    begin, places, others = (
        random.uniform(0, 100, (size, 3)) * [1, 1, 0] for size in (100, 100 * PER_POINT, 5000)
    )

    points, _ = rest(begin, places)

    before, after = (np.mean(cKDTree(cloud).query(others)[0]) for cloud in (begin, points))
    assert after < 0.85 * before


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_points_settle_too(count: int) -> None:
    points, labels = rest(heaps((count, 10.0), seed=3), heaps((count * PER_POINT, 10.0)))

    assert points[:, 0] == pytest.approx(10.0, abs=6.0)  # three standard deviations
    assert labels.shape == (count,)


def test_what_was_given_stays_as_it_was() -> None:
    begin, places = heaps((40, 0.0)), heaps((40 * PER_POINT, 50.0))
    kept = begin.copy()

    rest(begin, places)

    assert np.array_equal(begin, kept)


def test_a_place_of_little_weight_pulls_little() -> None:
    heavy, light = np.zeros((PER_POINT, 3)), np.tile([60.0, 0.0, 0.0], (PER_POINT, 1))
    pairs = np.stack([heavy, light], axis=1).reshape(-1, ROUNDS * PARTS, 3)
    places = np.stack([pairs, pairs[:, ::-1]], axis=1).reshape(-1, 3)  # both in every part
    parts = [
        part._replace(weights=np.where(part.at[:, 0] > 0, 0.01, 1.0))
        for part in in_parts(places, np.zeros(len(places), np.uint8))
    ]

    points, _ = relax(
        np.array([[30.0, 1.0, 0.0]]), np.zeros(1, np.uint8), parts, everywhere(0.0), LEVEL
    )

    assert np.linalg.norm(points[0]) < 2.0


def test_a_difference_in_the_last_digits_stays_small() -> None:
    random = np.random.default_rng(0)
    begin, places = (
        random.uniform(0, 200, (size, 3)) * [1, 1, 0.2] for size in (500, 500 * PER_POINT)
    )
    nudge = 1e-8 * random.standard_normal(begin.shape)

    plain, nudged = (rest(points, places)[0] for points in (begin, begin + nudge))

    assert (np.linalg.norm(plain - nudged, axis=1) < 0.01).mean() > 0.99
