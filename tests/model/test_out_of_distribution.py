import numpy as np
import pytest

from jrviewer.core.errors import InputRefusedError
from jrviewer.core.geometry import FloatArray
from jrviewer.model.out_of_distribution import MAGNETIC, RED, UPSIDE_DOWN, Familiarity
from jrviewer.model.predict import predict
from tests.support.record_factory import make_slice
from tests.support.small_network import model_with_distance_limit
from training.release.ood_statistics import LEAST_TURNED, Seen, fit


def slices(count: int = 60, width: int = 24) -> list[Seen]:
    """Features that differ along few directions; upside down, one of them has another sign."""
    random = np.random.default_rng(0)
    mixing = random.normal(size=(4, width))
    found = []
    for i in range(count):
        inner = random.normal(size=4)
        turned = inner.copy()
        inner[0], turned[0] = 3 + inner[0] / 3, -3 + inner[0] / 3
        grain = random.normal(0, 0.05, (2, width))
        found.append(Seen(str(i // 2), inner @ mixing + grain[0], turned @ mixing + grain[1]))
    return found


def magnetic(count: int = 40, width: int = 24) -> list[FloatArray]:
    """Features of another kind of slices, in a direction in which the learnt ones hardly differ."""
    random = np.random.default_rng(5)
    inner = random.normal((3, 0, 0, 0), 1, size=(count, 4))
    features = inner @ np.random.default_rng(0).normal(size=(4, width))
    features[:, 7] += 6
    return [*(features + random.normal(0, 0.05, features.shape))]


@pytest.fixture
def known() -> Familiarity:
    return fit(slices(), magnetic()[::2])


def test_the_slices_that_were_learnt_from_are_familiar(known: Familiarity) -> None:
    features = np.stack([one.upright for one in slices()])

    assert np.mean(known.distance(features) <= 1) > 0.9
    assert np.mean(known.upside_down(features) <= 1) > 0.9


def test_what_varies_in_another_way_is_not(known: Familiarity) -> None:
    strange = slices()[0].upright + np.random.default_rng(1).normal(0, 3, 24)

    levels = {finding.level for finding in known.findings(strange)}

    assert known.distance(strange[None])[0] > RED
    assert "red" in levels


def test_upside_down_is_said_in_words(known: Familiarity) -> None:
    said = [one.sentence for one in known.findings(slices()[0].upside_down)]

    assert any("upside down" in sentence for sentence in said)


def test_near_the_vertex_of_a_head_nothing_is_called_upside_down(known: Familiarity) -> None:
    said = [*known.findings(slices()[0].upside_down, has_front=lambda: False)]

    assert UPSIDE_DOWN not in [one.sentence for one in said]


def test_mr_that_was_never_seen_is_called_so_and_learnt_slices_are_not(known: Familiarity) -> None:
    upright = np.stack([one.upright for one in slices()])

    assert np.mean(known.like_mr(np.stack(magnetic()[1::2])) > 1) > 0.95
    assert np.mean(known.like_mr(upright) > 1) <= 0.02
    assert MAGNETIC in [one.sentence for one in known.findings(magnetic()[1])]


def test_where_no_mr_was_known_nothing_is_called_so() -> None:
    known = fit(slices())

    assert known.like_mr(np.stack(magnetic())).tolist() == [0] * 40
    assert len(known.limits) == 3


def test_weights_that_know_of_no_mr_are_read(known: Familiarity) -> None:
    arrays = {name: one for name, one in known.arrays().items() if name != "magnetic"}
    before = Familiarity.from_arrays(arrays | {"limits": known.limits[:2]})

    assert before is not None
    assert before.like_mr(slices()[0].upright[None]) == [0]


def test_what_goes_into_the_weights_comes_out_again(known: Familiarity) -> None:
    again = Familiarity.from_arrays(known.arrays())

    features = slices()[3].upright[None]
    assert again is not None
    assert again.distance(features) == pytest.approx(known.distance(features))
    assert Familiarity.from_arrays({}) is None


def test_a_slice_unlike_all_others_is_refused_until_it_is_run_anyway() -> None:
    model = model_with_distance_limit(1e-6)

    with pytest.raises(InputRefusedError, match="unlike") as refused:
        predict(model, make_slice())
    prediction = predict(model, make_slice(), run_anyway=True)

    assert any("unlike" in reason for reason in refused.value.reasons)
    assert prediction.overridden
    assert [one.level for one in prediction.findings] == ["red"]


def test_a_familiar_slice_passes_without_a_word() -> None:
    prediction = predict(model_with_distance_limit(1e9), make_slice())

    assert prediction.findings == ()
    assert not prediction.overridden


def test_a_slice_is_called_upside_down_only_where_it_is_well_on_that_side(
    known: Familiarity,
) -> None:
    """A third of what slices upside down usually have; between the two sides nothing is said."""
    turned = known.upside_down(np.stack([one.upside_down for one in slices()]))

    assert np.median(turned) == pytest.approx(1 / LEAST_TURNED, rel=0.2)
