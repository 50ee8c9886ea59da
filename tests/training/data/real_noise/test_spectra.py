import numpy as np
import pytest
import torch

from training.data.noise import noise_power_spectrum
from training.data.real_noise import spectra
from training.data.real_noise.spectra import STRONG_HU, USUAL_HU, Fields, draw_levels, draw_noise


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(4)


def test_levels_are_real_scanners_most_of_the_time() -> None:
    levels = draw_levels(2000, generator())
    assert levels.min() >= USUAL_HU[0]
    assert levels.max() <= STRONG_HU[1]
    assert 0.75 < (levels <= USUAL_HU[1]).float().mean() < 0.95


def test_noise_is_drawn_again_from_the_same_generator() -> None:
    mm = torch.tensor([0.7, 1.4])
    one, other = (draw_noise(48, mm, Fields(), generator()) for _ in range(2))
    assert torch.equal(one, other)
    assert one.shape == (2, 48, 48)
    assert (one[0] != one[1]).any()


def test_no_noise_has_a_level_of_its_own_outside_the_limits() -> None:
    noise = draw_noise(64, torch.full((40,), 0.7), Fields(), generator())
    sd = noise.std(dim=(1, 2))
    assert sd.min() >= USUAL_HU[0] * 0.99
    assert sd.max() <= STRONG_HU[1] * 1.01


def test_a_measured_spectrum_comes_back() -> None:
    """A spectrum in line pairs per millimetre: on finer pixels it lies lower."""
    spectrum = np.zeros((1, 17), np.float32)
    spectrum[0, 6:9] = 1.0  # of 16 bins to Nyquist at 0.8 mm
    fields = Fields((), spectrum, (0.8,))
    peaks = []
    for pixel_mm in (0.8, 0.5):
        mm = torch.full((60,), pixel_mm)
        found = draw_noise(64, mm, fields, generator()).numpy()
        at, power = noise_power_spectrum(found, pixel_mm)
        peaks.append(at[np.argmax(power[1:]) + 1])
    assert peaks[0] < 0.5 / 0.8
    assert all(0.15 < peak < 0.45 for peak in peaks)


def test_simulated_fields_are_used_where_there_are_any() -> None:
    physics = np.random.default_rng(0).normal(0, 10, (2, 128, 128)).astype(np.float16)
    noise = draw_noise(48, torch.full((8,), 0.7), Fields(list(physics)), generator())
    assert torch.isfinite(noise).all()


def test_some_noise_is_slow_as_soft_kernels_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ramp alone has next to no power where these have most of it."""
    monkeypatch.setattr(spectra, "PIXEL_SHARE", 0.0)

    def slow_share() -> float:
        drawn = draw_noise(64, torch.full((60,), 0.7), Fields(), generator())
        slow = torch.nn.functional.avg_pool2d(drawn[:, None], 6)[:, 0]
        return float((slow.std(dim=(1, 2)) / drawn.std(dim=(1, 2))).quantile(0.8))

    with_slow = slow_share()
    monkeypatch.setattr(spectra, "SLOWER_SHARE", 0.0)
    assert with_slow > 1.15 * slow_share()


def test_some_noise_is_white_noise_under_a_blur(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of some pixels, whatever their size: neighbours resemble each other, distant ones do not."""
    monkeypatch.setattr(spectra, "PHYSICS_SHARE", 0.0)
    monkeypatch.setattr(spectra, "MEASURED_SHARE", 0.0)
    monkeypatch.setattr(spectra, "PIXEL_SHARE", 1.0)
    monkeypatch.setattr(spectra, "SLOWER_SHARE", 0.0)
    for mm in (0.5, 1.5):
        noise = draw_noise(64, torch.full((40,), mm), Fields(), generator())
        near, far = (
            (noise[:, :, :-step] * noise[:, :, step:]).mean() / (noise**2).mean() for step in (1, 8)
        )
        assert near > 0.2
        assert abs(far) < 0.1
