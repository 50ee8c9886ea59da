"""How near an image or a cloud comes to its truth: the figures that app and training share.

Plain arrays in, floats out; scipy is imported where it is used, because start-up defers it. Knows
neither slices nor clouds.
"""

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray

BoolArray = npt.NDArray[np.bool_]

SSIM_SIDE = 7  # pixels; Wang 2004, but with equal weights, as scikit-image has it
_C1, _C2 = 0.01**2, 0.03**2  # Wang 2004, for values in [0, 1]


def to_window(values: FloatArray, window: tuple[float, float]) -> FloatArray:
    """Values clipped to a (centre, width) window and scaled to [0, 1]."""
    centre, width = window
    return np.clip((values.astype(np.float64) - centre) / width + 0.5, 0.0, 1.0)


def psnr(image: FloatArray, reference: FloatArray, mask: BoolArray) -> float:
    """Peak signal-to-noise ratio in dB over the mask, for values in [0, 1]."""
    error = float(np.mean((image[mask] - reference[mask]) ** 2))
    return float(-10.0 * np.log10(max(error, 1e-12)))


def ssim(image: FloatArray, reference: FloatArray, mask: BoolArray) -> float:
    """Structural similarity (7 × 7) for values in [0, 1]: the full map, averaged over the mask."""
    from scipy.ndimage import uniform_filter

    one, other = image.astype(np.float64), reference.astype(np.float64)
    mean_one, mean_other = uniform_filter(one, SSIM_SIDE), uniform_filter(other, SSIM_SIDE)
    count = SSIM_SIDE**2
    unbiased = count / (count - 1)  # sample (co)variances
    spread = unbiased * (
        uniform_filter(one * one, SSIM_SIDE)
        + uniform_filter(other * other, SSIM_SIDE)
        - mean_one**2
        - mean_other**2
    )
    shared = unbiased * (uniform_filter(one * other, SSIM_SIDE) - mean_one * mean_other)
    alike = (2 * mean_one * mean_other + _C1) * (2 * shared + _C2)
    similarity = alike / ((mean_one**2 + mean_other**2 + _C1) * (spread + _C2))
    return float(similarity[mask].mean())


def nearest(points: FloatArray, others: FloatArray) -> FloatArray:
    """Distances (N,) from each point (N, 3) to the nearest of the others, in their common unit."""
    from scipy.spatial import cKDTree

    distances, _ = cKDTree(others).query(points)
    return np.asarray(distances, dtype=np.float64)


def chamfer(there: FloatArray, back: FloatArray) -> float:
    """Chamfer distance (L1): half the sum of the mean distances either way, in their own unit."""
    return float((np.mean(there) + np.mean(back)) / 2)
