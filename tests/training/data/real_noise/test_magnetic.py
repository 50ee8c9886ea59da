import numpy as np
import torch

from training.data.real_noise import magnetic
from training.data.real_noise.prepare_real import cleaned_mr, thoroughly_cleaned_mr


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def test_noise_is_rician_and_lies_within_its_levels() -> None:
    clean = torch.full((64, 64), 0.6)
    random = generator()
    sds = [float((magnetic.noisy(clean, random) - clean).std()) for _ in range(60)]
    low, high = magnetic.LEVELS
    assert 0.5 * low < min(sds)
    assert max(sds) < 2 * high
    dark = magnetic.noisy(torch.zeros(64, 64), generator())
    assert (dark >= 0).all()
    assert dark.mean() > 0


def test_noise_is_as_smooth_as_a_partly_filled_k_space_leaves_it() -> None:
    """Native brains keep a quarter of the power at half the Nyquist frequency; drawn noise spreads
    around that.
    """
    random, shape = generator(), torch.Size((64, 64))
    at = np.fft.fftfreq(64) * 2
    nyquist = np.hypot(at[:, None], at)
    shares = []
    for _ in range(60):
        power = np.abs(np.fft.fft2(magnetic._complex_noise(shape, random)[0].numpy())) ** 2
        slow, middle = (power[abs(nyquist - place) < 0.06].mean() for place in (0.12, 0.5))
        shares.append(middle / slow)
    assert np.quantile(shares, 0.25) < 0.25 < np.quantile(shares, 0.9)


def test_a_cleaned_slice_keeps_no_slow_noise() -> None:
    from scipy import ndimage

    from jrviewer.imaging.noise_level import calm_region, noise_sd

    noise = ndimage.gaussian_filter(np.random.default_rng(1).normal(0, 1, (96, 96)), 2.0)
    pixels = (500 + 25 * noise / noise.std()).astype(np.float32)
    pixels[:20] = 0
    calm = calm_region(pixels, "stored")
    first, second = cleaned_mr(pixels), thoroughly_cleaned_mr(pixels)
    assert noise_sd(second, calm) < 0.8 * noise_sd(first, calm)
