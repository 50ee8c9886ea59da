"""Pixels that hold no measurement: a padding value, or a range of them (PS3.3 C.7.5.1.1.2)."""

import numpy as np
import numpy.typing as npt

from jrviewer.core.geometry import FloatArray
from jrviewer.core.records import Slice

AIR_HU = -1000.0


def is_padding(image: Slice, values: FloatArray | None = None) -> npt.NDArray[np.bool_]:
    """Which values, in the slice's unit, are padding; those of its pixels (rows, columns) if none
    are given.
    """
    values = image.pixels if values is None else values
    if image.padding is None:
        return np.zeros(values.shape, dtype=bool)
    limit = image.padding if image.padding_limit is None else image.padding_limit
    low, high = sorted((np.float32(image.padding), np.float32(limit)))
    return np.asarray((values >= low) & (values <= high))


def without_padding(image: Slice) -> FloatArray:
    """The pixels (rows, columns), with padding no brighter than air, or than the lowest measured
    value if the unit is not HU.
    """
    pixels = image.pixels
    if image.padding is None or not (padding := is_padding(image)).any():
        return pixels
    is_hu = image.unit == "HU" or bool(padding.all())
    darkest = np.float32(AIR_HU if is_hu else pixels[~padding].min())
    return np.where(padding, np.minimum(pixels, darkest), pixels)
