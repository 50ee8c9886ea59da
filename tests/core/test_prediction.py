import pickle
from dataclasses import replace

import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from jrviewer.core.prediction import Removed, SeriesNoise, removed_from
from jrviewer.core.records import Cloud, Slice
from jrviewer.core.strength import FULL, HIGH, LOW, STANDARD, Strength
from jrviewer.imaging.noise_level import calm_region, noise_sd
from tests.support.noisy_prediction import make_noisy
from tests.support.record_factory import make_cloud, make_erased, make_prediction


def test_what_was_removed_is_computed_once_and_stays_with_the_prediction() -> None:
    asked: list[Slice] = []

    def check(image: Slice, denoised: FloatArray) -> Removed:
        asked.append(image)
        return Removed(1.0, 2.0, ())

    prediction = replace(make_prediction(), check_residual=check)
    assert prediction.removed is None

    found = prediction.compute_removed()

    assert prediction.removed is found is prediction.compute_removed()
    assert asked == [prediction.slice]


def test_the_dense_cloud_is_computed_once_and_stays_with_the_prediction() -> None:
    made = make_prediction()
    asked: list[Cloud] = []

    def sample() -> Cloud:
        asked.append(make_cloud(made.slice.plane, 4096))
        return asked[-1]

    prediction = replace(made, sample_dense=sample)
    assert prediction.dense_cloud is None

    dense = prediction.compute_dense_cloud()

    assert asked == [dense]
    assert prediction.dense_cloud is dense is prediction.compute_dense_cloud()


def test_another_denoised_slice_is_judged_anew() -> None:
    erased = make_erased()
    assert len(erased.compute_removed().marks) == 1

    honest = replace(erased, fully_denoised=erased.slice.pixels.copy())

    assert honest.removed is None
    assert honest.compute_removed().marks == ()


def test_a_prediction_goes_to_another_process_with_what_was_computed() -> None:
    erased = make_erased()
    found = erased.compute_removed()

    copy = pickle.loads(pickle.dumps(erased))

    assert copy.removed == found
    assert len(copy.compute_dense_cloud()) == 4096


@pytest.mark.parametrize("wanted", [LOW, STANDARD, HIGH, Strength(0.4)])
def test_a_prediction_at_a_strength_has_lost_that_share_of_its_noise(wanted: Strength) -> None:
    prediction = make_noisy().at(wanted)

    assert prediction.noise_before is not None
    assert prediction.noise_before == pytest.approx(20, rel=0.15)
    assert prediction.noise_after == pytest.approx(
        (1 - wanted.reduction) * prediction.noise_before, rel=0.01
    )
    calm = calm_region(prediction.slice.pixels, "HU")
    assert noise_sd(prediction.denoised, calm) == pytest.approx(prediction.noise_after, rel=0.02)


def test_where_the_network_finds_less_than_was_asked_for_the_sentence_says_so() -> None:
    made = make_noisy(removed=0.6)

    assert made.at(STANDARD).noise_sentence.endswith("(−50 %)")
    assert made.at(HIGH).noise_sentence.endswith(" %, as much as it can)")
    assert made.at(FULL).noise_sentence.endswith(" %)")  # nobody expects it to be all gone
    assert made.at(FULL).noise_after == pytest.approx(made.at(HIGH).noise_after)
    assert not made.at(Strength(0.0)).is_at_limit


def test_nothing_and_everything_can_be_removed() -> None:
    made = make_noisy()
    assert np.array_equal(made.at(Strength(0.0)).denoised, made.slice.pixels)
    assert np.array_equal(made.at(FULL).denoised, made.fully_denoised)


def test_another_strength_keeps_the_cloud_and_judges_anew_what_was_removed() -> None:
    asked: list[float] = []

    def check(image: Slice, denoised: FloatArray) -> Removed:
        asked.append(float(np.std(image.pixels - denoised)))
        return Removed(1.0, asked[-1], ())

    made = replace(make_noisy(), check_residual=check)
    made.compute_removed()
    dense = made.compute_dense_cloud()

    low = made.at(LOW)

    assert low.cloud is made.cloud
    assert low.dense_cloud is dense
    assert low.removed is None
    low.compute_removed()
    assert asked[1] < 0.5 * asked[0]
    assert made.removed is not None
    assert made.strength == FULL


def test_the_same_strength_is_the_same_prediction() -> None:
    made = make_noisy()
    assert made.at(FULL) is made


def test_a_slice_that_says_nothing_of_its_noise_follows_its_neighbour() -> None:
    neighbour = make_noisy().at(STANDARD)
    silent = replace(make_prediction(neighbour.slice), strength=STANDARD)
    assert silent.noise_before is silent.noise_after is None
    assert silent.shares != neighbour.shares

    beside = silent.beside(neighbour.noise)

    assert beside.shares == neighbour.shares
    assert beside.at(HIGH).shares == neighbour.at(HIGH).shares
    assert beside.noise_before is None


def test_a_measured_slice_does_not_follow_its_neighbour() -> None:
    made = make_noisy().at(STANDARD)
    assert made.beside(make_noisy(sd=5).noise).shares == made.shares


def test_along_a_series_a_slice_that_says_nothing_takes_the_last_that_did() -> None:
    series = SeriesNoise()
    silent = replace(make_prediction(), strength=STANDARD)
    hardly_noisy = make_noisy(sd=0).at(STANDARD)
    first, second = make_noisy(removed=0.6).at(STANDARD), make_noisy(removed=0.8).at(STANDARD)

    given = (silent, first, silent, hardly_noisy, second, silent)
    steadied = [series.steady(one) for one in given]

    shares = [one.shares for one in steadied]
    assert shares[0] == silent.shares
    assert shares[1] == shares[2] == shares[3] == first.shares
    assert shares[4] == shares[5] == second.shares != first.shares


def test_padding_bright_or_dark_leaves_the_pixels_beside_it_alone() -> None:
    made = make_noisy()
    pixels = made.slice.pixels.copy()
    pixels[:, :30] = 3000
    padded = replace(made.slice, pixels=pixels, padding=3000.0)
    prediction = replace(made, slice=padded).at(STANDARD)

    beside = prediction.denoised[:, 30:]

    assert np.allclose(beside[:, 12:], made.at(STANDARD).denoised[:, 42:], atol=0.3)
    assert np.abs(beside - made.at(STANDARD).denoised[:, 30:]).max() < 15
    assert not removed_from(padded, made.fully_denoised).fine[:, :20].any()
