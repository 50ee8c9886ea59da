from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from jrviewer.core import strength
from jrviewer.core.geometry import FloatArray
from jrviewer.core.strength import (
    ALL,
    FULL,
    HIGH,
    LOW,
    STANDARD,
    Noise,
    Residual,
    Strength,
    parse_strength,
)
from jrviewer.imaging.noise_level import calm_region, measure, measure_in, noise_sd


def slice_with(sd: float, removed_share: float = 0.9) -> tuple[FloatArray, Residual]:
    """Soft tissue in air with noise, and what a network might remove of it."""
    pixels = np.full((160, 160), -1000, dtype=np.float32)
    pixels[20:140, 20:140] = 50
    noise = np.random.default_rng(0).normal(0, 1, pixels.shape).astype(np.float32) * sd
    noisy = pixels + noise
    return noisy, Residual.of(noisy, noisy - removed_share * noise)


def noise_of(pixels: FloatArray, removed: Residual) -> Noise:
    noise = measure_in(calm_region(pixels, "HU"), pixels, removed, "HU")
    assert noise is not None
    return noise


def measured(sd: float, removed_share: float = 0.9) -> Noise:
    return noise_of(*slice_with(sd, removed_share))


@pytest.mark.parametrize("wanted", [LOW, STANDARD, HIGH, Strength(0.1), Strength(0.88)])
def test_a_strength_takes_its_share_of_the_noise(wanted: Strength) -> None:
    pixels, removed = slice_with(20)
    noise = measured(20)

    left = strength.apply(pixels, removed, noise.shares(wanted))

    calm = calm_region(pixels, "HU")
    kept = noise_sd(left, calm) / noise_sd(pixels, calm)
    assert kept == pytest.approx(1 - wanted.reduction, abs=0.01)
    assert noise.after(noise.shares(wanted)) == pytest.approx(noise_sd(left, calm), rel=0.02)


def test_the_fine_part_goes_first() -> None:
    assert measured(20).shares(STANDARD).slow == 0
    most = measured(20).shares(Strength(0.88))
    assert 0 < most.slow < most.fine < 1
    assert strength.shares_at(1.0) == ALL


def test_a_faint_lesion_stays_while_fine_noise_goes() -> None:
    """Though the network takes it for noise altogether."""
    pixels, _ = slice_with(20)
    row, column = np.mgrid[:160, :160]
    lesion = (np.hypot(row - 80, column - 80) < 6) * np.float32(30)
    removed = Residual.of(pixels + lesion, ndimage.uniform_filter(pixels, 25))
    plain = Residual.of(pixels, ndimage.uniform_filter(pixels, 25))
    noise = noise_of(pixels, plain)
    shares = noise.shares(STANDARD)
    kept = lesion - removed.at(shares) + plain.at(shares)
    assert kept[lesion > 0].mean() > 0.8 * 30


def test_both_parts_together_are_all_that_was_removed() -> None:
    _, removed = slice_with(20, 0.5)
    assert np.allclose(removed.fine + removed.slow, removed.at(ALL), atol=1e-4)


def test_where_more_would_add_noise_no_more_goes() -> None:
    """As where too much of the slow part is taken for noise."""
    pixels, whole = slice_with(20, 1.0)
    noise = noise_of(pixels, Residual(whole.fine * 0.7, whole.slow * 4))
    most = noise.shares(HIGH)
    assert most.slow < 1
    assert noise.after(most) < noise.after(ALL)
    assert noise.shares(FULL) == most


def unsure(pixels: FloatArray, whole: Residual, of_slow: float) -> Noise:
    return noise_of(pixels, Residual(whole.fine, whole.slow * of_slow))


def test_more_of_the_slow_part_goes_where_high_asks_for_more_than_all_of_it() -> None:
    pixels, whole = slice_with(4, 1.0)
    white = np.random.default_rng(1).normal(0, 1, pixels.shape).astype(np.float32)
    slow: FloatArray = ndimage.gaussian_filter(white, 2.5)
    slow *= 20 / slow.std()
    pixels, whole = pixels + slow, Residual(whole.fine, whole.slow + slow)
    noise = unsure(pixels, whole, 0.6)
    high = noise.shares(HIGH)
    assert high.fine == 1
    assert 1 < high.slow < strength.MOST_SLOW
    assert noise.after(high) == pytest.approx(0.25 * noise.before, rel=0.02)
    assert noise.shares(FULL) == pytest.approx(high, abs=1e-3)

    very = unsure(pixels, whole, 0.3)
    assert very.shares(HIGH) == (1.0, strength.MOST_SLOW)
    assert very.after(very.shares(HIGH)) < 0.7 * very.after(ALL)


