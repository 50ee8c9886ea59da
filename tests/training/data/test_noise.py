import numpy as np
import pytest

from jrviewer.core.geometry import FloatArray
from training.data.noise import low_dose, noise_power_spectrum, rician
from training.data.projection import filter_response, scanner

SIZE, VIEWS, PIXEL_MM = 128, 180, 2.5


def disc(radius: float, centre: tuple[float, float] = (0.0, 0.0), size: int = SIZE) -> FloatArray:
    """Share of each pixel that a disc covers; centre (x, y) from the image's, in pixels."""
    fine = (np.arange(size * 4) + 0.5) / 4 - size / 2
    inside = np.hypot(fine[:, None] - centre[1], fine - centre[0]) < radius
    covered: FloatArray = inside.reshape(size, 4, size, 4).mean(axis=(1, 3)).astype(np.float32)
    return covered


def water(count: int = 1) -> FloatArray:
    """A water cylinder of 250 mm in air, HU."""
    return np.repeat(disc(50)[None] * 1000 - 1000, count, axis=0)


def noise(
    kernel: str | float = "ramp", dose: float = 0.2, seed: int = 1, **more: float
) -> FloatArray:
    hu = water(4)
    return low_dose(hu, PIXEL_MM, dose, views=VIEWS, kernel=kernel, seed=seed, **more) - hu


