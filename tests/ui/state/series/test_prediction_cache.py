"""What is kept of predictions: each once, at the strength that it was last asked for."""

from dataclasses import replace

import numpy as np

from jrviewer.core.prediction import Prediction
from jrviewer.core.strength import HIGH, LOW
from jrviewer.ui.state.series.prediction_cache import PredictionCache
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import make_plane, make_slice


def noisy_at(height_mm: float, sd: float) -> Prediction:
    plane = make_plane(origin_mm=(0, 0, height_mm))
    return make_noisy(make_slice(np.zeros((160, 160)), plane=plane), sd=sd)


def test_a_prediction_is_the_same_one_until_another_strength_is_asked_for() -> None:
    cache, made = PredictionCache(), make_noisy()
    cache.keep(made, None)

    low = cache.at(LOW, made.slice)
    assert low is not None
    assert low.strength == LOW
    assert cache.at(LOW, made.slice) is low
    high = cache.at(HIGH, made.slice)
    assert high is not None
    assert high.strength == HIGH
    assert list(cache.values()) == [high]


def test_nothing_is_known_of_no_slice_or_of_another_one() -> None:
    cache = PredictionCache()
    cache.keep(make_noisy(), None)

    assert cache.at(LOW, None) is None
    assert cache.at(LOW, make_slice()) is None


def test_a_slice_whose_noise_says_nothing_loses_as_much_as_the_nearest_one_that_does() -> None:
    cache = PredictionCache()
    near, far = noisy_at(5, sd=20), noisy_at(50, sd=40)
    silent = replace(noisy_at(0, sd=20), noise=None)
    for one in (far, near, silent):
        cache.keep(one, None)

    shown = cache.at(LOW, silent.slice)
    assert shown is not None
    assert shown.nearest_noise is near.noise
    assert shown.shares == near.at(LOW).shares
