"""Classical denoisers: what references are cleaned with, and what ours is compared with.

Both take and return HU (rows, columns), and are told the standard deviation of the noise.
"""

import numpy as np

from jrviewer.core.geometry import FloatArray


def non_local_means(hu: FloatArray, sigma: float, strength: float) -> FloatArray:
    """scikit-image's non-local means with h = strength · σ, patches of 5, search radius of 6."""
    from skimage.restoration import denoise_nl_means

    image: FloatArray = denoise_nl_means(
        hu.astype(np.float32),
        patch_size=5,
        patch_distance=6,
        h=strength * sigma,
        sigma=sigma,
        fast_mode=True,
        preserve_range=True,
    )
    return image


def total_variation(hu: FloatArray, sigma: float, strength: float) -> FloatArray:
    """scikit-image's Chambolle total variation with weight = strength · σ."""
    from skimage.restoration import denoise_tv_chambolle

    image: FloatArray = denoise_tv_chambolle(
        hu.astype(np.float32), weight=strength * sigma, eps=1e-5, max_num_iter=200
    )
    return image