def centre(images: FloatArray, half: int = 16) -> FloatArray:
    middle = slice(SIZE // 2 - half, SIZE // 2 + half)
    return images[..., middle, middle]


def test_a_sinogram_holds_the_chords_of_a_disc_at_every_angle() -> None:
    machine = scanner(SIZE, VIEWS)
    (sinogram,) = machine.project(disc(20, (24.0, -9.0))[None])
    angle = (np.arange(VIEWS) + 0.5) * np.pi / VIEWS
    offset = np.arange(machine.detectors) - (machine.detectors - 1) / 2
    distance = offset - (24 * np.cos(angle) - 9 * np.sin(angle))[:, None]
    chord = 2 * np.sqrt(np.maximum(20**2 - distance**2, 0))
    assert np.abs(sinogram - chord).mean() < 0.15
    assert np.abs(sinogram - chord)[np.abs(distance) < 15].max() < 1.0


def test_reconstruction_returns_the_hu_of_a_disc() -> None:
    machine = scanner(SIZE, VIEWS)
    truth = disc(20, (24.0, -9.0))[None]
    image = machine.reconstruct(machine.project(truth), "ramp")
    inner = disc(17, (24.0, -9.0)) == 1
    outer = (disc(23, (24.0, -9.0)) == 0) & (disc(60) == 1)
    assert abs(image[0][inner].mean() - 1) < 0.003
    assert image[0][inner].std() < 0.03
    assert abs(image[0][outer].mean()) < 0.003


def test_the_noise_falls_with_the_square_root_of_the_dose() -> None:
    doses = np.array([0.05, 0.1, 0.25, 0.5])
    sigmas = [centre(noise(dose=dose, electronic_variance=0.0)).std() for dose in doses]
    slope, _ = np.polyfit(np.log(doses), np.log(sigmas), 1)
    assert slope == pytest.approx(-0.5, abs=0.03)


def test_electronic_noise_steepens_the_rise_at_low_dose() -> None:
    def steepness(variance: float) -> float:
        low, high = (centre(noise(dose=d, electronic_variance=variance)).std() for d in (0.01, 0.1))
        return float(np.log(low / high) / np.log(10))

    assert steepness(100.0) > steepness(0.0) + 0.1


def test_the_noise_has_the_size_that_theory_predicts_in_the_centre_of_a_cylinder() -> None:
    # Variance of FBP (Kak & Slaney 1988, eq. 5.33): (π / views)² · views · Σ h² / counts; the
    # linear interpolation between detector pixels leaves two thirds of white noise, more of ramped.
    counts = 0.2 * 1.5e5 * np.exp(-0.02 * 250)
    power = filter_response(512, "ramp") ** 2
    frequency = np.fft.rfftfreq(512)
    interpolation = (2 + np.cos(2 * np.pi * frequency)) / 3
    energy = np.trapezoid(power * interpolation, frequency) * 2
    expected = np.sqrt(np.pi**2 / VIEWS * energy / counts) * 1000 / 0.02 / PIXEL_MM
    measured = centre(noise(electronic_variance=0.0), 8).std()
    assert measured == pytest.approx(expected, rel=0.08)


def test_the_power_spectrum_of_ramp_noise_follows_theory_and_rises_linearly_from_zero() -> None:
    # π / views · |filter|² / f · variance of a view; linear interpolation multiplies by sinc⁴. The
    # cylinder is thin here (0.25 mm pixels), as chords of unequal length would bend the spectrum.
    hu = water(16)
    thin = low_dose(hu, 0.25, 0.2, views=VIEWS, kernel="ramp", electronic_variance=0.0, seed=1)
    frequency, power = noise_power_spectrum(centre(thin - hu, 32), 1.0)
    low = slice(6, 22)  # up to two thirds of the Nyquist frequency
    counts = 0.2 * 1.5e5 * np.exp(-0.02 * 24)
    response = np.interp(frequency, np.fft.rfftfreq(512), filter_response(512, "ramp"))
    theory = np.pi / VIEWS * response[low] ** 2 / frequency[low] * np.sinc(frequency[low]) ** 4
    expected = theory / counts * (1000 / 0.02 / 0.25) ** 2
    assert np.abs(power[low] / expected - 1).mean() < 0.06
    slope, at_zero = np.polyfit(frequency[2:12], power[2:12], 1)
    assert abs(at_zero) < 0.15 * power.max()  # the small patch leaks a little into low frequencies
    assert np.corrcoef(frequency[2:12], power[2:12])[0, 1] > 0.97
    # sinc⁴ flattens the rise by a fifth over these frequencies.
    assert slope == pytest.approx(0.8 * np.pi / VIEWS / counts * (1000 / 0.02 / 0.25) ** 2, rel=0.2)


def test_the_power_spectrum_of_hann_noise_falls_at_high_frequencies() -> None:
    frequency, power = noise_power_spectrum(centre(noise("hann"), 24), PIXEL_MM)
    nyquist_share = frequency * 2 * PIXEL_MM
    peak = nyquist_share[power.argmax()]
    assert 0.2 < peak < 0.6
    assert power[-1] < 0.1 * power.max()


def test_a_lower_cut_off_leaves_less_noise() -> None:
    sigmas = [centre(noise(cut_off)).std() for cut_off in (1.0, 0.7, 0.4)]
    assert sigmas[0] > 1.3 * sigmas[1] > 1.3 * 1.3 * sigmas[2]


def test_the_noise_is_unbiased_in_a_water_cylinder() -> None:
    added = noise(dose=0.25)
    body = disc(45) == 1
    standard_error = added[:, body].std() / np.sqrt(4 * body.sum())
    assert abs(added[:, body].mean()) < 3 * standard_error + 0.5


def test_the_noise_is_larger_in_the_centre_of_a_cylinder_than_near_its_edge() -> None:
    added = noise()
    ring = (disc(49) == 1) & (disc(43) == 0)
    assert centre(added, 6).std() > 1.3 * added[:, ring].std()


def test_a_seed_repeats_its_noise_and_another_gives_other_noise() -> None:
    assert np.array_equal(noise(seed=3), noise(seed=3))
    assert not np.array_equal(noise(seed=3), noise(seed=4))


def test_the_slices_of_a_batch_have_independent_noise() -> None:
    first, second = noise()[:2]
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.05


def test_each_slice_of_a_batch_has_its_own_dose() -> None:
    hu = water(2)
    doses = np.array([0.05, 0.5])
    noisy = low_dose(hu, PIXEL_MM, doses, views=VIEWS, kernel="hann", seed=1)
    low, high = (centre(noisy - hu)).std(axis=(1, 2))
    assert low > 2 * high


def test_slices_that_are_not_square_keep_their_shape_and_position() -> None:
    hu = water()[:, 10:110, :]
    noisy = low_dose(hu, PIXEL_MM, 0.5, views=VIEWS, kernel="hann", seed=1)
    assert noisy.shape == hu.shape
    assert noisy.dtype == np.float32
    assert np.corrcoef(noisy.ravel(), hu.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("kernel", ["bone", 0.0, 1.5])
def test_an_unknown_kernel_is_refused(kernel: str | float) -> None:
    with pytest.raises(ValueError, match="kernel"):
        noise(kernel)


def test_views_that_break_the_symmetry_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple of four"):
        scanner(SIZE, 181)


def test_rician_noise_has_the_closed_form_mean_and_variance() -> None:
    # Without signal it is Rayleigh: mean σ √(π/2), variance (2 − π/2) σ². With signal the second
    # moment is S² + 2 σ².
    empty = rician(np.zeros((400, 400)), 7.0, seed=2)
    assert empty.mean() == pytest.approx(7 * np.sqrt(np.pi / 2), rel=0.01)
    assert empty.var() == pytest.approx((2 - np.pi / 2) * 49, rel=0.02)
    bright = rician(np.full((400, 400), 30.0), 7.0, seed=2)
    assert np.mean(bright.astype(float) ** 2) == pytest.approx(900 + 98, rel=0.01)
