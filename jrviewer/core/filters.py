"""scipy's smoothing of images, with the same results in a third to two thirds of the time.

Rows of 512 or 256 values start a power of two of bytes apart, so a column's values share a few
lines of a processor's cache, and a filter along columns waits for memory at every step. Rows that
start a little further apart do not.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from jrviewer.core.geometry import FloatArray

Edge = Literal["reflect", "nearest"]
SPARE = 16  # values after each row: a cache line or two


def roomy(image: FloatArray) -> FloatArray:
    """A copy (rows, columns) whose columns a processor reads quickly."""
    copy = np.empty((image.shape[0], image.shape[1] + SPARE), dtype=image.dtype)
    inside: FloatArray = copy[:, : image.shape[1]]
    inside[...] = image
    return inside


def finite(image: FloatArray, instead_of_nan: float) -> FloatArray:
    """`numpy.nan_to_num` of any shape; the image itself, no copy, where all values are finite."""
    return image if np.isfinite(image.sum()) else np.nan_to_num(image, nan=instead_of_nan)


def gaussian(
    image: FloatArray,
    sigma: float | Sequence[float],
    *,
    mode: Edge = "reflect",
    truncate: float = 4.0,
) -> FloatArray:
    """`scipy.ndimage.gaussian_filter` of one image (rows, columns) of floats."""
    from scipy import ndimage

    smooth = roomy(image)
    ndimage.gaussian_filter(smooth, sigma, output=smooth, mode=mode, truncate=truncate)
    return smooth


def running_mean(
    image: FloatArray, size: int | Sequence[int], *, mode: Edge = "reflect"
) -> FloatArray:
    """`scipy.ndimage.uniform_filter` of one image (rows, columns) of floats."""
    from scipy import ndimage

    mean = roomy(image)
    ndimage.uniform_filter(mean, size, output=mean, mode=mode)
    return mean
