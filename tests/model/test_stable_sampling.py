import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.model.stable_sampling import apportion, dealt, scattered, weighted

CELLS = 5000


@pytest.fixture
def row() -> tuple[FloatArray, np.ndarray]:
    """Masses over four powers of ten, and where they lie in a row with gaps."""
    random = np.random.default_rng(3)
    at = np.flatnonzero(random.random(4 * CELLS) < 0.25)
    return np.exp(random.uniform(-9, 0, len(at))), at


@pytest.mark.parametrize("count", [1, 7, 1024, 100_000])
def test_exactly_as_many_are_apportioned_as_there_are(
    count: int, row: tuple[FloatArray, np.ndarray]
) -> None:
    assert apportion(*row, count).sum() == count
    assert apportion(*row, count).min() >= 0


def test_every_stretch_of_the_row_gets_its_part(row: tuple[FloatArray, np.ndarray]) -> None:
    mass, at = row

    got = np.cumsum(apportion(mass, at, 1024))

    assert np.abs(got - 1024 * np.cumsum(mass) / mass.sum()).max() < 8


def test_a_lone_cell_gets_all() -> None:
    assert apportion(np.array([0.3]), np.array([77]), 12).tolist() == [12]


def test_one_mass_that_changes_a_little_moves_little(
    row: tuple[FloatArray, np.ndarray],
) -> None:
    mass, at = row
    changed = mass.copy()
    changed[mass.argmax()] *= 1.05

    moved = np.abs(apportion(changed, at, 20_000) - apportion(mass, at, 20_000)).sum()

    assert moved <= 12
    equal_steps = [np.diff(np.rint(np.cumsum(m) / m.sum() * 20_000)) for m in (mass, changed)]
    assert np.abs(equal_steps[0] - equal_steps[1]).sum() > 100  # which the plain way does not do


def test_weights_add_up_to_the_mass_of_every_stretch(row: tuple[FloatArray, np.ndarray]) -> None:
    mass, at = row

    cells, _, weights = weighted(mass, at, 20_000.0)

    got = np.cumsum(np.bincount(cells, weights, minlength=len(at)))
    assert np.abs(got - 20_000 * np.cumsum(mass) / mass.sum()).max() < 0.005 * 20_000
    assert weights.min() > 0
    assert weights.max() == 1


def test_a_weight_changes_as_little_as_its_mass(row: tuple[FloatArray, np.ndarray]) -> None:
    mass, at = row
    nudged = mass * (1 + 1e-6 * np.random.default_rng(0).standard_normal(len(mass)))

    plain, other = (
        dict(zip(zip(*(part.tolist() for part in found[:2]), strict=True), found[2], strict=True))
        for found in (weighted(one, at, 20_000.0) for one in (mass, nudged))
    )

    changes = [abs(plain.get(k, 0.0) - other.get(k, 0.0)) for k in plain.keys() | other.keys()]
    assert max(changes) < 1e-3


def test_hands_are_dealt_alike_everywhere() -> None:
    at = np.repeat(np.arange(4000), 2)
    numbers = np.tile([0, 1], 4000)

    hands = dealt(at, numbers, 16)

    for stretch in np.split(hands, 10):
        assert np.bincount(stretch, minlength=16) == pytest.approx(50, abs=8)


def test_places_fill_their_cells() -> None:
    at, numbers = np.divmod(np.arange(8000), 4)

    where = scattered(at, numbers)

    counts, _ = np.histogramdd(where, bins=5, range=[(-0.5, 0.5)] * 3)
    assert counts == pytest.approx(8000 / 125, abs=25)