def test_up_to_standard_no_more_goes_than_the_network_takes() -> None:
    pixels, whole = slice_with(20, 1.0)
    noise = noise_of(pixels, Residual(whole.fine * 0.4, whole.slow * 0.4))
    assert noise.shares(STANDARD) == ALL
    assert noise.shares(Strength(0.51)).slow == strength.MOST_SLOW
    assert noise.after(noise.shares(HIGH)) < noise.after(ALL)


def test_tissue_is_no_noise_before_or_after() -> None:
    plain = measured(20)
    tissue = plain.before**2 * 0.36
    noise = replace(plain, tissue=tissue)
    assert noise.before == pytest.approx(0.8 * plain.before)
    left = plain.after(noise.shares(STANDARD)) ** 2
    assert (left - tissue) ** 0.5 == pytest.approx(0.5 * noise.before, rel=0.01)


@pytest.mark.parametrize("of_fine", [0.5, 0.9, 1.2])
@pytest.mark.parametrize("of_slow", [0.2, 0.7, 1.0, 1.8])
def test_a_stronger_one_never_leaves_more_noise(of_fine: float, of_slow: float) -> None:
    """However wrong the network is about either part."""
    pixels, whole = slice_with(20, 1.0)
    noise = noise_of(pixels, Residual(whole.fine * of_fine, whole.slow * of_slow))
    shares = [noise.shares(Strength(percent / 100)) for percent in range(101)]
    left = np.array([noise.after(one) for one in shares]) / noise.before
    assert np.diff(left).max() < 1e-3
    assert all(np.diff([sum(one) for one in shares]) > -1e-3)
    assert left[100] <= min(left[75], noise.after(ALL) / noise.before) + 1e-3


def test_every_slice_of_a_series_loses_the_same_part() -> None:
    found = [measured(sd, share) for sd, share in ((8, 0.7), (20, 0.9))]
    left = [one.after(one.shares(STANDARD)) / one.before for one in found]
    assert left == pytest.approx([0.5, 0.5], abs=0.01)


def test_where_noise_cannot_be_measured_a_usual_share_goes() -> None:
    air = np.full((160, 160), -1000, dtype=np.float32)
    assert measure(air, air, "HU") is None
    assert 0.5 < strength.shares_of(None, STANDARD).fine < 0.7


def test_a_slice_without_noise_has_none_to_measure() -> None:
    assert measured(0).is_hardly_any
    assert not measured(5).is_hardly_any
    assert strength.shares_of(measured(0), STANDARD) == strength.shares_of(None, STANDARD)


def test_where_nothing_was_measured_nothing_goes() -> None:
    pixels, _ = slice_with(20)
    pixels[0, 0] = np.nan
    removed = Residual.of(pixels, np.zeros_like(pixels))
    assert np.isfinite(removed.at(ALL)).all()


def test_a_target_in_hu_is_a_strength() -> None:
    assert strength.strength_for(15, 6).reduction == pytest.approx(0.6)
    assert strength.strength_for(5, 6).reduction == 0
    assert strength.strength_for(0, 6).reduction == 0


@pytest.mark.parametrize(
    ("text", "wanted"), [("Low", LOW), (" high ", HIGH), ("40", Strength(0.4)), ("40 %", None)]
)
def test_a_strength_can_be_written(text: str, wanted: Strength | None) -> None:
    assert parse_strength(text) == (wanted or Strength(0.4))
    assert str(LOW) == "low"
    assert str(Strength(0.4)) == "40 %"


@pytest.mark.parametrize("text", ["", "strong", "120", "-1", "nan"])
def test_nothing_else_is_a_strength(text: str) -> None:
    with pytest.raises(ValueError, match="strength"):
        parse_strength(text)


def test_noise_of_mr_is_measured_in_its_own_unit() -> None:
    pixels, removed = slice_with(20)
    denoised = pixels - removed.at(ALL)
    noise = measure((pixels + 1000) * 3, (denoised + 1000) * 3, "stored")
    assert noise is not None
    assert noise.before == pytest.approx(60, rel=0.15)
